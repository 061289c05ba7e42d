/** What a run is, in every view: one load of runs that were told differently by different pages, and the same answer from all of them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  agentGraphParameters,
  agentsParameters,
  modelsParameters,
  overviewParameters,
  performanceParameters,
  type Run,
  runsParameters,
  sessionParameters,
  sessionsParameters,
  toolsParameters,
  tracesParameters,
  usersParameters,
} from '@sightline/schema/api';
import { createPriceBook } from '@sightline/schema/conventions';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, logsRequest, tracesRequest } from '../testing/otlp-json.ts';
import { findTraces } from '../find-traces.ts';
import { TestStore } from '../testing/test-store.ts';
import { findAgents, findModels, findTools } from './find-callees.ts';
import { findSessions, findUsers, readSession } from './find-run-groups.ts';
import { findRuns } from './find-runs.ts';
import { readAgentGraph } from './read-agent-graph.ts';
import { readOverview } from './read-overview.ts';
import { readPerformance } from './read-performance.ts';
import { readRun, readRunCost } from './read-run.ts';

const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:00:00Z')) * 1_000_000n);
const range = { from: '2026-11-21T11:00:00Z', to: '2026-11-21T12:00:00Z', limit: 1000 };
const http = { 'http.request.method': 'POST' };
const asked = (text: string, ...before: readonly string[]) =>
  JSON.stringify([...before, text].map((content) => ({ role: 'user', parts: [{ type: 'text', content }] })));
const answered = (content: string) =>
  JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content }] }]);
const wantsTool = JSON.stringify([
  { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'search', arguments: { q: 'x' } }] },
]);

/** Three turns of one conversation: the request says which; the sub-agent has a throw-away conversation of its own, whose id is greater. */
const conversation = [1, 2, 3].flatMap((trace) => {
  const at = trace * 60;
  const place = (span: number, parent?: number) => ({
    trace,
    span: trace * 100 + span,
    ...(parent === undefined ? {} : { parent: trace * 100 + parent }),
    at: at + span,
    lasts: 20 - span,
  });
  return [
    spans.span({
      ...place(1),
      name: 'POST /chat',
      attributes: { ...http, 'session.id': 'chat', 'user.id': 'ann' },
    }),
    spans.agent('helper', place(2, 1)),
    spans.agent('researcher', { ...place(3, 2), attributes: { 'gen_ai.conversation.id': `zz-${trace}` } }),
    spans.call('m', {
      ...place(4, 3),
      cost: 0.25,
      attributes: {
        'gen_ai.input.messages': asked(`Question  ${trace}\nof three?`, 'an older one'),
        'gen_ai.output.messages': wantsTool,
      },
    }),
    spans.call('m', {
      ...place(5, 2),
      cost: 0.25,
      attributes: {
        'gen_ai.input.messages': asked(`Question ${trace} of three?`),
        'gen_ai.output.messages': answered(`Answer ${trace}.`),
      },
    }),
  ];
});

const others = [
  // An error that was handled, below a job that ended well; calls beside the agent are nobody's.
  spans.span({ trace: 10, span: 1001, at: 600, lasts: 30, name: 'job' }),
  spans.agent('worker', { trace: 10, span: 1002, parent: 1001, at: 601, lasts: 5, error: 'gave up' }),
  spans.call('m', { trace: 10, span: 1003, parent: 1002, at: 602, cost: 0.5, error: 'too many requests' }),
  spans.call('m', { trace: 10, span: 1004, parent: 1001, at: 610, cost: 1 }),
  // A step that an agent begins with, as `traceStep({ agent })` sends it.
  spans.span({
    trace: 11,
    span: 1101,
    at: 700,
    lasts: 9,
    name: 'plan',
    attributes: { 'gen_ai.operation.name': 'agent_step', 'gen_ai.agent.name': 'planner' },
  }),
  // A stream without usage was answered: it is unpriced. One that failed cost nothing.
  spans.call('silent', { trace: 11, span: 1102, parent: 1101, at: 701, tokens: [0, 0] }),
  spans.call('silent', { trace: 11, span: 1103, parent: 1101, at: 702, tokens: [0, 0], error: 'refused' }),
  // A stage that names no model is no call that lacks a price.
  spans.span({ trace: 11, span: 1107, parent: 1101, at: 702.5, lasts: 0.1, name: 'reranking' }),
  // A function that asks the MCP server for the tool of its name, over HTTP.
  spans.tool('lookup', { trace: 11, span: 1104, parent: 1101, at: 703, lasts: 3 }),
  spans.span({ trace: 11, span: 1105, parent: 1104, at: 703.1, lasts: 2, name: 'POST', attributes: http }),
  spans.span({
    trace: 11,
    span: 1106,
    parent: 1105,
    at: 703.2,
    name: 'tools/call lookup',
    attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'lookup' },
  }),
  // Nothing was asked yet.
  spans.span({
    trace: 12,
    span: 1201,
    at: 800,
    name: 'create_agent helper',
    attributes: { 'gen_ai.operation.name': 'create_agent', 'gen_ai.agent.name': 'helper' },
  }),
  spans.span({
    trace: 13,
    span: 1301,
    at: 801,
    name: 'initialize',
    attributes: { 'mcp.method.name': 'initialize' },
  }),
  // It began before the range and goes on in it: it belongs to both, whole.
  spans.agent('patient', { trace: 14, span: 1401, at: -600, lasts: 1200 }),
  spans.call('m', { trace: 14, span: 1402, parent: 1401, at: -599, cost: 2 }),
  spans.call('m', { trace: 14, span: 1403, parent: 1401, at: 500, cost: 4 }),
];

