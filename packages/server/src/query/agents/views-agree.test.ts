/** One truth in every view: calls, tokens and dollars of runs as no program sends them all, in lists, overview, sessions, cost, and graphs. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  agentGraphParameters,
  modelsParameters,
  overviewParameters,
  type Run,
  runsParameters,
  sessionsParameters,
  toolsParameters,
  usersParameters,
} from '@sightline/schema/api';
import { createPriceBook } from '@sightline/schema/conventions';
import { AgentSpans } from '../testing/agent-spans.ts';
import { type SpanInput, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { findModels, findTools } from './find-callees.ts';
import { findSessions, findUsers } from './find-run-groups.ts';
import { findRuns } from './find-runs.ts';
import { readAgentGraph } from './read-agent-graph.ts';
import { readOverview } from './read-overview.ts';
import { readRunCost, readRunGraph } from './read-run.ts';

// Each question is asked of every view.
vi.setConfig({ testTimeout: 120_000 });

const origin = BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n;
const spans = new AgentSpans(origin);
const range = { from: '-1h', to: 'now', limit: 1000 };
const usages = ['inputTokens', 'outputTokens', 'cacheReadTokens', 'costUsd', 'unpricedCalls'] as const;

/**
 * What an agent does, one after the other. A call may have an instrumentation around it, or one beside it that tells the same; any span may come twice, the second time with a later end. Dollars are quarters, whose
 * sums are exact in any order.
 */
const work = fc.record({
  kind: fc.constantFrom('call', 'call', 'call', 'tool', 'agent', 'request'),
  /** Below the agent before it, or below the first. */
  isDeep: fc.boolean(),
  model: fc.constantFrom('m', 'n', 'o'),
  tokens: fc.constantFrom([100, 10] as const, [100, 10] as const, [7, 0] as const, [0, 0] as const),
  cost: fc.constantFrom(undefined, 0.25, 1.5),
  told: fc.constantFrom(
    'once',
    'once',
    'around',
    'beside',
    'by response',
    'around and better',
    'around silence',
  ),
  comesAgain: fc.constantFrom('never', 'never', 'never', 'as it was', 'longer'),
  fails: fc.boolean(),
});
const trace = fc.record({
  session: fc.constantFrom('s1', 's2', 's3'),
  user: fc.constantFrom('ann', 'bob'),
  service: fc.constantFrom('api', 'worker'),
  /** Of an agent that adds up what it used. */
  sum: fc.constantFrom(undefined, [900, 90] as const),
  steps: fc.array(work, { maxLength: 8 }),
});

type Trace = typeof trace extends fc.Arbitrary<infer T> ? T : never;

function spansOf({ session, user, sum, steps }: Trace, number: number): SpanInput[] {
  let last = number * 1000;
  const nextSpan = (): number => (last += 1);
  const place = (at: number) => ({ trace: number, at: number * 20 + at });
  const whose = { 'gen_ai.conversation.id': session, 'user.id': user };
  const used =
    sum === undefined ? {} : { 'gen_ai.usage.input_tokens': sum[0], 'gen_ai.usage.output_tokens': sum[1] };
  const first = nextSpan();
  const root = spans.agent('planner', {
    ...place(0),
    span: first,
    lasts: 19,
    attributes: { ...whose, ...used },
  });
  let agent = first;
  const below = steps.flatMap((step, index): SpanInput[] => {
    const { model, tokens, cost } = step;
    const parent = step.isDeep ? agent : first;
    const base = { ...place(1 + 2 * index), parent, lasts: 1, ...(step.fails ? { error: 'failed' } : {}) };
    const call = (more: object, response?: string) =>
      spans.call(model, {
        ...base,
        span: nextSpan(),
        tokens,
        ...(cost === undefined ? {} : { cost }),
        attributes: response === undefined ? {} : { 'gen_ai.response.id': response },
        ...more,
      });
    const calls = (): SpanInput[] => {
      if (step.told === 'once') return [call({})];
      if (step.told === 'beside') return [call({}, `r${index}`), call({ scope: 'other' })];
      if (step.told === 'by response') return [call({}, `r${index}`), call({}, `r${index}`)];
      if (step.told === 'around and better') {
        const cached = { 'gen_ai.response.id': `r${index}`, 'gen_ai.usage.cache_read.input_tokens': 5 };
        return [call({ attributes: cached }), call({ parent: last, scope: 'other' }, `r${index}`)];
      }
      const around = call({});
      if (step.told === 'around silence') return [around, call({ parent: last, tokens: [0, 0], cost: 0 })];
      return [around, call({ parent: last, scope: 'other' })];
    };
    const made = {
      call: calls,
      tool: () => [spans.tool('search', { ...base, span: nextSpan() })],
      agent: () => [spans.agent('writer', { ...base, span: (agent = nextSpan()) })],
      request: () => [
        spans.span({ ...base, span: nextSpan(), attributes: { 'http.request.method': 'GET' } }),
      ],
    }[step.kind]();
    if (step.comesAgain === 'never') return made;
    const longer = made.map((each) => ({ ...each, durationNanos: 1_500_000_000n }));
    return [...made, ...(step.comesAgain === 'longer' ? longer : made)];
  });
  return [root, ...below];
}

