import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCostResponse, runGraphResponse, runResponse, runsParameters } from '@sightline/schema/api';
import { AgentSpans } from '../testing/agent-spans.ts';
import { hexId, tracesRequest } from '../testing/otlp-json.ts';
import { TestStore } from '../testing/test-store.ts';
import { createPriceBook } from '@sightline/schema/conventions';
import { findRuns } from './find-runs.ts';
import { readRun, readRunCost, readRunGraph } from './read-run.ts';

let telemetry: TestStore;
const spans = new AgentSpans(BigInt(Date.parse('2026-11-21T11:30:00Z')) * 1_000_000n);

beforeAll(async () => {
  telemetry = await TestStore.open(new Date('2026-11-21T11:32:00Z'));
  // A planner behind an HTTP request asks a researcher, whose only call two instrumentations saw. A tool asks a model itself.
  await telemetry.loadJson(
    'traces',
    tracesRequest('team', [
      spans.span({
        trace: 1,
        span: 100,
        at: -1,
        lasts: 40,
        name: 'POST /ask',
        attributes: { 'http.request.method': 'POST' },
      }),
      spans.agent('planner', {
        trace: 1,
        span: 1,
        parent: 100,
        at: 0,
        lasts: 30,
        attributes: { 'gen_ai.usage.input_tokens': 1600, 'gen_ai.usage.output_tokens': 110 },
      }),
      spans.call('big', { trace: 1, span: 2, parent: 1, at: 1, tokens: [500, 50], cost: 0.3 }),
      spans.agent('researcher', { trace: 1, span: 3, parent: 1, at: 4, lasts: 20 }),
      spans.call('small', { trace: 1, span: 4, parent: 3, at: 5, lasts: 3, tokens: [1000, 50] }),
      spans.call('small', { trace: 1, span: 5, parent: 4, at: 5, lasts: 3, tokens: [1000, 50] }),
      spans.tool('search', { trace: 1, span: 6, parent: 3, at: 10, lasts: 3, error: 'timed out' }),
      spans.span({ trace: 1, span: 60, parent: 6, at: 10, lasts: 1, name: 'helper' }),
      spans.call('big', { trace: 1, span: 7, parent: 60, at: 10, tokens: [100, 10], cost: 0.1 }),
      spans.span({
        trace: 1,
        span: 8,
        parent: 3,
        at: 15,
        name: 'tools/call read_file',
        attributes: {
          'mcp.method.name': 'tools/call',
          'gen_ai.tool.name': 'read_file',
          'mcp.server.name': 'files',
        },
      }),
    ]),
  );
});
afterAll(async () => telemetry.close());

test('a run is its steps, each below the nearest step above, with the agent it works for', async () => {
  const answer = runResponse.parse(await readRun(telemetry.context, hexId(32, 1)));
  expect(
    answer.steps.map((step) => [step.spanId, step.parentSpanId, step.depth, step.agent, step.isCounted]),
  ).toEqual([
    [hexId(16, 1), null, 0, 'planner', false],
    [hexId(16, 2), hexId(16, 1), 1, 'planner', true],
    [hexId(16, 3), hexId(16, 1), 1, 'researcher', false],
    [hexId(16, 4), hexId(16, 3), 2, 'researcher', false],
    [hexId(16, 5), hexId(16, 4), 3, 'researcher', true],
    [hexId(16, 6), hexId(16, 3), 2, 'researcher', false],
    [hexId(16, 7), hexId(16, 6), 3, 'researcher', true],
    [hexId(16, 8), hexId(16, 3), 2, 'researcher', false],
  ]);
  expect(answer).toMatchObject({
    spanCount: 10,
    depthMax: 3,
    traceDurationMs: 40_000,
    run: {
      // The request is around the run.
      name: 'POST /ask',
      durationMs: 40_000,
      inputTokens: 1600,
      outputTokens: 110,
      unpricedCalls: 1,
      llmCalls: 3,
      toolCalls: 2,
    },
    problems: [{ type: 'unknown_price', spanId: hexId(16, 5), count: 1 }],
    hasConversation: false,
    hasPipeline: false,
  });
  expect(answer.run.costUsd).toBeCloseTo(0.4, 9);
});

