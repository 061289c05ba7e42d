import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketNanos, bucketS, bucketSets } from './bucket-sets.ts';

/** Buckets that sets name, one by one. */
function named(buckets: readonly number[]): readonly number[] {
  const { ranges, single } = bucketSets(buckets);
  const within = ranges.flatMap(({ from, to }) =>
    Array.from(
      { length: Number((to - from) / bucketNanos) },
      (_, at) => Number(from / 1_000_000_000n) + at * bucketS,
    ),
  );
  return [...within, ...single].toSorted((a, b) => a - b);
}

/** So many side by side, then a gap. */
const stretches = (...lengths: readonly number[]): readonly number[] => {
  let at = 0;
  return lengths.flatMap((length) => {
    at += 5;
    return Array.from({ length }, () => (at += 1) * bucketS);
  });
};

test('every bucket is named, and no other', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 }), (lengths) => {
      expect(named(stretches(...lengths))).toEqual(stretches(...lengths));
    }),
  );
});

test('two hours and more are ranges, in their order; less is a list', () => {
  const { ranges, single } = bucketSets(stretches(12, 11, 100));
  expect(ranges.map(({ from, to }) => Number((to - from) / bucketNanos))).toEqual([12, 100]);
  expect(single).toHaveLength(11);
});

test('of more than can be named the shortest stretches are left out', () => {
  const { ranges, single } = bucketSets(
    stretches(...Array.from({ length: 80 }, (_, at) => 12 + at), ...Array.from({ length: 100 }, () => 6), 3),
  );
  expect(ranges).toHaveLength(60);
  expect(Math.min(...ranges.map(({ from, to }) => Number((to - from) / bucketNanos)))).toBe(32);
  expect(single).toHaveLength(500);
});
