import { expect, it } from 'vitest';
import { durationLabels, linearTicks, timeTicks } from './axis-ticks.ts';

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

it.each([
  [0, 25_100_000],
  [20_800_000, 20_800_300],
  [20_800_000.1, 20_800_000.4],
  [3_599_000_000, 3_599_010_000],
  [0, 0.01],
  [432_000_000_000, 432_000_500_000],
])('labels of durations from %d to %d µs all differ', (from, to) => {
  const labels = durationLabels(linearTicks(from, to, 5));
  expect(labels.length).toBeGreaterThan(2);
  expect(new Set(labels).size).toBe(labels.length);
  expect(labels.join(' ')).not.toMatch(/0000000|9999999/);
});
