/** Every view tells of one model under one name: a run that is refused once, one that fails for good, one that is answered at once. */
import {
  agentGraphParameters,
  agentsParameters,
  defaultThresholds,
  modelsParameters,
  overviewParameters,
  performanceParameters,
  realtimeParameters,
  runsParameters,
  sessionsParameters,
  usersParameters,
} from '@sightline/schema/api';
import { unixNano } from '@sightline/base';
import { createPriceBook } from '@sightline/schema/conventions';
import { parseValue } from '@sightline/schema/rules';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRuleValues } from '../alerts/read-rule-values.ts';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { findAgents, findModels } from './find-callees.ts';
import { findSessions, findUsers } from './find-run-groups.ts';
import { findRuns } from './find-runs.ts';
import { readOverview } from './read-overview.ts';
import { readPerformance } from './read-performance.ts';
import { readRealtime } from './read-realtime.ts';
import { readAgentGraph } from './read-agent-graph.ts';
import { readRun, readRunCost, readRunGraph } from './read-run.ts';

const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);
let count = 0;

/** A call as instrumentations tell it: where it failed, nobody answered. */
function call(provider: string, requested: string, answered?: string) {
  count += 1;
  return spans.span({
    trace: count,
    span: count,
    at: count,
    name: `chat ${requested}`,
    ...(answered === undefined ? { error: 'rate limited' } : {}),
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': requested,
      ...(provider === '' ? {} : { 'gen_ai.provider.name': provider }),
      ...(answered === undefined
        ? {}
        : {
            'gen_ai.response.model': answered,
            'gen_ai.usage.input_tokens': 10,
            'gen_ai.usage.output_tokens': 1,
          }),
    },
  });
}

