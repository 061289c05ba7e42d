import type { FloatHistogram } from './histogram.ts';
import type { Labels } from './labels.ts';

/** Samples as they are stored, in order of time. */
export interface RawSeries {
  readonly labels: Labels;
  /** Milliseconds since 1970. */
  readonly times: readonly number[] | Float64Array;
  readonly values: readonly number[] | Float64Array;
  /** In place of the value, where the sample is a histogram. */
  readonly histograms?: readonly (FloatHistogram | undefined)[] | undefined;
  /** Where the series ended. */
  readonly stale?: Uint8Array | undefined;
  /** When counting began, in milliseconds; 0 where nobody said. */
  readonly starts?: readonly number[] | Float64Array | undefined;
}

export type Sample = number | FloatHistogram;

/** The times of a query: `count` of them, `stepMs` apart. */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export const timeAt = ({ startMs, stepMs }: Grid, step: number): number => startMs + step * stepMs;

const none = 0;
const float = 1;
const histogram = 2;

/** What a series is at each time of a grid: a number, a histogram, or nothing. */
export class GridSeries {
  readonly labels: Labels;
  /** The name is still here, for functions that ask for it, and gone in the answer. */
  readonly dropName: boolean;
  readonly floats: Float64Array;
  readonly #kinds: Uint8Array;
  #histograms: (FloatHistogram | undefined)[] | undefined;

  constructor(labels: Labels, count: number, dropName = false) {
    this.labels = labels;
    this.dropName = dropName;
    this.floats = new Float64Array(count);
    this.#kinds = new Uint8Array(count);
  }

  get length(): number {
    return this.floats.length;
  }

  has(step: number): boolean {
    return this.#kinds[step] !== none;
  }

  isFloat(step: number): boolean {
    return this.#kinds[step] === float;
  }

  get isEmpty(): boolean {
    return this.#kinds.every((kind) => kind === none);
  }

  get hasHistograms(): boolean {
    return this.#histograms !== undefined;
  }

  float(step: number): number {
    return this.floats[step] ?? NaN;
  }

  histogram(step: number): FloatHistogram | undefined {
    return this.#kinds[step] === histogram ? this.#histograms?.[step] : undefined;
  }

  at(step: number): Sample | undefined {
    const kind = this.#kinds[step];
    if (kind === float) return this.floats[step];
    return kind === histogram ? this.#histograms?.[step] : undefined;
  }

  set(step: number, sample: Sample | undefined): void {
    if (sample === undefined) {
      this.#kinds[step] = none;
    } else if (typeof sample === 'number') {
      this.#kinds[step] = float;
      this.floats[step] = sample;
    } else {
      this.#kinds[step] = histogram;
      (this.#histograms ??= [])[step] = sample;
    }
  }

  /** The same samples under other labels. */
  relabelled(labels: Labels, dropName = this.dropName): GridSeries {
    const other = new GridSeries(labels, this.length, dropName);
    for (let step = 0; step < this.length; step += 1) other.set(step, this.at(step));
    return other;
  }
}

export type Value =
  | { readonly kind: 'scalar'; readonly values: Float64Array }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'vector'; readonly series: readonly GridSeries[] };
