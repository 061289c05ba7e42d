import { expect, test } from 'vitest';
import { edgeLabel, momentOf, pathStops } from './graph-view-model.ts';

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

test('an unknown cost is said to be unknown on the edge', () => {
  const edge = {
    source: 'a',
    target: 'b',
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
  expect((['calls', 'time', 'errors', 'cost'] as const).map((label) => edgeLabel(edge, label))).toEqual([
    '3×',
    '1.20 s',
    '1 of 3',
    'unknown',
  ]);
});
