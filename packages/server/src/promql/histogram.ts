/**
 * A native histogram with float counts, and its arithmetic as Prometheus defines it. Buckets are kept by index: bucket i of schema s holds what is above
 * base^(i-1) and at most base^i, base being 2^(2^-s). With schema −53 the bounds are the custom values, and bucket i ends at value i.
 */
export type CounterResetHint = 'unknown' | 'reset' | 'not_reset' | 'gauge';

export const customSchema = -53;

export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  readonly index: number;
}

type Counts = Map<number, number>;

/** What an operation of two histograms found. */
export interface Met {
  /** One was known to be reset, the other not to be. */
  collision: boolean;
  /** Custom bounds differed, those in common were taken. */
  reconciled: boolean;
}

/** Exponential and custom buckets do not go together. */
export class IncompatibleHistograms extends Error {}

export class FloatHistogram {
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  count = 0;
  sum = 0;
  positive: Counts = new Map();
  negative: Counts = new Map();
  customValues: readonly number[] = [];
  hint: CounterResetHint = 'unknown';

  get isCustom(): boolean {
    return this.schema === customSchema;
  }

  copy(): FloatHistogram {
    const other = new FloatHistogram();
    Object.assign(other, this);
    other.positive = new Map(this.positive);
    other.negative = new Map(this.negative);
    return other;
  }

  /** An empty one of the same layout. */
  emptied(): FloatHistogram {
    const other = new FloatHistogram();
    other.schema = this.schema;
    other.zeroThreshold = this.zeroThreshold;
    other.customValues = this.customValues;
    return other;
  }

  upperBound(index: number): number {
    if (this.isCustom) return this.customValues[index] ?? Infinity;
    return exponentialBound(index, this.schema);
  }

  lowerBound(index: number): number {
    if (this.isCustom) return index === 0 ? -Infinity : (this.customValues[index - 1] ?? Infinity);
    return exponentialBound(index - 1, this.schema);
  }

  /** From the smallest to the largest value, the zero bucket among them where it holds something. */
  buckets(): Bucket[] {
    const negative = sorted(this.negative)
      .toReversed()
      .map(([index, count]) => ({
        lower: -this.upperBound(index),
        upper: -this.lowerBound(index),
        count,
        index,
      }));
    const positive = sorted(this.positive).map(([index, count]) => ({
      lower: this.lowerBound(index),
      upper: this.upperBound(index),
      count,
      index,
    }));
    const zero =
      this.zeroCount === 0
        ? []
        : [{ lower: -this.zeroThreshold, upper: this.zeroThreshold, count: this.zeroCount, index: 0 }];
    return [...negative, ...zero, ...positive];
  }

  /** Each count multiplied, in place. */
  scale(factor: number): this {
    return this.#each((count) => count * factor, factor < 0);
  }

  divide(by: number): this {
    this.#each((count) => count / by, by < 0);
    if (by === 0) {
      // A division by zero leaves nothing to be told of single buckets.
      this.positive.clear();
      this.negative.clear();
    }
    return this;
  }

