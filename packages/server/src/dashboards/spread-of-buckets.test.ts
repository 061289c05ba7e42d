import { expect, it } from 'vitest';
import { spreadOfBuckets } from './spread-of-buckets.ts';

const of = (le: string, ...values: (number | null)[]) => ({ labels: { le }, values });

it('makes of cumulative buckets what lies in each, in the order of their bounds', () => {
  const found = spreadOfBuckets([of('+Inf', 9, 4), of('0.5', 4, null), of('1', 6, 4), of('0.1', 1, 0)], 2);
  expect(found).toEqual({
    bounds: [0, 0.1, 0.5, 1, 2],
    counts: [
      [1, 3, 2, 3],
      [0, 0, 4, 0],
    ],
    beyond: 1,
  });
});

it('adds up what has the same bound, and has no endless bucket where nothing is in it', () => {
  const found = spreadOfBuckets([of('1', 2), of('1.0', 3), of('2', 7), of('+Inf', 7)], 1);
  expect(found).toEqual({ bounds: [0, 1, 2], counts: [[5, 2]], beyond: undefined });
});

it('takes what counts backwards for nothing, and negative bounds as they are', () => {
  expect(spreadOfBuckets([of('-1', 5), of('1', 4)], 1)).toEqual({
    bounds: [-1, 1],
    counts: [[0]],
    beyond: undefined,
  });
});

it.each([
  [[]],
  [[{ labels: { model: 'a' }, values: [1] }]],
  [[of('x', 1)]],
  [[of('', 1)]],
  [[of('+Inf', 1)]],
])('knows no buckets in %j', (series) => {
  expect(spreadOfBuckets(series, 1)).toBeUndefined();
});
