import { expect, it } from 'vitest';
import { linearTicks, timeTicks } from './axis-ticks.ts';

it('places ticks at round values', () => {
  expect(linearTicks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100]);
  expect(linearTicks(3, 4, 4)).toEqual([3, 3.5, 4]);
  expect(linearTicks(1, 1, 4)).toEqual([]);
});

it('places time ticks at round local times', () => {
  const from = new Date(2026, 10, 21, 10, 3, 0).getTime();
  const ticks = timeTicks(from, from + 3_600_000, 6);
  expect(ticks.map((ms) => new Date(ms).getMinutes())).toEqual([10, 20, 30, 40, 50, 0]);
});