let telemetry: TestStore;
let runs: readonly Run[] = [];

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const traces = fc.sample(trace, { numRuns: 45, seed: 4 });
  await telemetry.loadTogether(
    'traces',
    traces.map((each, number) => tracesRequest(each.service, spansOf(each, number + 1))),
  );
  ({ runs } = await findRuns(telemetry.context, runsParameters.parse(range)));
  expect(runs).toHaveLength(traces.length);
});
afterAll(async () => telemetry.close());

type Facts = Partial<
  Record<(typeof usages)[number] | 'llmCalls' | 'calls' | 'toolCalls' | 'steps' | 'errorCount', number | null>
>;
const sum = (rows: readonly Facts[], name: keyof Facts): number =>
  rows.reduce((total, row) => total + (row[name] ?? 0), 0);
const sumsOf = (rows: readonly Facts[], names: readonly (keyof Facts)[]) =>
  Object.fromEntries(names.map((name) => [name, sum(rows, name)]));

test('the sums of all runs', async () => {
  const { context } = telemetry;
  const expected = sumsOf(runs, [...usages, 'llmCalls']);
  const { totals, series, groups } = await readOverview(
    context,
    overviewParameters.parse({ ...range, limit: undefined, groupBy: 'model' }),
  );
  expect(sumsOf([totals], [...usages, 'llmCalls'])).toEqual(expected);
  expect(sumsOf(series, [...usages, 'llmCalls'])).toEqual(expected);
  expect(
    sumsOf(
      groups.map((group) => group.totals),
      [...usages, 'llmCalls'],
    ),
  ).toEqual(expected);
  const { models } = await findModels(context, modelsParameters.parse(range));
  expect(sumsOf(models, usages)).toEqual(sumsOf(runs, usages));
  expect(sum(models, 'calls')).toBe(expected['llmCalls']);
  const { tools } = await findTools(context, toolsParameters.parse(range));
  expect(sum(tools, 'calls')).toBe(sum(runs, 'toolCalls'));
  const graph = await readAgentGraph(context, agentGraphParameters.parse({ from: '-1h', to: 'now' }));
  const nodes = (type: string) => graph.nodes.filter((node) => node.type === type);
  expect(sum(nodes('model'), 'calls')).toBe(expected['llmCalls']);
  expect(sum(nodes('tool'), 'calls')).toBe(sum(runs, 'toolCalls'));
});

test('what narrows runs by their whole narrows the list of models and the overview alike', async () => {
  const { context } = telemetry;
  const worker = runs.filter((run) => run.service === 'worker');
  expect(worker.length).toBeGreaterThan(3);
  expect(worker.length).toBeLessThan(runs.length);
  for (const [narrowed, of] of [
    [{ ...range, service: 'worker' }, worker],
    [{ ...range, service: 'nobody' }, []],
    [{ ...range, version: '9' }, []],
    [{ ...range, user: 'ann' }, runs.filter((run) => run.userId === 'ann')],
    [{ ...range, q: 'service:worker' }, worker],
  ] as const) {
    const { models } = await findModels(context, modelsParameters.parse(narrowed));
    const { totals } = await readOverview(
      context,
      overviewParameters.parse({ ...narrowed, limit: undefined }),
    );
    expect(sumsOf(models, usages)).toEqual(sumsOf(of, usages));
    expect(sumsOf([totals], usages)).toEqual(sumsOf(of, usages));
  }
  const named = await findModels(context, modelsParameters.parse({ ...range, model: 'm' }));
  expect(named.models.map(({ model }) => model)).toEqual(['m']);
  const before = await findModels(context, modelsParameters.parse({ from: '-2h', to: '-1h' }));
  expect(before.models).toEqual([]);
});

test('sessions and users', async () => {
  const names = [...usages, 'llmCalls', 'toolCalls', 'steps', 'errorCount'] as const;
  const { sessions } = await findSessions(telemetry.context, sessionsParameters.parse(range));
  const { users } = await findUsers(telemetry.context, usersParameters.parse(range));
  const groups = [
    ...sessions.map(
      (session) => [session, runs.filter((run) => run.sessionId === session.sessionId)] as const,
    ),
    ...users.map((user) => [user, runs.filter((run) => run.userId === user.userId)] as const),
  ];
  expect(groups).toHaveLength(5);
  for (const [group, of] of groups) expect(sumsOf([group], names)).toEqual(sumsOf(of, names));
});

test('the cost and the graph of each run', async () => {
  for (const run of runs) {
    const cost = await readRunCost(telemetry.context, run.traceId, createPriceBook());
    expect(sumsOf([cost.total], usages)).toEqual(sumsOf([run], usages));
    for (const parts of [cost.steps, cost.byAgent, cost.byModel, cost.byTool])
      expect(sumsOf(parts, usages)).toEqual(sumsOf([run], usages));
    const { nodes, edges } = await readRunGraph(telemetry.context, run.traceId);
    const [models, tools] = ['model', 'tool'].map((type) => nodes.filter((node) => node.type === type));
    expect(sum(models ?? [], 'calls')).toBe(run.llmCalls);
    expect(sum(tools ?? [], 'calls')).toBe(run.toolCalls);
    const toModels = edges.filter(({ target }) => target.startsWith('model:'));
    expect(sumsOf(toModels, usages)).toEqual(sumsOf(models ?? [], usages));
    if (models?.some((model) => model.inputTokens !== null) === true)
      expect(sumsOf(models, usages)).toEqual(sumsOf([run], usages));
  }
}, 60_000);
