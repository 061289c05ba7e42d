import { describe, expect, it } from 'vitest';
import { type FieldPairs, rankDifferences, significantP } from './differences.ts';
import { seededRandom } from '@sightline/base';

const size = 600;
const inA = Uint8Array.from({ length: size }, (_, item) => (item < size / 3 ? 1 : 0));

function fieldOf(field: string, valueOf: (item: number) => string | undefined): FieldPairs {
  const values: string[] = [];
  const items: number[] = [];
  const places: number[] = [];
  for (let item = 0; item < size; item++) {
    const value = valueOf(item);
    if (value === undefined) continue;
    if (!values.includes(value)) values.push(value);
    items.push(item);
    places.push(values.indexOf(value));
  }
  return { field, values, items: Uint32Array.from(items), valueOf: Uint32Array.from(places) };
}

/** Fields that have nothing to do with the sides: of two to 600 values. */
function noise(random: () => number, fields = 30): FieldPairs[] {
  return Array.from({ length: fields }, (_, i) => {
    const count = [2, 3, 5, 20, 100, 600][i % 6] ?? 2;
    return fieldOf(`noise.${i}`, () => (random() < 0.1 ? undefined : `v${Math.floor(random() * count)}`));
  });
}

describe('differences between two sides', () => {
  it('have the cause first, whatever its strength, in at least 95 of 100 mixtures', () => {
    let first = 0;
    const mixtures = 45;
    for (let i = 0; i < mixtures; i++) {
      const random = seededRandom(i + 1);
      const strength = [0.25, 0.5, 0.95][i % 3] ?? 1;
      const cause = fieldOf('cause', (item) =>
        inA[item] === 1 && random() < strength ? 'bad' : `v${Math.floor(random() * 10)}`,
      );
      const [best] = rankDifferences({ inA, fields: [...noise(random), cause] });
      if (best?.field === 'cause' && best.p <= significantP) first++;
    }
    expect(first / mixtures).toBeGreaterThanOrEqual(0.95);
  }, 60_000);

  it('are none where the sides were dealt by chance, in at least 90 of 100 mixtures', () => {
    let silent = 0;
    const mixtures = 80;
    for (let i = 0; i < mixtures; i++) {
      const random = seededRandom(5000 + i);
      const ranked = rankDifferences({ inA, fields: noise(random, 12) });
      if (ranked.every(({ p }) => p > significantP)) silent++;
    }
    // The level allows one in twenty-five.
    expect(silent / mixtures).toBeGreaterThanOrEqual(0.9);
  }, 60_000);

  it('know ids, what is missing, and fields that say the same', () => {
    const ranked = rankDifferences({
      inA,
      fields: [
        fieldOf('user.id', (item) => `user-${item}`),
        fieldOf('model', (item) => (inA[item] === 1 ? 'new' : 'old')),
        fieldOf('gen_ai.request.model', (item) => (inA[item] === 1 ? 'new' : 'old')),
        fieldOf('cache.hit', (item) => (inA[item] === 1 ? undefined : 'true')),
      ],
    });
    expect(ranked.find(({ field }) => field === 'user.id')).toMatchObject({ isId: true });
    expect(ranked.find(({ field }) => field === 'model')).toMatchObject({ alike: ['gen_ai.request.model'] });
    expect(ranked.some(({ field }) => field === 'gen_ai.request.model')).toBe(false);
    const cache = ranked.find(({ field }) => field === 'cache.hit');
    expect(cache?.values).toEqual([
      { value: null, a: 200, b: 0 },
      { value: 'true', a: 0, b: 400 },
    ]);
  });
});
