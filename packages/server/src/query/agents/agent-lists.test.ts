import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  agentsParameters,
  agentsResponse,
  modelsParameters,
  modelsResponse,
  overviewParameters,
  sessionParameters,
  sessionResponse,
  sessionsParameters,
  sessionsResponse,
  toolsParameters,
  toolsResponse,
  usersParameters,
  usersResponse,
} from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { logsRequest, hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { findAgents, findModels, findTools } from './find-callees.ts';
import { readOverview } from './read-overview.ts';
import { findSessions, findUsers, readSession } from './find-run-groups.ts';

let telemetry: TestStore;
const origin = BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n;
const spans = new AgentSpans(origin);

/**
 * Two sessions. The planner of the first asks a researcher, whose model is seen by two instrumentations; its tool is an MCP request; the second
 * run of it fails. The second session is of a bot that only reports sums.
 */
beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const ofAnn = { 'gen_ai.conversation.id': 's1', 'user.id': 'ann' };
  await telemetry.loadJson(
    'traces',
    tracesRequest('team', [
      spans.agent('planner', { trace: 1, span: 1, at: 0, lasts: 20, attributes: ofAnn }),
      spans.call('unpriced-1', { trace: 1, span: 2, parent: 1, at: 1, lasts: 2 }),
      spans.agent('researcher', { trace: 1, span: 3, parent: 1, at: 4, lasts: 10 }),
      spans.call('unpriced-2', {
        trace: 1,
        span: 4,
        parent: 3,
        at: 5,
        lasts: 4,
        tokens: [1000, 50],
        cost: 0.5,
      }),
      spans.call('unpriced-2', {
        trace: 1,
        span: 5,
        parent: 4,
        at: 5,
        lasts: 4,
        tokens: [1000, 50],
        cost: 0.5,
      }),
      spans.tool('search', { trace: 1, span: 6, parent: 3, at: 10, lasts: 3 }),
      spans.span({
        trace: 1,
        span: 7,
        parent: 6,
        at: 10,
        lasts: 2,
        name: 'tools/call search',
        attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'search' },
      }),
    ]),
  );
  await telemetry.loadJson(
    'traces',
    tracesRequest('team', [
      spans.agent('planner', { trace: 2, span: 21, at: 100, lasts: 10, error: 'gave up', attributes: ofAnn }),
      spans.tool('search', { trace: 2, span: 22, parent: 21, at: 101, lasts: 1, error: 'no such index' }),
      spans.tool('search', { trace: 2, span: 23, parent: 21, at: 103, lasts: 1 }),
    ]),
  );
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      spans.agent('bot', {
        trace: 3,
        span: 31,
        at: 200,
        lasts: 5,
        attributes: {
          'session.id': 's2',
          'user.id': 'bob',
          'gen_ai.usage.input_tokens': 7,
          'gen_ai.usage.output_tokens': 1,
          'gen_ai.usage.cost': 0.25,
        },
      }),
    ]),
  );
  const evaluation = {
    'event.name': 'gen_ai.evaluation.result',
    'gen_ai.evaluation.name': 'helpful',
    'gen_ai.evaluation.score.value': 0.5,
  };
  await telemetry.loadJson(
    'logs',
    logsRequest('judge', [
      {
        timeNanos: spans.nanos(30),
        body: '',
        traceId: hexId(32, 1),
        spanId: hexId(16, 1),
        attributes: evaluation,
      },
    ]),
  );
});
afterAll(async () => telemetry.close());

test('a session sums up its runs', async () => {
  const answer = await findSessions(telemetry.context, sessionsParameters.parse({}));
  const { sessions } = sessionsResponse.parse(answer);
  expect(sessions.map(({ sessionId }) => sessionId)).toEqual(['s2', 's1']);
  expect(sessions[1]).toMatchObject({
    sessionId: 's1',
    userId: 'ann',
    runs: 2,
    failedRuns: 1,
    startTime: '2026-11-21T11:30:00.000000000Z',
    lastTime: '2026-11-21T11:31:50.000000000Z',
    durationMs: 110_000,
    activeMs: 30_000,
    llmCalls: 2,
    inputTokens: 1100,
    outputTokens: 60,
    costUsd: 0.5,
    unpricedCalls: 1,
    errorCount: 2,
    agents: ['planner', 'researcher'],
    services: ['team'],
    scores: [{ name: 'helpful', count: 1, average: 0.5, label: null }],
  });
  expect(sessions[0]).toMatchObject({ inputTokens: 7, costUsd: 0.25, unpricedCalls: 0, runs: 1 });
});

