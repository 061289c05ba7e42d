import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTraces } from './find-traces.ts';
import { Reader } from './reader.ts';
import { readUsage, type TraceUsage } from './read-usage.ts';
import { AgentSpans } from './testing/agent-spans.ts';
import { hexId, tracesRequest } from './testing/otlp-json.ts';
import { TestStore } from './testing/test-store.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:00:00Z')) * 1_000_000n);

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
});
afterAll(async () => telemetry.close());

/** Calls within calls, calls told twice by two instrumentations, answers told twice with other usage, sums of agents, counts that cannot be, costs that do not add up alike in every order. */
const step = fc.record({
  kind: fc.constantFrom('call', 'call', 'call', 'agent', 'tool', 'request'),
  span: fc.integer({ min: 1, max: 9 }),
  parent: fc.integer({ min: 0, max: 9 }),
  tokens: fc.constantFrom(0, 0, 10, 100, 1e12, -3),
  cost: fc.constantFrom(undefined, 0.1, 0.2, 0.7, 1e-9, 1e16, -1, 'inf'),
  response: fc.constantFrom('', '', 'r1', 'r2'),
  model: fc.constantFrom('m', 'n', ''),
  scope: fc.constantFrom('one', 'other'),
  lasts: fc.constantFrom(0, 1, 3),
});

test('what is added up here is what the engine adds up, to the last digit', async () => {
  const traces = fc.sample(fc.array(step, { minLength: 1, maxLength: 9 }), { numRuns: 400, seed: 3 });
  const requests = traces.map((steps, trace) =>
    steps.map(({ kind, span, parent, tokens, cost, response, model, scope, lasts }, at) => {
      const base = {
        trace: trace + 1,
        span: trace * 100 + span,
        ...(parent === 0 ? {} : { parent: trace * 100 + parent }),
        at,
        scope,
        lasts,
        tokens: [tokens, 1] as const,
        attributes: {
          ...(cost === undefined ? {} : { 'gen_ai.usage.cost': cost }),
          ...(response === '' ? {} : { 'gen_ai.response.id': response }),
        },
      };
      if (kind === 'tool') return spans.tool('t', base);
      if (kind === 'call') return spans.call(model, base);
      if (kind === 'request')
        return spans.span({ ...base, attributes: { 'http.request.method': 'GET', ...base.attributes } });
      return spans.agent('a', {
        ...base,
        attributes: { ...base.attributes, 'gen_ai.usage.input_tokens': tokens },
      });
    }),
  );
  await telemetry.loadJson('traces', tracesRequest('bot', requests.flat()));
  const read = async (spanCount: string): Promise<Map<string, TraceUsage>> => {
    const wanted = traces.map((_, trace) => ({
      traceId: hexId(32, trace + 1),
      startNanos: String(spans.origin - 1n),
      endNanos: String(spans.nanos(3600)),
      spanCount,
    }));
    const found = await readUsage(new Reader(telemetry.context), wanted);
    const used = [...found].map(([traceId, { inputTokens, outputTokens, costUsd, unpricedCalls }]) => {
      // The engine tells of what is no number in its own words; both are no cost to anybody who asks.
      const cost = typeof costUsd === 'number' && Number.isFinite(costUsd) ? costUsd : null;
      return [traceId, { inputTokens, outputTokens, costUsd: cost, unpricedCalls }] as const;
    });
    // The engine has a row for what used nothing as well.
    return new Map(
      used
        .filter(([, usage]) => Object.values(usage).some((each) => each !== null && each !== 0))
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  };
  const [here, engine] = [await read('10'), await read('1000000')];
  expect(here.size).toBeGreaterThan(200);
  expect(here).toEqual(engine);
});

test('a list of traces says what each used, and nothing of those without calls', async () => {
  const { traces } = await findTraces(telemetry.context, { from: '-2h', to: 'now', limit: 400 });
  expect(traces.length).toBeGreaterThan(390);
  expect(traces.some(({ costUsd }) => costUsd !== null && costUsd > 0)).toBe(true);
  expect(traces.some(({ unpricedCalls }) => unpricedCalls > 1)).toBe(true);
  expect(traces.some(({ inputTokens, unpricedCalls }) => inputTokens === null && unpricedCalls === 0)).toBe(
    true,
  );
});
