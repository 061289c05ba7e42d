import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoState, RunsResponse, SqlResponse } from '@sightline/schema/api';
import { LiveServer } from '../testing/live-server.ts';

const nowMs = Date.now();
const nanos = (ms: number): string => `${nowMs - 120_000 + ms}000000`;
const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
/** A program that has a service, a metric and long words in common with the demo. */
const resource = { attributes: [text('service.name', 'web-api'), text('service.namespace', 'ours')] };
const ownSpan = {
  traceId: 'ab'.repeat(16),
  spanId: 'cd'.repeat(8),
  name: 'chat gpt-5.4',
  kind: 3,
  startTimeUnixNano: nanos(0),
  endTimeUnixNano: nanos(900),
  attributes: [
    text('gen_ai.operation.name', 'chat'),
    text('gen_ai.provider.name', 'openai'),
    text('gen_ai.request.model', 'gpt-5.4'),
    { key: 'gen_ai.usage.input_tokens', value: { intValue: '1000' } },
    { key: 'gen_ai.usage.output_tokens', value: { intValue: '100' } },
    text(
      'gen_ai.input.messages',
      JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'long '.repeat(200) }] }]),
    ),
  ],
};

describe('demo data', { timeout: 180_000 }, () => {
  let server: LiveServer;
  beforeAll(async () => {
    server = await LiveServer.start();
    await server.send('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [ownSpan] }] }] });
    await server.send('logs', {
      resourceLogs: [
        {
          resource,
          scopeLogs: [{ logRecords: [{ timeUnixNano: nanos(5), body: { stringValue: 'ours' } }] }],
        },
      ],
    });
    const point = { timeUnixNano: nanos(9), asInt: '3', attributes: [] };
    const metric = { name: 'http.server.request.duration', unit: 's', gauge: { dataPoints: [point] } };
    await server.send('metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] });
    await server.stored();
  }, 120_000);
  afterAll(async () => server.close());

  const demo = async (): Promise<DemoState> => server.read<DemoState>('/demo');
  async function until(state: DemoState['state']): Promise<DemoState> {
    for (const endMs = Date.now() + 120_000; ; await delay(200)) {
      const now = await demo();
      if (now.state === state) return now;
      if (now.state === 'failed' || Date.now() > endMs)
        throw new Error(`The demo is ${JSON.stringify(now)}.`);
    }
  }
  /** What every table that readers ask has of the project. */
  async function everything(): Promise<unknown> {
    const query = `
      SELECT 'spans' AS part, toString(count()) AS what FROM spans
      UNION ALL SELECT 'texts', toString(uniqExact(id)) FROM texts
      UNION ALL SELECT 'summaries', toString(uniqExact(trace_id)) FROM trace_summaries
      UNION ALL SELECT 'starts', toString(uniqExact(trace_id)) FROM trace_starts
      UNION ALL SELECT 'ai spans', toString(count()) FROM ai_spans
      UNION ALL SELECT 'logs', toString(count()) FROM logs
      UNION ALL SELECT 'points', toString(count()) FROM metric_points
      UNION ALL SELECT 'scores', toString(count()) FROM scores
      UNION ALL SELECT 'names', toString(arraySort(groupUniqArray((toString(name), toString(type))))) FROM metric_names
      UNION ALL SELECT 'minutes', toString(arraySort(groupUniqArray((service, name, minute)))) FROM (SELECT service, name, minute, sum(count) AS n FROM span_rollup_1m GROUP BY service, name, minute)
      UNION ALL SELECT 'hours', toString(arraySort(groupUniqArray((service, n)))) FROM (SELECT service, sum(count) AS n FROM service_rollup_1h GROUP BY service)`;
    const { status, body } = await server.ask('/sql', 'POST', { query });
    expect(body).toMatchObject({ rows: expect.anything() as unknown });
    expect(status).toBe(200);
    return Object.fromEntries((body as SqlResponse).rows);
  }

  it('is loaded, found, and deleted without a trace of it, while everything else stays', async () => {
    expect(await demo()).toEqual({ state: 'none', part: 0, spans: 0, error: null });
    const before = await everything();
    const began = await server.ask('/demo', 'POST');
    expect(began).toMatchObject({ status: 200, body: { state: 'loading' } });
    expect(await server.ask('/demo', 'POST')).toMatchObject({ status: 409 });
    expect(await server.ask('/demo', 'DELETE')).toMatchObject({ status: 409 });
    const loaded = await until('loaded');
    expect(loaded.spans).toBeGreaterThan(2000);
    expect(await server.ask('/demo', 'POST')).toMatchObject({ status: 400 });
    const { runs } = await server.read<RunsResponse>('/runs?from=-1h&limit=200');
    expect(runs.some(({ agent, costUsd }) => agent === 'support-agent' && (costUsd ?? 0) > 0)).toBe(true);
    expect(await everything()).not.toEqual(before);

    expect(await server.ask('/demo', 'DELETE')).toMatchObject({ body: { state: 'deleting' } });
    expect(await until('none')).toEqual({ state: 'none', part: 0, spans: 0, error: null });
    expect(await everything()).toEqual(before);
    const { runs: left } = await server.read<RunsResponse>('/runs?from=-1h');
    expect(left.map(({ traceId, costUsd }) => ({ traceId, isCosted: (costUsd ?? 0) > 0 }))).toEqual([
      { traceId: ownSpan.traceId, isCosted: true },
    ]);
  });

  it('shows, after a server that was killed while loading, the part that is there, and deletes it', async () => {
    await server.ask('/demo', 'POST');
    while ((await demo()).spans < 500) await delay(50);
    await server.kill();
    await server.startAgain();
    await server.stored();
    expect(await demo()).toMatchObject({ state: 'loaded', error: null });
    await server.ask('/demo', 'DELETE');
    await until('none');
  });
});
