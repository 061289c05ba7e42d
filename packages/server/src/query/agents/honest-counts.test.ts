/** Counts of a run: what was sent twice is one step and one failure, and a tool that was called over MCP was called once. Wherever they are shown. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { modelsParameters, runResponse, runsParameters, toolsParameters } from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { type AttributesInput, hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { findModels, findTools } from './find-callees.ts';
import { findRuns } from './find-runs.ts';
import { readRun, readRunGraph } from './read-run.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);
const range = { from: '-1h', to: 'now' };

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T12:00:00Z'));
});
afterAll(async () => telemetry.close());

const both = async (trace: number) => {
  const { runs } = await findRuns(telemetry.context, runsParameters.parse(range));
  const { run } = runResponse.parse(await readRun(telemetry.context, hexId(32, trace)));
  return [runs.find(({ traceId }) => traceId === hexId(32, trace)), run];
};

test('a batch that an exporter sent again changes no count', async () => {
  const sent = [
    spans.agent('helper', { trace: 1, span: 1, at: 0, lasts: 9 }),
    spans.call('m', { trace: 1, span: 2, parent: 1, at: 1, cost: 0.5 }),
    spans.call('m', { trace: 1, span: 3, parent: 1, at: 2, error: 'overloaded' }),
    spans.tool('search', { trace: 1, span: 4, parent: 1, at: 3, error: 'timed out' }),
  ];
  const expected = { steps: 4, llmCalls: 2, toolCalls: 1, errorCount: 2, costUsd: 0.5 };
  for (const time of ['once', 'again', 'a third time']) {
    await telemetry.loadJson('traces', tracesRequest('bot', sent));
    for (const run of await both(1)) expect(run, time).toMatchObject(expected);
    const graph = await readRunGraph(telemetry.context, hexId(32, 1));
    const calls = graph.nodes.map(({ id, calls: count, errors, costUsd }) => [id, count, errors, costUsd]);
    expect(calls, time).toEqual([
      ['entry:bot', 0, 0, null],
      ['agent:helper', 1, 0, 0.5],
      ['model:m', 2, 1, 0.5],
      ['tool:search', 1, 1, null],
    ]);
    expect(graph.path, time).toHaveLength(4);
  }
});

test('a call that two instrumentations tell beside each other is one, and two at once are two', async () => {
  const call = (span: number, scope: string, at: number, response?: string) =>
    spans.call('m', {
      trace: 7,
      span,
      parent: 1,
      scope,
      at,
      lasts: 2,
      cost: 0.5,
      attributes: response === undefined ? {} : { 'gen_ai.response.id': response },
    });
  const sent = [
    spans.agent('teller', { trace: 7, span: 1, at: 0, lasts: 9 }),
    call(2, 'framework', 1),
    call(3, 'client', 1.1, 'r1'),
    // The same twice at once.
    call(4, 'framework', 5),
    call(5, 'framework', 5.01),
    call(6, 'client', 5.1, 'r2'),
    call(7, 'client', 5.2, 'r3'),
  ];
  await telemetry.loadJson('traces', tracesRequest('bot', sent));
  for (const run of await both(7)) expect(run).toMatchObject({ llmCalls: 3, costUsd: 1.5, unpricedCalls: 0 });
  const { models } = await findModels(
    telemetry.context,
    modelsParameters.parse({ ...range, agent: 'teller' }),
  );
  expect(models).toMatchObject([{ model: 'm', calls: 3, costUsd: 1.5 }]);
  const { nodes } = await readRunGraph(telemetry.context, hexId(32, 7));
  expect(nodes.find(({ type }) => type === 'model')).toMatchObject({ calls: 3, costUsd: 1.5 });
});

test('a tool over MCP is one call: the request, and what its server says of it, are in the call', async () => {
  const mcp = (span: number, parent: number, tool: string, at: number) =>
    spans.span({
      trace: 2,
      span,
      parent,
      at,
      name: `tools/call ${tool}`,
      attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': tool },
    });
  await telemetry.loadJson(
    'traces',
    tracesRequest('bot', [
      spans.agent('reader', { trace: 2, span: 1, at: 0, lasts: 9 }),
      spans.tool('read_file', { trace: 2, span: 2, parent: 1, at: 1 }),
      mcp(3, 2, 'read_file', 1),
      mcp(4, 3, 'read_file', 1),
      // By itself, and within a tool of another name: these are calls of their own.
      mcp(5, 1, 'list_files', 3),
      spans.tool('summary', { trace: 2, span: 6, parent: 1, at: 4 }),
      mcp(7, 6, 'list_files', 4),
      spans.span({ trace: 2, span: 8, parent: 1, at: 0, attributes: { 'mcp.method.name': 'tools/list' } }),
    ]),
  );
  for (const run of await both(2)) expect(run).toMatchObject({ steps: 8, toolCalls: 4 });
  const { tools } = await findTools(telemetry.context, toolsParameters.parse({ ...range, agent: 'reader' }));
  expect(Object.fromEntries(tools.map(({ tool, calls }) => [tool, calls]))).toEqual({
    read_file: 1,
    list_files: 2,
    summary: 1,
  });
});

test('handing over to another agent is a step, and no call of a tool', async () => {
  const step = (span: number, name: string, attributes: AttributesInput) =>
    spans.span({ trace: 3, span, ...(span === 1 ? {} : { parent: 1 }), at: span, name, attributes });
  const tool = { 'openinference.span.kind': 'TOOL' };
  await telemetry.loadJson(
    'traces',
    tracesRequest('desk', [
      step(1, 'desk', { 'openinference.span.kind': 'AGENT', 'agent.name': 'desk' }),
      // As Python's package writes it, JavaScript's, OpenLLMetry's, and Sentry's.
      step(2, 'handoff to billing', { ...tool, 'input.value': 'desk', 'output.value': 'billing' }),
      step(3, 'handoff to billing', { ...tool, 'tool.name': 'handoff_to_billing' }),
      step(4, 'desk → billing.handoff', { 'traceloop.span.kind': 'handoff' }),
      step(5, 'handoff from desk to billing', { 'gen_ai.operation.name': 'handoff' }),
      step(6, 'look_up', { ...tool, 'tool.name': 'look_up' }),
    ]),
  );
  for (const run of await both(3)) expect(run).toMatchObject({ steps: 6, toolCalls: 1 });
  const { steps } = runResponse.parse(await readRun(telemetry.context, hexId(32, 3)));
  expect(steps.map(({ operation }) => operation)).toEqual(['agent', 'step', 'step', 'step', 'step', 'tool']);
  const { tools } = await findTools(telemetry.context, toolsParameters.parse({ ...range, service: 'desk' }));
  expect(tools.map((each) => each.tool)).toEqual(['look_up']);
});
