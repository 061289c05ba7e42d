import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unixNano } from '@sightline/base';
import { AgentSpans } from '../testing/agent-spans.ts';
import { tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { Reader } from '../reader.ts';
import { callRows } from '../sql/call-rows-sql.ts';
import { modelCalls } from '../sql/model-calls-sql.ts';
import { type Sql, sql, trusted } from '../sql/sql.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:00:00Z')) * 1_000_000n);

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
});
afterAll(async () => telemetry.close());

/** Any mixture of calls within calls, answers and calls told twice, sums of agents, spans sent twice, and spans without usage. */
const step = fc.record({
  kind: fc.constantFrom('call', 'call', 'agent', 'tool'),
  span: fc.integer({ min: 1, max: 9 }),
  parent: fc.integer({ min: 0, max: 9 }),
  tokens: fc.constantFrom(0, 0, 10, 100),
  response: fc.constantFrom('', '', 'r1', 'r2'),
  scope: fc.constantFrom('one', 'one', 'other'),
  lasts: fc.constantFrom(0, 1, 3),
  model: fc.constantFrom('m', 'm-20250102'),
});

test('the fast way and the rule agree on every trace', async () => {
  const traces = fc.sample(fc.array(step, { minLength: 1, maxLength: 8 }), { numRuns: 400, seed: 11 });
  const requests = traces.map((steps, trace) =>
    steps.map(({ kind, span, parent, tokens, response, scope, lasts, model }, at) => {
      const base = {
        trace: trace + 1,
        span: trace * 100 + span,
        ...(parent === 0 ? {} : { parent: trace * 100 + parent }),
        at,
        scope,
        lasts,
        // What is told under one id is one answer, with one usage.
        tokens: [response === '' ? tokens : 70, 1] as const,
        attributes: response === '' ? {} : { 'gen_ai.response.id': response },
      };
      if (kind === 'tool') return spans.tool('t', base);
      if (kind === 'call') return spans.call(model, base);
      return spans.agent('a', { ...base, attributes: { 'gen_ai.usage.input_tokens': base.tokens[0] } });
    }),
  );
  await telemetry.loadJson('traces', tracesRequest('bot', requests.flat()));
  const scope = {
    project: 'default',
    window: { from: unixNano(spans.origin - 1n), to: unixNano(spans.nanos(3600)) },
  };
  const all = trusted('true');
  const reads = ['callStartNanos', 'model'];
  const sums = async (calls: Sql) => {
    const { rows } = await telemetry.store.query(
      sql`SELECT hex(trace_id) AS trace, sum(inputTokens) AS tokens, count() AS calls, countIf(isCounted) AS counted
        FROM (${calls}) GROUP BY trace_id ORDER BY trace`.toStatement(),
    );
    return rows;
  };
  const fast = await sums(
    await modelCalls(new Reader(telemetry.context), { scope, where: all, reads, filters: {} }),
  );
  const ruled = await sums(callRows({ scope, where: all, reads, kinds: 'models' }));
  expect(fast.length).toBeGreaterThan(200);
  expect(fast).toEqual(ruled);
});