  #each(change: (count: number) => number, turns: boolean): this {
    this.count = change(this.count);
    this.sum = change(this.sum);
    this.zeroCount = change(this.zeroCount);
    for (const counts of [this.positive, this.negative])
      for (const [index, count] of counts) counts.set(index, change(count));
    if (turns) this.hint = 'gauge';
    return this;
  }

  /** Drops empty buckets, in place. */
  compact(): this {
    for (const counts of [this.positive, this.negative])
      for (const [index, count] of counts) if (count === 0) counts.delete(index);
    return this;
  }

  equals(other: FloatHistogram): boolean {
    return (
      this.schema === other.schema &&
      same(this.count, other.count) &&
      same(this.sum, other.sum) &&
      (this.isCustom
        ? sameBounds(this.customValues, other.customValues)
        : this.zeroThreshold === other.zeroThreshold && same(this.zeroCount, other.zeroCount)) &&
      sameCounts(this.positive, other.positive) &&
      sameCounts(this.negative, other.negative)
    );
  }

  /** Lays its buckets out anew at a coarser schema, in place. */
  reduceTo(schema: number): this {
    if (this.isCustom || schema >= this.schema) return this;
    this.positive = reduced(this.positive, this.schema - schema);
    this.negative = reduced(this.negative, this.schema - schema);
    this.schema = schema;
    return this;
  }

  /** The zero bucket made at least as wide as asked; wider where the edge lies within a bucket that holds something. In place. */
  widenZero(threshold: number): this {
    if (this.isCustom || threshold <= this.zeroThreshold) return this;
    const { count, threshold: reached } = this.zeroCountFor(threshold);
    this.zeroCount = count;
    this.zeroThreshold = reached;
    for (const counts of [this.positive, this.negative])
      for (const index of counts.keys()) if (this.lowerBound(index) < reached) counts.delete(index);
    return this;
  }

  /** What the zero bucket would hold if it were as wide as asked, and how wide it would have to be for that. */
  zeroCountFor(asked: number): { count: number; threshold: number } {
    let threshold = asked;
    for (;;) {
      let count = this.zeroCount;
      let needed = threshold;
      for (const counts of [this.positive, this.negative])
        for (const [index, value] of sorted(counts)) {
          if (this.lowerBound(index) >= threshold) break;
          count += value;
          if (this.upperBound(index) > threshold && value !== 0)
            needed = Math.max(needed, this.upperBound(index));
        }
      if (needed === threshold) return { count, threshold };
      threshold = needed;
    }
  }

  /** This one plus `sign` times the other, laid out as both can be. Neither is changed. Throws IncompatibleHistograms. */
  plus(
    other: FloatHistogram,
    sign: 1 | -1 = 1,
    met: Met = { collision: false, reconciled: false },
  ): FloatHistogram {
    const total = new HistogramSum(this);
    total.add(other, sign);
    met.collision ||= total.met.collision;
    met.reconciled ||= total.met.reconciled;
    return total.plain();
  }

  /** Whether what was counted began anew between `previous` and this. */
  isResetSince(previous: FloatHistogram): boolean {
    if (this.hint === 'reset') return true;
    if (this.hint === 'not_reset') return false;
    if (this.count < previous.count) return true;
    if (this.isCustom !== previous.isCustom) return true;
    if (this.isCustom) {
      const bounds = commonBounds(this.customValues, previous.customValues);
      return anyLess(
        toBounds(this.positive, this.customValues, bounds),
        toBounds(previous.positive, previous.customValues, bounds),
      );
    }
    if (this.schema > previous.schema || this.zeroThreshold < previous.zeroThreshold) return true;
    const { count, threshold } = previous.zeroCountFor(this.zeroThreshold);
    if (threshold !== this.zeroThreshold || this.zeroCount < count) return true;
    const before = previous.copy().widenZero(this.zeroThreshold).reduceTo(this.schema);
    return anyLess(this.positive, before.positive) || anyLess(this.negative, before.negative);
  }
}

/** Adds histograms up without losing what large values hide: each number has beside it what rounding took. */
export class HistogramSum {
  #total: FloatHistogram;
  /** What rounding took, laid out as the total. */
  #lost: FloatHistogram;
  readonly met: Met = { collision: false, reconciled: false };

  constructor(first: FloatHistogram) {
    this.#total = first.copy();
    this.#lost = first.emptied();
  }

  /** Throws IncompatibleHistograms. */
  add(other: FloatHistogram, sign: 1 | -1 = 1): void {
    const total = this.#total;
    if (total.isCustom !== other.isCustom) throw new IncompatibleHistograms();
    this.#joinHints(other.hint);
    const aligned = this.#align(other);
    this.#into('count', sign * aligned.count);
    this.#into('sum', sign * aligned.sum);
    this.#into('zeroCount', sign * aligned.zeroCount);
    for (const side of ['positive', 'negative'] as const)
      for (const [index, count] of aligned[side]) {
        const [sum, lost] = kahanAdd(
          total[side].get(index) ?? 0,
          this.#lost[side].get(index) ?? 0,
          sign * count,
        );
        total[side].set(index, sum);
        this.#lost[side].set(index, lost);
      }
  }