let telemetry: TestStore;
let runs: ReadonlyMap<string, Run>;
const run = (trace: number): Run | undefined => runs.get(hexId(32, trace));

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  await telemetry.loadJson('traces', tracesRequest('bot', [...conversation, ...others]));
  const found = await findRuns(telemetry.context, runsParameters.parse(range));
  runs = new Map(found.runs.map((each) => [each.traceId, each]));
});
afterAll(async () => telemetry.close());

test('which runs there are, and what they are called', () => {
  expect([...runs.values()].map(({ name }) => name)).toEqual([
    'plan',
    'job',
    'POST /chat',
    'POST /chat',
    'POST /chat',
    'invoke_agent patient',
  ]);
  expect(run(1)).toMatchObject({ durationMs: 19_000, agent: 'helper', status: 'ok' });
  expect(run(10)).toMatchObject({ durationMs: 30_000, status: 'ok', errorCount: 2 });
});

test('the page of a run says what the list says', async () => {
  for (const listed of runs.values()) {
    const page = await readRun(telemetry.context, listed.traceId);
    expect(page.run).toEqual(listed);
    const cost = await readRunCost(telemetry.context, listed.traceId, createPriceBook());
    expect(cost.total).toMatchObject({ costUsd: listed.costUsd, unpricedCalls: listed.unpricedCalls });
  }
});

test('a conversation is that of the span nearest to the root', async () => {
  const { context } = telemetry;
  for (const trace of [1, 2, 3]) expect(run(trace)).toMatchObject({ sessionId: 'chat', userId: 'ann' });
  const { sessions } = await findSessions(context, sessionsParameters.parse(range));
  expect(sessions).toMatchObject([
    {
      sessionId: 'chat',
      runs: 3,
      costUsd: 1.5,
      firstQuestion: 'Question 1 of three?',
      lastAnswer: 'Answer 3.',
    },
  ]);
  const { users } = await findUsers(context, usersParameters.parse(range));
  expect(users).toMatchObject([{ userId: 'ann', runs: 3, sessions: 1, costUsd: 1.5 }]);
  const page = await readSession(context, { id: 'chat', ...sessionParameters.parse(range) });
  expect(page.runs.map(({ question, answer }) => [question, answer])).toEqual(
    [1, 2, 3].map((trace) => [`Question ${trace} of three?`, `Answer ${trace}.`]),
  );
  // The conversation of a sub-agent is found by its own id.
  const own = await findRuns(context, runsParameters.parse({ ...range, session: 'zz-2' }));
  expect(own.runs.map(({ traceId }) => traceId)).toEqual([hexId(32, 2)]);
});

test('who made a call: the innermost agent around it, nobody where there is none', async () => {
  const { context } = telemetry;
  const { agents } = await findAgents(context, agentsParameters.parse(range));
  const listed = new Map(agents.map(({ agent, ...facts }) => [agent, facts]));
  expect([...listed.keys()].toSorted()).toEqual(['helper', 'patient', 'planner', 'researcher', 'worker']);
  expect(listed.get('helper')).toMatchObject({ calls: 3, llmCalls: 3, costUsd: 0.75 });
  expect(listed.get('researcher')).toMatchObject({ calls: 3, llmCalls: 3, costUsd: 0.75 });
  expect(listed.get('worker')).toMatchObject({ calls: 1, errors: 1, llmCalls: 1, costUsd: 0.5 });
  expect(listed.get('planner')).toMatchObject({ calls: 1, llmCalls: 2, toolCalls: 1, costUsd: null });
  const graph = await readAgentGraph(context, agentGraphParameters.parse(range));
  const inGraph = graph.nodes.filter(({ type }) => type === 'agent');
  expect(new Map(inGraph.map(({ name, calls }) => [name, calls]))).toEqual(
    new Map([...listed].map(([agent, { calls }]) => [agent, calls])),
  );
  const job = await readRunCost(context, hexId(32, 10), createPriceBook());
  expect(job.byAgent).toMatchObject([
    { agent: null, costUsd: 1 },
    { agent: 'worker', costUsd: 0.5 },
  ]);
});

