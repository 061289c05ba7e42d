import { expect, test } from 'vitest';
import { busiest, edgeLabel, graphEdges, momentOf, pathStops } from './graph-view-model.ts';

const call = (target: string, startOffsetMs: number, durationMs: number) => ({
  spanId: target,
  source: 'agent:a',
  target,
  startOffsetMs,
  durationMs,
  status: 'ok' as const,
});
const path = [call('model:m', 0, 10), call('tool:t', 10, 5), call('model:m', 20, 10)];

test('a moment knows what is under way and what has been', () => {
  const moment = momentOf(path, 12);
  expect([...moment.activeNodes]).toEqual(['tool:t']);
  expect([...moment.seenNodes]).toEqual(['agent:a', 'model:m', 'tool:t']);
  expect([...momentOf(path, 17).activeEdges]).toEqual([]);
  expect(pathStops(path)).toEqual([0, 10, 15, 20, 30]);
});

const traffic = {
  calls: 3,
  errors: 1,
  p50Ms: 1200,
  p95Ms: null,
  totalMs: 3600,
  inputTokens: 1,
  outputTokens: 1,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  costUsd: null,
  unpricedCalls: 3,
};

test('an unknown cost is said to be unknown on the edge', () => {
  const edge = { source: 'a', target: 'b', ...traffic };
  expect((['calls', 'time', 'errors', 'cost'] as const).map((label) => edgeLabel(edge, label))).toEqual([
    '3×',
    '1.20 s',
    '1 of 3',
    'unknown',
  ]);
});

test('of three hundred tools that were called once those are shown that failed, with agents, models and what is selected', () => {
  const node = (type: 'agent' | 'model' | 'tool', name: string, errors: number) => ({
    ...traffic,
    id: `${type}:${name}`,
    type,
    name,
    provider: null,
    calls: 1,
    errors,
  });
  const tools = Array.from({ length: 300 }, (_, index) =>
    node('tool', `t${index}`, index % 100 === 7 ? 1 : 0),
  );
  const nodes = [...tools, node('agent', 'a', 0), node('model', 'm', 0)];
  const edges = tools.map(({ id, errors }) => ({
    ...traffic,
    source: 'agent:a',
    target: id,
    calls: 1,
    errors,
  }));
  const shown = busiest({ nodes, edges }, 5, 'tool:t150');
  const ids = ['tool:t7', 'tool:t107', 'tool:t150', 'tool:t207', 'agent:a', 'model:m'];
  expect(shown.nodes.map(({ id }) => id)).toEqual(ids);
  expect(shown.edges.length).toBe(4);
  for (const { weight } of graphEdges(shown.edges, 'calls')) expect(weight).toBeLessThan(0.5);
});
