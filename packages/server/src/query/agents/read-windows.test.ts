import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  agentGraphParameters,
  agentGraphResponse,
  defaultThresholds,
  mcpParameters,
  mcpResponse,
  performanceParameters,
  performanceResponse,
} from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import type { Statement, TelemetryStore } from '../../storage/telemetry-store.ts';
import { readAgentGraph } from './read-agent-graph.ts';
import { readMcp } from './read-mcp.ts';
import { readPerformance } from './read-performance.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:00:00Z')) * 1_000_000n);
const list = (...tools: readonly string[]) =>
  JSON.stringify({
    tools: tools.map((name) => ({
      name: name.replace(/\d/, ''),
      inputSchema: { type: 'object', title: name },
    })),
  });

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
  const session = { 'session.id': 's1' };
  await telemetry.loadJson(
    'traces',
    tracesRequest(
      'bot',
      [
        spans.agent('planner', { trace: 1, span: 1, at: 0, lasts: 700, attributes: session }),
        spans.span({ trace: 1, span: 10, parent: 1, at: 1, lasts: 60, name: 'in between' }),
        spans.call('m', { trace: 1, span: 2, parent: 10, at: 1, lasts: 65, cost: 3 }),
        spans.tool('build', { trace: 1, span: 3, parent: 1, at: 70, lasts: 130 }),
        spans.agent('planner', { trace: 2, span: 21, at: 800, lasts: 10, error: 'no', attributes: session }),
        spans.agent('planner', { trace: 3, span: 31, at: 900, lasts: 20 }),
        spans.call('m', { trace: 3, span: 32, parent: 31, at: 901, cost: 0.5 }),
      ],
      { 'service.version': '7' },
    ),
  );
  const mcp = (method: string, more: Record<string, string>) => ({
    'mcp.method.name': method,
    'mcp.session.id': 'x',
    'network.transport': 'pipe',
    ...more,
  });
  const ask = (span: number, at: number, result: string) =>
    spans.span({
      trace: 4,
      span,
      at,
      name: 'tools/list',
      attributes: mcp('tools/list', { 'mcp.response.value': result }),
    });
  await telemetry.loadJson(
    'traces',
    tracesRequest('client', [
      ask(41, 0, list('read1', 'write1')),
      ask(42, 10, list('read1', 'write1')),
      ask(43, 20, list('read2', 'write1', 'stat1')),
      ask(44, 30, list('read2', 'stat1')),
      ask(45, 40, '{"tools": [{"na'),
      spans.span({
        trace: 4,
        span: 46,
        at: 50,
        name: 'tools/call read',
        attributes: mcp('tools/call', {
          'gen_ai.tool.name': 'read',
          'gen_ai.tool.call.arguments': '{"path":"a"}',
        }),
      }),
      spans.span({
        trace: 4,
        span: 47,
        at: 60,
        name: 'tools/call read',
        error: 'no such file',
        attributes: mcp('tools/call', { 'gen_ai.tool.name': 'read' }),
      }),
    ]),
  );
  const served = [41, 42, 43, 44, 45, 46, 47].map((span, index) => ({
    ...spans.span({
      trace: 4,
      span: span + 100,
      parent: span,
      at: index * 10,
      lasts: 0.5,
      name: 'handle',
      attributes: mcp('tools/call', { 'gen_ai.tool.name': 'read' }),
    }),
    kind: 2,
  }));
  await telemetry.loadJson('traces', tracesRequest('file-server', served));
});
afterAll(async () => telemetry.close());

test('how runs did, and what crossed a threshold', async () => {
  const request = { ...performanceParameters.parse({ service: 'bot' }), thresholds: defaultThresholds };
  const answer = performanceResponse.parse(await readPerformance(telemetry.context, request));
  expect(answer).toMatchObject({
    service: 'bot',
    total: 3,
    completed: 2,
    failed: 1,
    maxMs: 700_000,
    totalCostUsd: 3.5,
    avgCostUsd: 1.75,
  });
  expect((answer.avgMs ?? 0) / (730_000 / 3)).toBeCloseTo(1, 6);
  expect(
    answer.findings.map(({ type, severity, metric, value, threshold, traceId, spanId }) => [
      type,
      severity,
      metric,
      Math.round(value * 100) / 100,
      threshold,
      traceId,
      spanId,
    ]),
  ).toEqual([
    ['slow_workflow', 'warning', 'workflow.duration', 700, 600, hexId(32, 1), null],
    ['slow_step', 'warning', 'step.duration', 130, 120, hexId(32, 1), hexId(16, 3)],
    ['slow_llm_call', 'critical', 'llm.call.duration', 65, 30, hexId(32, 1), hexId(16, 2)],
    ['costly_workflow', 'critical', 'workflow.cost', 3, 1, hexId(32, 1), null],
    ['high_error_rate', 'critical', 'error.rate', 0.33, 0.05, null, null],
  ]);
});

