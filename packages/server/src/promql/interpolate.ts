import type { Annotations } from './annotations.ts';
import { mixedSchemas, mixedTypes } from './annotations.ts';
import type { Place } from './ast.ts';
import { HistogramSum } from './histogram.ts';
import { sampleOf } from './window.ts';
import type { RawSeries, Sample } from './series.ts';

export interface Moment {
  readonly raw: RawSeries;
  /** The first sample behind the time. */
  readonly next: number;
  readonly timeMs: number;
  readonly lookbackMs: number;
}

/** What lies on the line between the samples around a time; the one before where there is none behind. */
export function interpolated(
  { raw, next, timeMs, lookbackMs }: Moment,
  annotations: Annotations,
  place: Place,
): Sample | undefined {
  const time = (index: number): number => raw.times[index] ?? NaN;
  const isStale = (index: number): boolean => raw.stale?.[index] === 1;
  const before = next - 1;
  if (before < 0 || isStale(before) || !(time(before) > timeMs - lookbackMs)) return undefined;
  const now = sampleOf(raw, before);
  if (
    time(before) === timeMs ||
    next >= raw.times.length ||
    isStale(next) ||
    time(next) > timeMs + lookbackMs
  )
    return now;
  const then = sampleOf(raw, next);
  const share = (timeMs - time(before)) / (time(next) - time(before));
  const { name } = raw.labels;
  if (typeof now === 'number' && typeof then === 'number') return now + (then - now) * share;
  if (typeof now === 'number' || typeof then === 'number') {
    annotations.warn(mixedTypes(name), place);
    return undefined;
  }
  if (now.isCustom !== then.isCustom) {
    annotations.warn(mixedSchemas(name), place);
    return undefined;
  }
  if (then.hint !== 'gauge' && then.isResetSince(now)) return then.copy().scale(share);
  const sum = new HistogramSum(now.copy().scale(1 - share));
  sum.add(then.copy().scale(share));
  return sum.plain();
}
