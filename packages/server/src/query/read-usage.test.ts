import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Run, TraceSummary } from '@sightline/schema/api';
import { findTraces } from './find-traces.ts';
import { readRun } from './agents/read-run.ts';
import { AgentSpans } from './testing/agent-spans.ts';
import { tracesRequest } from './testing/otlp-json.ts';
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

const nothing = { inputTokens: null, outputTokens: null, costUsd: null, unpricedCalls: 0 };

test('a list of traces says what each used, as the page of its run does', async () => {
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
  const { traces: listed } = await findTraces(telemetry.context, { from: '-2h', to: 'now', limit: 400 });
  expect(listed.length).toBeGreaterThan(390);
  expect(listed.some(({ costUsd }) => costUsd !== null && costUsd > 0)).toBe(true);
  expect(listed.some(({ unpricedCalls }) => unpricedCalls > 1)).toBe(true);
  for (const trace of listed.slice(0, 12)) {
    const used = ({ inputTokens, outputTokens, costUsd, unpricedCalls }: TraceSummary | Run) => ({
      inputTokens,
      outputTokens,
      costUsd,
      unpricedCalls,
    });
    const page = await readRun(telemetry.context, trace.traceId).catch(() => undefined);
    expect(used(trace), trace.traceId).toEqual(page === undefined ? nothing : used(page.run));
  }
});