test('a call that was answered without usage is unpriced, and a tool that asks another of its name is one call', async () => {
  expect(run(11)).toMatchObject({ llmCalls: 2, toolCalls: 1, unpricedCalls: 1, costUsd: null });
  const { models } = await findModels(telemetry.context, modelsParameters.parse(range));
  expect(models.find(({ model }) => model === 'silent')).toMatchObject({
    calls: 2,
    errors: 1,
    unpricedCalls: 1,
    costUsd: null,
  });
  const { tools } = await findTools(telemetry.context, toolsParameters.parse(range));
  expect(tools).toMatchObject([{ tool: 'lookup', calls: 1, byAgent: [{ agent: 'planner', calls: 1 }] }]);
});

test('sums of a range are the sums of its runs', async () => {
  const { context } = telemetry;
  const total = (of: readonly { readonly costUsd: number | null }[]): number =>
    of.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  const all = [...runs.values()];
  expect(total(all)).toBe(9);
  const { limit: _limit, ...asked } = range;
  const overview = await readOverview(context, overviewParameters.parse({ ...asked, groupBy: 'model' }));
  expect(overview.totals).toMatchObject({ runs: all.length, costUsd: 9, unpricedCalls: 1 });
  expect(total(overview.series)).toBe(9);
  expect(total((await findModels(context, modelsParameters.parse(range))).models)).toBe(9);
  const performance = await readPerformance(context, { ...performanceParameters.parse(asked), thresholds });
  expect(performance).toMatchObject({ total: all.length, failed: 0, totalCostUsd: 9 });
  // The hour before has the run that began in it.
  const before = { from: '2026-11-21T10:00:00Z', to: '2026-11-21T11:00:00Z' };
  expect(overview.previous).toMatchObject({ runs: 1, costUsd: 6 });
  const earlier = await findRuns(context, runsParameters.parse(before));
  expect(earlier.runs.map(({ costUsd }) => costUsd)).toEqual([6]);
});

test('the words of a run are found by free text', async () => {
  const found = await findRuns(telemetry.context, runsParameters.parse({ ...range, q: '"Question 2"' }));
  expect(found.runs.map(({ question }) => question)).toEqual(['Question 2 of three?']);
  const { traces } = await findTraces(
    telemetry.context,
    tracesParameters.parse({ ...range, q: '"Question 2"' }),
  );
  expect(traces).toMatchObject([
    {
      name: 'POST /chat',
      question: 'Question 2 of three?',
      answer: 'Answer 2.',
      sessionId: 'chat',
      userId: 'ann',
    },
  ]);
});

test('words that come in log records, after the run was settled, are its words, and are found', async () => {
  const { context } = telemetry;
  const traceId = hexId(32, 20);
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [spans.call('m', { trace: 20, span: 2001, at: 900 })]),
  );
  const listed = async (q?: string) =>
    (await findRuns(context, runsParameters.parse({ ...range, q }))).runs.map((each) => each.traceId);
  const asked = async () =>
    (await findRuns(context, runsParameters.parse(range))).runs.find((each) => each.traceId === traceId);
  expect(await asked()).toMatchObject({ question: null, answer: null });
  const said = (name: string, text: string) => ({
    timeNanos: spans.nanos(900.5),
    body: text,
    traceId,
    spanId: hexId(16, 2001),
    attributes: { 'event.name': name },
  });
  await telemetry.loadJson(
    'logs',
    logsRequest('bot', [
      said('gen_ai.user.message', '{"content":"Wo ist der Bahnhof?"}'),
      said('gen_ai.choice', '{"index":0,"message":{"content":"Beim Marktplatz, über die Brücke."}}'),
    ]),
  );
  expect(await asked()).toMatchObject({
    question: 'Wo ist der Bahnhof?',
    answer: 'Beim Marktplatz, über die Brücke.',
  });
  expect(await listed('bahnhof')).toEqual([traceId]);
  expect(await listed('service:bot "über die brücke"')).toEqual([traceId]);
  expect(await listed('bahnhof OR marktplatz')).toEqual([traceId]);
  expect(await listed('bahnhof status:error')).toEqual([]);
  expect(await listed('-bahnhof')).not.toContain(traceId);
  expect((await listed('-bahnhof')).length).toBeGreaterThan(5);
});

const thresholds = {
  workflowDurationS: 1e6,
  stepDurationS: 1e6,
  llmCallDurationS: 1e6,
  workflowCostUsd: 1e6,
  errorRate: 1,
};