test('slim, it is the same but for its steps', async () => {
  const { steps, ...whole } = await readRun(telemetry.context, hexId(32, 1));
  expect(steps.length).toBeGreaterThan(5);
  expect(await readRun(telemetry.context, hexId(32, 1), { detail: 'slim' })).toEqual({ ...whole, steps: [] });
});

test('the graph has who called whom, with usage once at everyone who caused it', async () => {
  const { nodes, edges, path } = runGraphResponse.parse(await readRunGraph(telemetry.context, hexId(32, 1)));
  const edge = (source: string, target: string) =>
    edges.find((each) => each.source === source && each.target === target);
  expect(edges.map(({ source, target, calls }) => `${source} → ${target} ${calls}`)).toEqual([
    'entry:team → agent:planner 1',
    'agent:planner → model:big 1',
    'agent:planner → agent:researcher 1',
    'agent:researcher → model:small 1',
    'agent:researcher → tool:search 1',
    'tool:search → model:big 1',
    'agent:researcher → mcp:files 1',
  ]);
  expect(edge('agent:researcher', 'tool:search')).toMatchObject({
    errors: 1,
    totalMs: 3000,
    inputTokens: 100,
    costUsd: 0.1,
  });
  expect(edge('agent:planner', 'agent:researcher')).toMatchObject({ inputTokens: 1100, unpricedCalls: 1 });
  expect(nodes.find(({ id }) => id === 'model:big')).toMatchObject({
    calls: 2,
    inputTokens: 600,
    provider: 'example',
  });
  expect(nodes.find(({ id }) => id === 'agent:planner')?.inputTokens).toBe(1600);
  expect(path.map(({ startOffsetMs }) => startOffsetMs)).toEqual([
    0, 1000, 4000, 5000, 10_000, 10_000, 15_000,
  ]);
});

test('cost is told apart by step, agent, model and tool, and what repeats it is named', async () => {
  const cost = runCostResponse.parse(await readRunCost(telemetry.context, hexId(32, 1), createPriceBook()));
  expect(cost).toMatchObject({
    total: { inputTokens: 1600, outputTokens: 110, unpricedCalls: 1 },
    calls: 3,
    uncounted: { spans: 2 },
    byAgent: [
      { agent: 'planner', costUsd: 0.3, calls: 1 },
      { agent: 'researcher', costUsd: 0.1, calls: 2 },
    ],
    byModel: [
      { model: 'big', calls: 2 },
      { model: 'small', costUsd: null, unpricedCalls: 1, share: null },
    ],
    byTool: [
      { tool: null, calls: 2 },
      { tool: 'search', costUsd: 0.1 },
    ],
    byTokenPart: [
      { part: 'input', tokens: 1600, costUsd: null },
      { part: 'output', tokens: 110 },
    ],
  });
  expect(cost.steps[0]).toMatchObject({ reportedCostUsd: 0.3, costFrom: 'reported', priceVersion: null });
  const { runs } = await findRuns(telemetry.context, runsParameters.parse({ q: `trace:${hexId(32, 1)}` }));
  expect(runs[0]).toMatchObject({ costUsd: cost.total.costUsd, inputTokens: cost.total.inputTokens });
});

test('a trace without agents is no run', async () => {
  const only = spans.span({ trace: 9, span: 90, at: 0 });
  await telemetry.loadJson('traces', tracesRequest('web', [only]));
  await expect(readRun(telemetry.context, hexId(32, 9))).rejects.toMatchObject({ code: 'run_not_found' });
  await expect(readRun(telemetry.context, hexId(32, 99))).rejects.toMatchObject({ code: 'trace_not_found' });
  expect(await readRunGraph(telemetry.context, hexId(32, 9))).toMatchObject({
    nodes: [],
    edges: [],
    path: [],
  });
});

