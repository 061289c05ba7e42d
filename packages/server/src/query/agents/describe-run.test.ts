import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runsParameters } from '@sightline/schema/api';
import { Reader } from '../reader.ts';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { noJoinedModels } from './model-names.ts';
import { describeRun } from './describe-run.ts';
import { nothingElse, openRun } from './open-run.ts';
import { runFacts } from './run-facts.ts';
import { findRuns } from './find-runs.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:00:00Z')) * 1_000_000n);

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
});
afterAll(async () => telemetry.close());

/** Calls within calls, answers told twice, sums of agents, requests around it all, failures, and spans sent twice. */
const step = fc.record({
  kind: fc.constantFrom('call', 'call', 'agent', 'tool', 'tool', 'mcp', 'request'),
  parent: fc.integer({ min: 0, max: 9 }),
  tokens: fc.constantFrom(0, 0, 10, 100),
  cost: fc.constantFrom(undefined, 0.25, -1),
  response: fc.constantFrom('', '', 'r1', 'r2'),
  model: fc.constantFrom('m', 'n', ''),
  at: fc.integer({ min: 0, max: 20 }),
  fails: fc.boolean(),
  isSentTwice: fc.constantFrom(false, false, true),
  // A client and its server, or two instrumentations, may share an id.
  sharesId: fc.constantFrom(false, false, false, true),
});

test('a run says of itself what the list of runs says of it', async () => {
  const traces = fc.sample(fc.array(step, { minLength: 1, maxLength: 9 }), { numRuns: 120, seed: 5 });
  const requests = traces.map((steps, trace) =>
    steps.flatMap(
      ({ kind, parent, tokens, cost, response, model, at, fails, isSentTwice, sharesId }, index) => {
        const base = {
          trace: trace + 1,
          span: (trace + 1) * 100 + index + (sharesId && index > 0 ? 0 : 1),
          ...(parent === 0 ? {} : { parent: (trace + 1) * 100 + parent }),
          at,
          // Of steps that are equally long either may be the outermost.
          lasts: index + 1,
          ...(fails ? { error: 'failed' } : {}),
          // What is told under one id is one answer, with one usage.
          tokens: response === '' ? ([tokens, tokens] as const) : ([70, 1] as const),
          ...(response === '' && cost !== undefined ? { cost } : {}),
          attributes: {
            'session.id': `s${index}`,
            ...(response === '' ? {} : { 'gen_ai.response.id': response }),
          },
        };
        const span = {
          tool: () => spans.tool('t', base),
          mcp: () =>
            spans.span({ ...base, attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 't' } }),
          call: () => spans.call(response === '' ? model : 'm', base),
          agent: () => spans.agent('a', { ...base, attributes: { 'gen_ai.usage.input_tokens': tokens } }),
          request: () => spans.span({ ...base, attributes: { 'http.request.method': 'GET' } }),
        }[kind]();
        return isSentTwice ? [span, span] : [span];
      },
    ),
  );
  await telemetry.loadJson('traces', tracesRequest('bot', requests.flat(), { 'service.version': '1.2' }));
  const ids = traces.map((_, trace) => hexId(32, trace + 1));
  const { runs } = await findRuns(telemetry.context, runsParameters.parse({ from: '-2h', limit: 500 }));
  const listed = new Map(runs.map(({ scores: _scores, ...run }) => [run.traceId, run]));
  const own = new Map<string, unknown>();
  for (const id of ids) {
    const { tree } = await openRun(new Reader(telemetry.context), id, { also: nothingElse });
    const run = describeRun(tree);
    if (run !== undefined)
      own.set(id, runFacts(tree, run, { words: { question: null, answer: null }, joined: noJoinedModels }));
  }
  expect(own.size).toBeGreaterThan(100);
  expect(own).toEqual(listed);
}, 60_000);
