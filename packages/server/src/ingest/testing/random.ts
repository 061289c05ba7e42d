import { seededRandom as seededNumbers } from '@sightline/base';

/** Random choices that a seed repeats. */
export interface Random {
  /** 0 ≤ result < `bound`; 0 for a bound of 0. */
  int(bound: number): number;
  pick<T>(values: readonly T[]): T;
  bytes(count: number): Buffer;
}

export function seededRandom(seed: number): Random {
  const next = seededNumbers(seed);
  const int = (bound: number): number => Math.floor(next() * bound);
  return {
    int,
    pick: <T>(values: readonly T[]): T => values[int(values.length)] as T,
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => int(256))),
  };
}

/** SIGHTLINE_TEST_SEED, or a new one every time. */
export function testSeed(): number {
  const given = process.env['SIGHTLINE_TEST_SEED'];
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}