describe('bad input is shown as what it is, and no total is wrong', () => {
  test('cyclic and missing parents', async () => {
    await telemetry.loadJson(
      'traces',
      tracesRequest('bad', [
        spans.agent('a', { trace: 20, span: 201, parent: 202, at: 0 }),
        spans.agent('b', { trace: 20, span: 202, parent: 201, at: 1 }),
        spans.call('m', { trace: 20, span: 203, parent: 202, at: 1, tokens: [5, 5], cost: 0.5 }),
        spans.call('m', { trace: 20, span: 204, parent: 999, at: 2, tokens: [5, 5], cost: 0.5 }),
        spans.call('m', { trace: 20, span: 205, parent: 205, at: 3, tokens: [5, 5], cost: 0.5 }),
      ]),
    );
    const { run, problems, steps } = runResponse.parse(await readRun(telemetry.context, hexId(32, 20)));
    expect(run).toMatchObject({ inputTokens: 15, costUsd: 1.5, steps: 5 });
    expect(steps).toHaveLength(5);
    expect(problems.map(({ type, count }) => [type, count])).toEqual([
      ['missing_parent', 1],
      ['cyclic_parent', 2],
    ]);
    const graph = runGraphResponse.parse(await readRunGraph(telemetry.context, hexId(32, 20)));
    expect(graph.nodes.find(({ type }) => type === 'model')).toMatchObject({ calls: 3, inputTokens: 15 });
    expect(
      runCostResponse.parse(await readRunCost(telemetry.context, hexId(32, 20), createPriceBook())).total
        .costUsd,
    ).toBe(1.5);
  });

  test('absurd token counts and negative costs', async () => {
    const absurd = { 'gen_ai.usage.input_tokens': 9e9, 'gen_ai.usage.output_tokens': 1 };
    await telemetry.loadJson(
      'traces',
      tracesRequest('bad', [
        ...Array.from({ length: 4000 }, (_, index) =>
          spans.call('m', { trace: 21, span: 21_000 + index, at: index / 100, attributes: absurd }),
        ),
        spans.call('m', { trace: 21, span: 217, at: 49, attributes: { 'gen_ai.usage.input_tokens': 9e15 } }),
        spans.call('m', { trace: 21, span: 219, at: 50, tokens: [1, 1], cost: -1000 }),
        spans.call('m', { trace: 21, span: 218, at: 51, tokens: [1, 1], cost: 2 }),
      ]),
    );
    const { run, problems } = runResponse.parse(await readRun(telemetry.context, hexId(32, 21)));
    expect(run).toMatchObject({ inputTokens: 4000 * 9e9 + 2, costUsd: 2, unpricedCalls: 4002 });
    expect(problems).toMatchObject([
      { type: 'implausible_tokens', count: 4000 },
      { type: 'unknown_price' },
      { type: 'implausible_tokens', spanId: hexId(16, 217), count: 1 },
      { type: 'negative_cost', spanId: hexId(16, 219), count: 1 },
    ]);
  });

  test('a span sent twice, clocks that disagree, and spans hours late', async () => {
    const call = spans.call('m', { trace: 22, span: 222, parent: 221, at: -30, tokens: [7, 1], cost: 1 });
    await telemetry.loadJson(
      'traces',
      tracesRequest('gateway', [spans.agent('a', { trace: 22, span: 221, at: 0, lasts: 5 })]),
    );
    const look = spans.tool('look', { trace: 22, span: 223, parent: 221, at: 1 });
    await telemetry.loadJson('traces', tracesRequest('worker', [call, look]));
    const later = telemetry.clock.nowNanos + 5n * 3_600_000_000_000n;
    await telemetry.loadJson('traces', tracesRequest('worker', [call, look]), later);
    const answer = runResponse.parse(await readRun(telemetry.context, hexId(32, 22)));
    expect(answer.run).toMatchObject({
      name: 'invoke_agent a',
      inputTokens: 7,
      costUsd: 1,
      durationMs: 35_000,
      llmCalls: 1,
      toolCalls: 1,
    });
    expect(answer.problems.map(({ type }) => type)).toEqual(['clock_skew', 'duplicate_span', 'late_span']);
    const cost = runCostResponse.parse(
      await readRunCost(telemetry.context, hexId(32, 22), createPriceBook()),
    );
    expect(cost.total).toMatchObject({ inputTokens: 7, costUsd: 1 });
    expect(cost.calls).toBe(1);
  });
});
