import { seededRandom } from '@sightline/base';
import { describe, expect, it } from 'vitest';
import { pairedDifference } from './paired-difference.ts';

describe('the interval of a mean difference', () => {
  it.each([500, 2_000, 30_000])(
    'is as wide as theory says, also where groups are drawn: %i pairs',
    (count) => {
      const random = seededRandom(count);
      const differences = Array.from({ length: count }, () => random() * 10 + (random() < 0.1 ? 50 : 0));
      const { mean, interval } = pairedDifference(differences);
      const variance = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (count - 1);
      const half = 1.96 * Math.sqrt(variance / count);
      expect(Math.abs(((interval?.high ?? 0) - (interval?.low ?? 0)) / (2 * half) - 1)).toBeLessThan(0.15);
      expect(interval?.low).toBeLessThan(mean);
      expect(interval?.high).toBeGreaterThan(mean);
    },
  );

  it('does not depend on the order of the items: sorted ones are spread over the groups', () => {
    const differences = Array.from({ length: 20_000 }, (_, nr) => (nr < 2_000 ? -1 : 0));
    const { mean, interval } = pairedDifference(differences);
    const half = 1.96 * Math.sqrt((0.1 * 0.9) / 20_000);
    expect(mean).toBeCloseTo(-0.1, 6);
    expect((interval?.high ?? 0) - (interval?.low ?? 0)).toBeGreaterThan(2 * half * 0.8);
    expect((interval?.high ?? 0) - (interval?.low ?? 0)).toBeLessThan(2 * half * 1.2);
  });

  it('is not given for one pair, and is a point where all say the same', () => {
    expect(pairedDifference([1])).toEqual({ mean: 1, interval: undefined });
    expect(pairedDifference([2, 2, 2])).toEqual({ mean: 2, interval: { low: 2, high: 2 } });
  });
});