  /** The sum, divided. */
  plain(divisor = 1): FloatHistogram {
    const result = this.#total.copy();
    const join = (sum: number, lost: number): number =>
      Number.isFinite(sum) ? (sum + lost) / divisor : sum / divisor;
    result.count = join(result.count, this.#lost.count);
    result.sum = join(result.sum, this.#lost.sum);
    result.zeroCount = join(result.zeroCount, this.#lost.zeroCount);
    for (const side of ['positive', 'negative'] as const)
      for (const [index, count] of result[side])
        result[side].set(index, join(count, this.#lost[side].get(index) ?? 0));
    return result;
  }

  get overflows(): boolean {
    const { count, sum, zeroCount, positive, negative } = this.#total;
    return [count, sum, zeroCount, ...positive.values(), ...negative.values()].some(
      (value) => !Number.isFinite(value),
    );
  }

  #into(field: 'count' | 'sum' | 'zeroCount', value: number): void {
    const [sum, lost] = kahanAdd(this.#total[field], this.#lost[field], value);
    this.#total[field] = sum;
    this.#lost[field] = lost;
  }

  #joinHints(other: CounterResetHint): void {
    const total = this.#total;
    if (other === total.hint || total.hint === 'gauge') return;
    if (other === 'gauge') total.hint = 'gauge';
    else {
      if (total.hint !== 'unknown' && other !== 'unknown') this.met.collision = true;
      total.hint = 'unknown';
    }
  }

  /** The other one as it can be added, once the total is laid out for it. */
  #align(other: FloatHistogram): FloatHistogram {
    const total = this.#total;
    const aligned = other.copy();
    if (total.isCustom) {
      if (sameBounds(total.customValues, other.customValues)) return aligned;
      this.met.reconciled = true;
      const bounds = commonBounds(total.customValues, other.customValues);
      for (const histogram of [total, this.#lost, aligned]) {
        histogram.positive = toBounds(histogram.positive, histogram.customValues, bounds);
        histogram.customValues = bounds;
      }
      return aligned;
    }
    while (total.zeroThreshold !== aligned.zeroThreshold) {
      aligned.widenZero(total.zeroThreshold);
      if (aligned.zeroThreshold > total.zeroThreshold) {
        total.widenZero(aligned.zeroThreshold);
        this.#lost.widenZero(total.zeroThreshold);
        this.#lost.zeroThreshold = total.zeroThreshold;
      }
    }
    const schema = Math.min(total.schema, aligned.schema);
    for (const histogram of [total, this.#lost, aligned]) histogram.reduceTo(schema);
    return aligned;
  }
}

/** The sum and what rounding took, by Neumaier. */
export function kahanAdd(sum: number, lost: number, value: number): [number, number] {
  const next = sum + value;
  if (!Number.isFinite(next)) return [next, 0];
  return [next, lost + (Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum)];
}

export function exponentialBound(index: number, schema: number): number {
  const exponent = index * 2 ** -schema;
  // The largest bucket ends where numbers do.
  return exponent === 1024 ? Number.MAX_VALUE : 2 ** exponent;
}

function sorted(counts: Counts): [number, number][] {
  return [...counts].toSorted(([a], [b]) => a - b);
}

function reduced(counts: Counts, steps: number): Counts {
  const result: Counts = new Map();
  for (const [index, count] of counts) {
    const target = Math.ceil(index / 2 ** steps);
    result.set(target, (result.get(target) ?? 0) + count);
  }
  return result;
}

function commonBounds(a: readonly number[], b: readonly number[]): readonly number[] {
  const others = new Set(b);
  return a.filter((bound) => others.has(bound));
}

/** Counts of custom buckets among fewer bounds. */
function toBounds(counts: Counts, from: readonly number[], to: readonly number[]): Counts {
  const result: Counts = new Map();
  for (const [index, count] of counts) {
    const upper = from[index] ?? Infinity;
    const found = to.findIndex((bound) => bound >= upper);
    const target = found === -1 ? to.length : found;
    result.set(target, (result.get(target) ?? 0) + count);
  }
  return result;
}

function anyLess(now: Counts, before: Counts): boolean {
  return [...before].some(([index, count]) => (now.get(index) ?? 0) < count);
}

const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

export function sameBounds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((bound, at) => bound === b[at]);
}

function sameCounts(a: Counts, b: Counts): boolean {
  return [a, b].every((counts) =>
    [...counts.keys()].every((index) => same(a.get(index) ?? 0, b.get(index) ?? 0)),
  );
}
