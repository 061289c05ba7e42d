import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prometheusLabelName, prometheusMetricName } from './prometheus-names.ts';

const named = (
  name: string,
  unit: string,
  type: Parameters<typeof prometheusMetricName>[0]['type'],
  isMonotonic = false,
) => prometheusMetricName({ name, unit, type, isMonotonic });

describe('names in Prometheus', () => {
  it.each([
    ['http.server.duration', 's', 'histogram', false, 'http_server_duration_seconds'],
    ['http.server.request.size', 'By', 'histogram', false, 'http_server_request_size_bytes'],
    ['gen_ai.client.token.usage', '{token}', 'histogram', false, 'gen_ai_client_token_usage'],
    ['llm.tokens', '{token}', 'sum', true, 'llm_tokens_total'],
    ['requests.total', '1', 'sum', true, 'requests_total'],
    ['process.cpu.time', 's', 'sum', true, 'process_cpu_time_seconds_total'],
    ['system.memory.utilization', '1', 'gauge', false, 'system_memory_utilization_ratio'],
    ['queue.length', '{message}', 'gauge', false, 'queue_length'],
    ['throughput', 'By/s', 'gauge', false, 'throughput_bytes_per_second'],
    ['workflow.cost', 'usd', 'sum', true, 'workflow_cost_usd_total'],
    ['2xx.responses', '', 'sum', true, '_2xx_responses_total'],
    ['already_seconds', 's', 'gauge', false, 'already_seconds'],
  ] as const)('writes %s in %s as %s', (name, unit, type, isMonotonic, expected) => {
    expect(named(name, unit, type, isMonotonic)).toBe(expected);
  });

  it('writes names that Prometheus can read, and the same name for what is one already', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme' }),
        fc.constantFrom('', 's', 'By', '1', '{x}', 'm/s'),
        (name, unit) => {
          for (const type of ['gauge', 'sum', 'histogram'] as const) {
            const written = named(name, unit, type, type === 'sum');
            expect(written).toMatch(/^(?:[a-zA-Z_:][a-zA-Z0-9_:]*)?$/);
            expect(named(written, unit, type, type === 'sum').replace(/^_/, '')).toBe(
              written.replace(/^_/, ''),
            );
          }
          expect(prometheusLabelName(name)).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*$/);
        },
      ),
    );
  });
});
