/** The window of a range function, and what a series says of its neighbours. */
import type { Annotations } from './annotations.ts';
import type { Place } from './ast.ts';
import type { RawSeries, Sample } from './series.ts';

const at = (values: RawSeries['values'], index: number): number => values[index] ?? NaN;

/** Samples `from` to before `to` of a series. */
export interface Window {
  readonly series: RawSeries;
  readonly from: number;
  readonly to: number;
  /** Of the window; its start does not belong to it. */
  readonly startMs: number;
  readonly endMs: number;
  /** The time that is asked for: the end without an offset. */
  readonly nowMs: number;
  /** What the selector says of samples beside the window. */
  readonly extension: 'anchored' | 'smoothed' | undefined;
  /** The first and behind the last sample that may be looked at beside the window. */
  readonly reach: readonly [number, number];
}

/** Of the call. */
export interface RangeCall {
  readonly annotations: Annotations;
  /** The window's expression. */
  readonly place: Place;
  /** Numbers beside the window, at this step. */
  readonly numbers: readonly number[];
  readonly places: readonly Place[];
}

export function sampleOf({ values, histograms }: RawSeries, index: number): Sample {
  return histograms?.[index] ?? at(values, index);
}

/** Whether counting began anew before sample `index`, as far as the times say at which it began. */
export function isRestarted({ times, starts }: RawSeries, index: number): boolean {
  if (starts === undefined) return false;
  const start = at(starts, index);
  const before = at(times, index - 1);
  if (start === 0 || start >= at(times, index)) return false;
  const startBefore = at(starts, index - 1);
  return start > before || (start === before && startBefore !== 0 && startBefore < before);
}

export function isReset(series: RawSeries, index: number): boolean {
  if (isRestarted(series, index)) return true;
  const now = sampleOf(series, index);
  const before = sampleOf(series, index - 1);
  if (typeof now === 'number' && typeof before === 'number') return now < before;
  return typeof now === 'number' || typeof before === 'number' || now.isResetSince(before);
}
