import fc from 'fast-check';
import { expect, test } from 'vitest';
import { explicitIntervals, exponentialIntervals, quantileOfIntervals } from './distribution.ts';

test('a quantile lies where the counts say, spread evenly over the bucket', () => {
  const intervals = explicitIntervals([10, 20, 50], [50, 40, 10, 0], { least: null, greatest: null });
  expect(quantileOfIntervals(intervals, 0.5)).toBe(10);
  expect(quantileOfIntervals(intervals, 0.7)).toBe(15);
  expect(quantileOfIntervals(intervals, 0.95)).toBe(35);
});

test('open ends reach to the least and greatest value', () => {
  const intervals = explicitIntervals([10], [2, 2], { least: 4, greatest: 30 });
  expect(quantileOfIntervals(intervals, 0.25)).toBe(7);
  expect(quantileOfIntervals(intervals, 1)).toBe(30);
});

test('histograms with different bounds add up', () => {
  const intervals = [
    ...explicitIntervals([10, 20], [0, 10, 0], { least: null, greatest: null }),
    ...explicitIntervals([15, 25], [0, 10, 0], { least: null, greatest: null }),
  ];
  expect(quantileOfIntervals(intervals, 0.5)).toBeCloseTo(17.5);
});

test('exponential buckets: scale 0 doubles', () => {
  const intervals = exponentialIntervals({
    scale: 0,
    positive: [
      [0, 10],
      [1, 10],
    ],
    negative: [],
    zeros: 0,
    zeroWidth: 0,
  });
  expect(intervals).toEqual([
    { low: 1, high: 2, count: 10 },
    { low: 2, high: 4, count: 10 },
  ]);
  expect(quantileOfIntervals(intervals, 0.5)).toBe(2);
});

test('zeros count', () => {
  const intervals = exponentialIntervals({
    scale: 2,
    positive: [[4, 1]],
    negative: [[0, 1]],
    zeros: 98,
    zeroWidth: 0,
  });
  expect(quantileOfIntervals(intervals, 0.5)).toBe(0);
});

test('no values have no quantile', () => {
  expect(quantileOfIntervals([], 0.5)).toBeNull();
});

test('quantiles grow with their share and stay within the buckets', () => {
  const interval = fc
    .tuple(
      fc.integer({ min: -100, max: 100 }),
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
    )
    .map(([low, width, count]) => ({ low, high: low + width, count }));
  fc.assert(
    fc.property(fc.array(interval, { minLength: 1, maxLength: 10 }), (intervals) => {
      const values = [0, 0.1, 0.5, 0.9, 1].map(
        (share) => quantileOfIntervals(intervals, share) ?? Number.NaN,
      );
      const lows = Math.min(...intervals.map(({ low }) => low));
      const highs = Math.max(...intervals.map(({ high }) => high));
      for (const [index, value] of values.entries()) {
        expect(value).toBeGreaterThanOrEqual(lows - 1e-9);
        expect(value).toBeLessThanOrEqual(highs + 1e-9);
        if (index > 0) expect(value).toBeGreaterThanOrEqual((values[index - 1] ?? value) - 1e-9);
      }
    }),
  );
});

test('ten thousand buckets take no longer than a moment', () => {
  const bounds = Array.from({ length: 10_000 }, (_, at) => at);
  const counts = Array.from({ length: 10_001 }, () => 1);
  const started = performance.now();
  const intervals = explicitIntervals(bounds, counts, { least: null, greatest: null });
  expect(quantileOfIntervals(intervals, 0.5)).toBeCloseTo(4999.5);
  // Looking at all of them for each took half a second.
  expect(performance.now() - started).toBeLessThan(200);
});

test('the value is one that as many lie below as the share says, whatever overlaps', () => {
  const interval = fc
    .record({
      low: fc.integer({ min: -20, max: 20 }),
      width: fc.integer({ min: 0, max: 9 }),
      count: fc.integer({ min: 1, max: 9 }),
    })
    .map(({ low, width, count }) => ({ low, high: low + width, count }));
  const countBelow = (all: readonly { low: number; high: number; count: number }[], value: number): number =>
    all.reduce(
      (sum, { low, high, count }) =>
        sum + (value >= high ? count : value > low ? (count * (value - low)) / (high - low) : 0),
      0,
    );
  fc.assert(
    fc.property(
      fc.array(interval, { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (all, share) => {
        const value = quantileOfIntervals(all, share) ?? Number.NaN;
        const wanted = all.reduce((sum, { count }) => sum + count, 0) * share;
        expect(countBelow(all, value + 1e-6)).toBeGreaterThanOrEqual(wanted - 1e-3);
        expect(countBelow(all, value - 1e-6)).toBeLessThanOrEqual(wanted + 1e-3);
      },
    ),
  );
});
