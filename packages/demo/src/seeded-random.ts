import { seededRandom } from '@sightline/base';

/** Chance that repeats with its seed. */
export interface SeededRandom {
  /** From 0 up to, not including, 1. */
  next(): number;
  between(min: number, max: number): number;
  integer(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  weighted<T extends { readonly weight: number }>(items: readonly T[]): T;
  /** Times spread as real latencies do: half below `medianMs`, with a tail that grows with `sigma`. */
  latencyMs(medianMs: number, sigma?: number): number;
  /** Waiting time until the next of events that come `perSecond` on average, independently. */
  arrivalMs(perSecond: number): number;
  hex(digits: number): string;
}

export function createSeededRandom(seed: number): SeededRandom {
  const next = seededRandom(seed);
  /** Box–Muller: one normally distributed number from two even ones. */
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(next() * items.length)];
    if (item === undefined) throw new RangeError('Cannot pick from nothing.');
    return item;
  };
  return {
    next,
    pick,
    between: (min, max) => min + next() * (max - min),
    integer: (min, max) => Math.floor(min + next() * (max - min + 1)),
    chance: (probability) => next() < probability,
    weighted: (items) => {
      let left = next() * items.reduce((sum, { weight }) => sum + weight, 0);
      return items.find(({ weight }) => (left -= weight) < 0) ?? pick(items);
    },
    latencyMs: (medianMs, sigma = 0.35) => medianMs * Math.exp(normal() * sigma),
    arrivalMs: (perSecond) => (-Math.log(1 - next()) / perSecond) * 1000,
    hex: (digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join(''),
  };
}