describe('every view tells of one model under one name', { timeout: 60_000 }, () => {
  const model = 'gpt-4o-2024-08-06';
  const other = 'mistral-large';
  let own: TestStore;
  beforeAll(async () => {
    own = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
    const agent = (trace: number) =>
      spans.agent('helper', {
        trace,
        span: 1000 + trace,
        at: 1500 + trace,
        lasts: 20,
        attributes: { 'session.id': `s${trace}`, 'user.id': 'ada' },
      });
    const within = (trace: number, span: ReturnType<typeof call>) => ({
      ...span,
      traceId: hexId(32, trace),
      parentSpanId: hexId(16, 1000 + trace),
      startNanos: spans.nanos(1502 + trace),
    });
    await own.loadJson(
      'traces',
      tracesRequest('api', [
        agent(1),
        within(1, call('openai', 'gpt-4o')),
        within(1, call('openai', 'gpt-4o', model)),
        agent(2),
        within(2, call('', 'gpt-4o')),
        agent(3),
        within(3, call('openai', 'gpt-4o', model)),
        agent(4),
        within(4, call('mistral_ai', other, other)),
      ]),
    );
  });
  afterAll(async () => own.close());
  const range = { from: '-1h' };

  test('lists and pages', async () => {
    const { models } = await findModels(own.context, modelsParameters.parse(range));
    const byProvider = models.toSorted((a, b) => String(a.provider).localeCompare(String(b.provider)));
    expect(byProvider.map((row) => [row.provider, row.model, row.calls, row.errors])).toEqual([
      ['mistral_ai', other, 1, 0],
      ['openai', model, 4, 2],
    ]);
    const { agents } = await findAgents(own.context, agentsParameters.parse(range));
    expect(agents.map((row) => row.models)).toEqual([[model, other]]);
    const { runs } = await findRuns(own.context, runsParameters.parse(range));
    const named = runs.map((run) => run.models.map((share) => share.model));
    expect(named).toEqual([[other], [model], [model], [model]]);
    for (const run of runs) {
      const { run: page } = await readRun(own.context, run.traceId);
      expect(page.models).toEqual(run.models);
      const cost = await readRunCost(own.context, run.traceId, createPriceBook());
      expect(cost.byModel.map((row) => row.model)).toEqual(
        run.models.flatMap((share) => (share.calls > 0 ? [share.model] : [])),
      );
    }
    const { users } = await findUsers(own.context, usersParameters.parse(range));
    expect(users.flatMap((user) => user.models.map((share) => share.model)).toSorted()).toEqual([
      model,
      other,
    ]);
    const { sessions } = await findSessions(own.context, sessionsParameters.parse(range));
    expect(sessions.flatMap((session) => session.models.map((share) => share.model)).toSorted()).toEqual([
      model,
      model,
      model,
      other,
    ]);
  });

  test('the overview by model, where a run that called both names is one', async () => {
    const { groups } = await readOverview(
      own.context,
      overviewParameters.parse({ ...range, groupBy: 'model' }),
    );
    expect(groups.map(({ key, totals }) => [key, totals.runs, totals.llmCalls, totals.errorRate])).toEqual([
      [model, 3, 4, 0.5],
      [other, 1, 1, 0],
    ]);
    const perStep = groups[0]?.series.reduce((sum, point) => sum + (point.runs ?? 0), 0);
    expect(perStep).toBe(3);
  });

  test('the graph of a window and of a run', async () => {
    const graph = await readAgentGraph(own.context, agentGraphParameters.parse(range));
    const modelsOf = (nodes: typeof graph.nodes) =>
      nodes.flatMap(({ type, name, provider, calls, errors }) =>
        type === 'model' ? [[name, provider, calls, errors]] : [],
      );
    expect(modelsOf(graph.nodes).toSorted(([a], [b]) => String(a).localeCompare(String(b)))).toEqual([
      [model, 'openai', 4, 2],
      [other, 'mistral_ai', 1, 0],
    ]);
    const failedOnce = await readRunGraph(own.context, hexId(32, 1));
    expect(modelsOf(failedOnce.nodes)).toEqual([[model, 'openai', 2, 1]]);
  });

  test('values of rules and panels by model', async () => {
    const read = parseValue('error_rate of calls by model over 24h');
    if (!read.ok) throw new Error(read.error.message);
    const query = { ...read.value, windowS: 86_400 };
    const to = unixNano(BigInt(Date.parse('2026-11-21T12:00:00Z')) * 1_000_000n);
    const [values] = await readRuleValues(own.context, [{ query, to, isLive: false }]);
    if (values === undefined || values instanceof Error) throw new Error(String(values));
    const told = values.map(({ labels, value, items }) => `${labels['model']} ${value} ${items}`);
    expect(told.toSorted()).toEqual([`${model} 0.5 4`, `${other} 0 1`]);
  });

  test.each(['gpt-4o', model])('narrowed to %s', async (asked) => {
    const narrowed = { ...range, model: asked };
    const { models } = await findModels(own.context, modelsParameters.parse(narrowed));
    expect(models.map((row) => [row.model, row.calls])).toEqual([[model, 4]]);
    const overview = await readOverview(own.context, overviewParameters.parse(narrowed));
    expect(overview.totals).toMatchObject({ runs: 3, llmCalls: 4 });
    const { runs } = await findRuns(own.context, runsParameters.parse(narrowed));
    expect(runs).toHaveLength(3);
    const slowest = await findRuns(own.context, runsParameters.parse({ ...narrowed, sort: '-durationMs' }));
    expect(slowest.runs).toHaveLength(3);
    const performance = await readPerformance(own.context, {
      ...performanceParameters.parse(narrowed),
      thresholds: defaultThresholds,
    });
    expect(performance).toMatchObject({ total: 3, model: asked });
    const realtime = await readRealtime(
      own.context,
      realtimeParameters.parse({ model: asked, windowS: 600 }),
    );
    expect(realtime).toMatchObject({ queries: 3 });
    const { users } = await findUsers(own.context, usersParameters.parse(narrowed));
    expect(users.map((user) => user.runs)).toEqual([3]);
    const { sessions } = await findSessions(own.context, sessionsParameters.parse(narrowed));
    expect(sessions).toHaveLength(3);
  });
});