test('all that crossed a threshold are counted, where the furthest hundred are listed', async () => {
  const slow = Array.from({ length: 120 }, (_, index) =>
    spans.agent('crowd', { trace: 900_000 + index, span: 9_000_000 + index, at: index, lasts: 60 + index }),
  );
  await telemetry.loadJson('traces', tracesRequest('crowd', slow));
  const thresholds = { ...defaultThresholds, workflowDurationS: 50, stepDurationS: 50 };
  const { findings, findingCounts } = performanceResponse.parse(
    await readPerformance(telemetry.context, {
      ...performanceParameters.parse({ service: 'crowd' }),
      thresholds,
    }),
  );
  expect(findings.filter(({ type }) => type === 'slow_workflow')).toHaveLength(100);
  expect(findingCounts).toEqual({
    slow_workflow: 120,
    slow_step: 0,
    slow_llm_call: 0,
    costly_workflow: 0,
    high_error_rate: 0,
  });
});

test('thresholds are what the caller says, and a session, version or model narrows', async () => {
  const relaxed = {
    workflowDurationS: 1000,
    stepDurationS: 1000,
    llmCallDurationS: 1000,
    workflowCostUsd: 10,
    errorRate: 0.9,
  };
  const ask = async (request: object) =>
    readPerformance(telemetry.context, {
      ...performanceParameters.parse({}),
      thresholds: relaxed,
      ...request,
    });
  expect(await ask({ session: 's1' })).toMatchObject({
    session: 's1',
    total: 2,
    failed: 1,
    errorRate: 0.5,
    findings: [],
  });
  const strict = { ...relaxed, workflowCostUsd: 0.0025 };
  expect((await ask({ thresholds: strict })).findings.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/cost \$3\.00; the threshold is \$0\.0025\.$/),
  );
  expect(await ask({ version: '7', model: 'm' })).toMatchObject({ total: 2, failed: 0 });
  expect(await ask({ service: 'nobody' })).toMatchObject({
    total: 0,
    errorRate: null,
    avgMs: null,
    p95Ms: null,
    totalCostUsd: null,
    findings: [],
  });
});

test('the graph of a window adds up its runs, also over spans that are no steps', async () => {
  const graph = agentGraphResponse.parse(
    await readAgentGraph(telemetry.context, agentGraphParameters.parse({ service: 'bot' })),
  );
  expect(graph.runs).toBe(3);
  expect(
    graph.edges
      .map(({ source, target, calls, errors }) => `${source} → ${target} ${calls} ${errors}`)
      .toSorted(),
  ).toEqual([
    'agent:planner → model:m 2 0',
    'agent:planner → tool:build 1 0',
    'entry:bot → agent:planner 3 1',
  ]);
  expect(graph.nodes.find(({ id }) => id === 'model:m')).toMatchObject({ costUsd: 3.5, provider: 'example' });
  const newest = await readAgentGraph(
    telemetry.context,
    agentGraphParameters.parse({ service: 'bot', runs: 1 }),
  );
  expect(newest).toMatchObject({ runs: 1, limitsMet: [{ limit: 'rows' }] });
});

test('a graph of more runs than are read at once', async () => {
  const runs = Array.from({ length: 250 }, (_, index) => index);
  await telemetry.loadJson(
    'traces',
    tracesRequest(
      'many',
      runs.flatMap((run) => [
        spans.agent('worker', { trace: 1000 + run, span: 1, at: run, lasts: 9 }),
        // Its parent is no step: the agent is around both.
        spans.span({ trace: 1000 + run, span: 77, parent: 1, at: run, lasts: 3, name: 'POST' }),
        spans.call('m', { trace: 1000 + run, span: 2, parent: 77, at: run + 1, cost: 0.25 }),
      ]),
    ),
  );
  const request = agentGraphParameters.parse({ service: 'many' });
  const graph = agentGraphResponse.parse(await readAgentGraph(telemetry.context, request));
  expect(graph).toMatchObject({ runs: 250 });
  expect(graph.limitsMet).toBeUndefined();
  expect(graph.edges.map(({ source, target, calls }) => `${source} → ${target} ${calls}`)).toEqual([
    'entry:many → agent:worker 250',
    'agent:worker → model:m 250',
  ]);
  expect(graph.nodes.find(({ id }) => id === 'model:m')).toMatchObject({ costUsd: 62.5 });
});

