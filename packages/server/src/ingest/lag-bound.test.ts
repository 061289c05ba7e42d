import { expect, test } from 'vitest';
import { LagBound } from './lag-bound.ts';

/** Loads whose oldest item is as old as what was let in ahead of them, and `moreMs`. */
function afterLoads(bound: LagBound, moreMs: number, loads = 200): number {
  for (let at = 0; at < loads; at += 1) bound.observe(bound.ms + moreMs);
  return bound.ms;
}

test('As long as loads are in time all of the bound is used', () => {
  expect(afterLoads(new LagBound(550), 200)).toBe(550);
});

test('Where loads take longer less is let in, until they are in time', () => {
  const ms = afterLoads(new LagBound(550), 400);
  expect(ms + 400).toBeCloseTo(760, -1);
});

test('Something is let in however late loads are, and more again when they are not', () => {
  const bound = new LagBound(550);
  expect(afterLoads(bound, 5_000)).toBeCloseTo(275);
  expect(afterLoads(bound, 200)).toBe(550);
});
