import { mixedSchemas, mixedTypes, reconciledBounds } from './annotations.ts';
import { type FloatHistogram, IncompatibleHistograms, type Met } from './histogram.ts';
import { isRestarted, isReset, type RangeCall, sampleOf, type Window } from './window.ts';
import type { RawSeries, Sample } from './series.ts';

interface How {
  readonly isCounter: boolean;
  readonly isRate: boolean;
}

/** What a counter or gauge changed by within a window, carried on to its edges as Prometheus does. */
export function changeWithin(window: Window, call: RangeCall, how: How): Sample | undefined {
  const { series, from, to, startMs, endMs } = window;
  const { isCounter, isRate } = how;
  const time = (index: number): number => series.times[index] ?? NaN;
  // A counter that began within the window was zero then.
  const began = isCounter && to > from ? (series.starts?.[from] ?? 0) : 0;
  const isBegun = began !== 0 && began > startMs && began < time(from);
  if (to - from < (isBegun ? 1 : 2)) return undefined;
  if (isCounter) warnOfOverlaps(window, call);
  const kinds = new Set(
    Array.from({ length: to - from }, (_, index) => typeof sampleOf(series, from + index)),
  );
  if (kinds.size > 1) {
    call.annotations.warn(mixedTypes(series.labels.name), call.place);
    return undefined;
  }
  const first = sampleOf(series, from);
  const changed =
    typeof first === 'number' ? floatChange(window, isCounter) : histogramChange(window, call, isCounter);
  if (changed === undefined) return undefined;

  const sampled = time(to - 1) - time(from);
  const apart = to - from > 1 ? sampled / (to - from - 1) : 0;
  const threshold = apart * 1.1;
  let interval = sampled;
  let toStart = time(from) - startMs;
  if (toStart >= threshold) toStart = apart / 2;
  let result = changed;
  if (isBegun) {
    interval = time(to - 1) - began;
    toStart = 0;
    result = addTo(result, first);
  } else if (isCounter) {
    // A counter is not carried on to below zero.
    const [whole, begin] = [countOf(result), countOf(first)];
    if (whole > 0 && begin >= 0) toStart = Math.min(toStart, sampled * (begin / whole));
  }
  let toEnd = endMs - time(to - 1);
  if (toEnd >= threshold) toEnd = apart / 2;
  const factor = (interval + toStart + toEnd) / interval / (isRate ? (endMs - startMs) / 1000 : 1);
  return typeof result === 'number' ? result * factor : result.scale(factor);
}

const countOf = (sample: Sample): number => (typeof sample === 'number' ? sample : sample.count);

function addTo(sum: Sample, value: Sample): Sample {
  if (typeof sum === 'number' && typeof value === 'number') return sum + value;
  if (typeof sum === 'number' || typeof value === 'number') return sum;
  const added = sum.plus(value);
  added.hint = 'gauge';
  return added.compact();
}

function floatChange({ series, from, to }: Window, isCounter: boolean): number {
  let change = (series.values[to - 1] ?? NaN) - (series.values[from] ?? NaN);
  if (isCounter)
    for (let index = from + 1; index < to; index += 1)
      if (isReset(series, index)) change += series.values[index - 1] ?? NaN;
  return change;
}

function histogramChange(
  { series, from, to }: Window,
  { annotations, place }: RangeCall,
  isCounter: boolean,
): FloatHistogram | undefined {
  const all = (series.histograms ?? []).slice(from, to) as FloatHistogram[];
  const { name } = series.labels;
  const isGauge = ({ hint }: FloatHistogram): boolean => hint === 'gauge';
  const [first, end] = [all[0], all.at(-1)] as [FloatHistogram, FloatHistogram];
  if (isCounter && all.some(isGauge))
    annotations.warn(`this native histogram metric is not a counter: ${JSON.stringify(name)}`, place);
  if (!isCounter && !(isGauge(first) && isGauge(end)))
    annotations.warn(`this native histogram metric is not a gauge: ${JSON.stringify(name)}`, place);
  // Of what was before a reset right behind the first one, nothing counts.
  const isFirstPast = isCounter && all.length > 1 && isResetAt(series, from + 1);
  let base = first;
  if (isFirstPast) {
    base = (all[1] as FloatHistogram).emptied();
    base.hint = 'unknown';
  }
  if ([base, ...all.slice(1)].some(({ isCustom }) => isCustom !== end.isCustom)) {
    annotations.warn(mixedSchemas(name), place);
    return undefined;
  }
  try {
    const met: Met = { collision: false, reconciled: false };
    let change = end.plus(base, -1, met);
    if (met.reconciled) annotations.info(reconciledBounds('subtraction'), place);
    met.reconciled = false;
    if (isCounter)
      for (let index = 1; index < all.length; index += 1)
        if (isResetAt(series, from + index))
          change = change.plus(index === 1 ? base : (all[index - 1] as FloatHistogram), 1, met);
    if (met.reconciled) annotations.info(reconciledBounds('addition'), place);
    change.hint = 'gauge';
    const coarsest = Math.min(...[base, ...all.slice(1)].map(({ schema }) => schema));
    return change.reduceTo(coarsest).compact();
  } catch (error) {
    if (!(error instanceof IncompatibleHistograms)) throw error;
    annotations.warn(mixedSchemas(name), place);
    return undefined;
  }
}

function isResetAt(series: RawSeries, index: number): boolean {
  const [now, before] = [sampleOf(series, index), sampleOf(series, index - 1)];
  return (
    isRestarted(series, index) ||
    typeof now === 'number' ||
    typeof before === 'number' ||
    now.isResetSince(before)
  );
}

function warnOfOverlaps({ series, from, to }: Window, { annotations, place }: RangeCall): void {
  const { starts, times } = series;
  if (starts === undefined) return;
  for (let index = from + 1; index < to; index += 1) {
    const start = starts[index] ?? 0;
    if (start !== 0 && start < (times[index - 1] ?? NaN) && start !== starts[index - 1]) {
      annotations.warn(
        `sample has start time that overlaps with previous sample timestamp for metric ${JSON.stringify(series.labels.name)}`,
        place,
      );
      return;
    }
  }
}