test('MCP: servers by the service that answers, tools with failures, and what changed in their definitions', async () => {
  const { servers, tools, schemaChanges } = mcpResponse.parse(
    await readMcp(telemetry.context, mcpParameters.parse({})),
  );
  expect(servers).toMatchObject([
    {
      server: 'file-server',
      transport: 'pipe',
      clients: ['client'],
      sessions: 1,
      calls: 7,
      errors: 1,
      methods: [
        { method: 'tools/list', calls: 5, errors: 0 },
        { method: 'tools/call', calls: 2, errors: 1 },
      ],
    },
  ]);
  expect(tools).toMatchObject([
    {
      tool: 'read',
      calls: 2,
      errors: 1,
      requestBytes: 12,
      responseBytes: null,
      schemas: 2,
      lastError: { message: 'no such file', spanId: hexId(16, 47) },
    },
  ]);
  expect(schemaChanges.map(({ tool, change, time }) => [tool, change, time.slice(11, 19)])).toEqual([
    ['write', 'removed', '11:00:30'],
    ['stat', 'added', '11:00:20'],
    ['read', 'changed', '11:00:20'],
  ]);
  expect(schemaChanges[2]).toMatchObject({
    before: { inputSchema: { title: 'read1' } },
    after: { inputSchema: { title: 'read2' } },
  });
});

test('MCP: sums are of the steps; of the spans only those are read that may list tools, and the last errors', async () => {
  const asked: Statement[] = [];
  const query: TelemetryStore['query'] = async (statement, limits) => {
    asked.push(statement);
    return telemetry.store.query(statement, limits);
  };
  const context = { ...telemetry.context, store: { ...telemetry.store, query } };
  await readMcp(context, mcpParameters.parse({ service: 'client' }));
  const ofSpans = asked.filter(({ sql }) => /FROM spans\b/.test(sql));
  expect(ofSpans).toHaveLength(2);
  for (const { sql, params = {} } of ofSpans) {
    expect(sql).toMatch(/span_id\)? IN \(/);
    const { rows } = await telemetry.store.query<{ explain: string }>({
      sql: `EXPLAIN actions = 1 ${sql}`,
      params,
    });
    const first = rows.flatMap(({ explain }) => /Prewhere filter column:\s+(.*)$/.exec(explain)?.[1] ?? []);
    expect(first.length).toBeGreaterThan(0);
    // Of the spans what kind they are or which, of the steps what they asked.
    for (const filter of first)
      expect(filter).toMatch(/^operation IN \('mcp', 'tool'\)$|span_id IN \(|mcp_method != ''/);
  }
});

test('MCP: a call of a tool is a request where it says so, client and server of it one', async () => {
  const asked = { 'mcp.method.name': 'tools/call' };
  // Who answers says its name; who asks need not.
  const answered = { ...asked, 'mcp.server.name': 'sums' };
  await telemetry.loadJson(
    'traces',
    tracesRequest('host', [
      spans.agent('clerk', { trace: 5, span: 50, at: 100, lasts: 9 }),
      spans.tool('add', { trace: 5, span: 51, parent: 50, at: 101, error: 'overflow', attributes: asked }),
      { ...spans.tool('add', { trace: 5, span: 52, parent: 51, at: 101, attributes: answered }), kind: 2 },
      spans.tool('own', { trace: 5, span: 53, parent: 50, at: 103 }),
    ]),
  );
  const { servers, tools } = await readMcp(telemetry.context, mcpParameters.parse({ service: 'host' }));
  expect(servers).toMatchObject([{ server: 'sums', calls: 1, errors: 1 }]);
  expect(tools).toMatchObject([{ tool: 'add', calls: 1, errors: 1, lastError: { message: 'overflow' } }]);
});