test('a session is read with its runs in order, a page at a time', async () => {
  const first = sessionResponse.parse(
    await readSession(telemetry.context, { id: 's1', ...sessionParameters.parse({ limit: 1 }) }),
  );
  expect(first.session).toMatchObject({ runs: 2, inputTokens: 1100 });
  const second = sessionResponse.parse(
    await readSession(telemetry.context, {
      id: 's1',
      ...sessionParameters.parse({ limit: 1, cursor: first.nextCursor ?? '' }),
    }),
  );
  expect([...first.runs, ...second.runs].map(({ traceId }) => traceId)).toEqual([hexId(32, 1), hexId(32, 2)]);
  expect(first.runs[0]?.scores).toEqual([{ name: 'helpful', count: 1, average: 0.5, label: null }]);
  expect(second.nextCursor).toBeNull();
  await expect(
    readSession(telemetry.context, { id: 'nobody', ...sessionParameters.parse({}) }),
  ).rejects.toMatchObject({ code: 'session_not_found' });
});

test('users are sorted and paged like sessions', async () => {
  const { users, nextCursor } = usersResponse.parse(
    await findUsers(telemetry.context, usersParameters.parse({ sort: '-runs', limit: 1 })),
  );
  expect(users).toMatchObject([{ userId: 'ann', sessions: 1, runs: 2, scores: [{ name: 'helpful' }] }]);
  const rest = await findUsers(
    telemetry.context,
    usersParameters.parse({ sort: '-runs', limit: 1, cursor: nextCursor ?? '' }),
  );
  expect(rest).toMatchObject({ users: [{ userId: 'bob', costUsd: 0.25 }], nextCursor: null });
});

test('a model has its calls once, with latency, tokens, cost and what is unpriced', async () => {
  const { models } = modelsResponse.parse(await findModels(telemetry.context, modelsParameters.parse({})));
  expect(models).toMatchObject([
    {
      provider: 'example',
      model: 'unpriced-2',
      calls: 1,
      errors: 0,
      runs: 1,
      inputTokens: 1000,
      costUsd: 0.5,
      unpricedCalls: 0,
    },
    // What the bot sums up is of a model that it does not name, and no call of one.
    {
      provider: null,
      model: '',
      calls: 0,
      p50Ms: null,
      runs: 1,
      inputTokens: 7,
      outputTokens: 1,
      costUsd: 0.25,
    },
    // Nobody told of a cache, which is not that nothing was read from one.
    {
      model: 'unpriced-1',
      calls: 1,
      inputTokens: 100,
      cacheReadTokens: null,
      cacheHitRate: null,
      costUsd: null,
      unpricedCalls: 1,
    },
  ]);
  const { totals } = await readOverview(telemetry.context, overviewParameters.parse({}));
  expect(totals).toMatchObject({ cacheReadTokens: null, cacheHitRate: null });
  const listed = (of: (row: (typeof models)[number]) => number | null) =>
    models.reduce((sum, row) => sum + (of(row) ?? 0), 0);
  expect(listed(({ inputTokens }) => inputTokens)).toBe(totals.inputTokens);
  expect(listed(({ costUsd }) => costUsd)).toBe(totals.costUsd);
  expect(models[0]?.p50Ms).toBeGreaterThan(3950);
  expect(models[0]?.p50Ms).toBeLessThan(4050);
  const narrowed = await findModels(telemetry.context, modelsParameters.parse({ q: 'status:error' }));
  expect(narrowed.models).toEqual([]);
});

test('models have the calls of the range, and none of the hour around it', async () => {
  const since = (from: string) => findModels(telemetry.context, modelsParameters.parse({ from }));
  expect((await since('2026-11-21T11:31:00Z')).models).toMatchObject([{ model: '', costUsd: 0.25 }]);
  expect((await since('2026-11-21T11:34:00Z')).models).toEqual([]);
});

test('an agent has the calls made for it, by the nearest agent known', async () => {
  const { agents } = agentsResponse.parse(
    await findAgents(telemetry.context, agentsParameters.parse({ sort: 'lastTime' })),
  );
  const byName = Object.fromEntries(agents.map((each) => [each.agent, each]));
  expect(byName['planner']).toMatchObject({
    calls: 2,
    errors: 1,
    errorRate: 0.5,
    llmCalls: 1,
    toolCalls: 2,
    costUsd: null,
  });
  expect(byName['researcher']).toMatchObject({
    calls: 1,
    llmCalls: 1,
    toolCalls: 1,
    inputTokens: 1000,
    costUsd: 0.5,
    models: ['unpriced-2'],
  });
  expect(byName['bot']).toMatchObject({ calls: 1, llmCalls: 0, inputTokens: 7, costUsd: 0.25 });
});

test('a tool has its failures, the last error and who called it; an MCP request for it is no second call', async () => {
  const { tools } = toolsResponse.parse(await findTools(telemetry.context, toolsParameters.parse({})));
  expect(tools).toMatchObject([
    {
      tool: 'search',
      calls: 3,
      errors: 1,
      runs: 2,
      lastError: { message: 'no such index', traceId: hexId(32, 2), spanId: hexId(16, 22) },
      byAgent: [
        { agent: 'planner', calls: 2, errors: 1 },
        { agent: 'researcher', calls: 1, errors: 0 },
      ],
    },
  ]);
});
