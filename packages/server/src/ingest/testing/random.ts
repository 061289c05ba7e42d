/** Random choices that a seed repeats. */
export interface Random {
  /** 0 ≤ result < `bound`; 0 for a bound of 0. */
  int(bound: number): number;
  pick<T>(values: readonly T[]): T;
  bytes(count: number): Buffer;
}

/** Mulberry32: small, fast, and good enough to shuffle bytes. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
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
