import { mixedSchemas, mixedTypes, reconciledBounds } from './annotations.ts';
import { type FloatHistogram, HistogramSum, IncompatibleHistograms } from './histogram.ts';
import { isReset, type RangeCall, sampleOf, type Window } from './window.ts';
import type { Sample } from './series.ts';

/**
 * What changed from one edge of a window to the other, with what is known just outside: each pair of neighbours adds its own change, and a pair that
 * lies across an edge the part of it that is within (smoothed), or all of it (anchored, on the left).
 */
export function extendedChange(
  window: Window,
  { annotations, place }: RangeCall,
  { isCounter, isRate }: { readonly isCounter: boolean; readonly isRate: boolean },
): Sample | undefined {
  const { series, startMs, endMs, extension, reach } = window;
  const time = (index: number): number => series.times[index] ?? NaN;
  let first = reach[0];
  while (first + 1 < reach[1] && time(first + 1) <= startMs) first += 1;
  let end = reach[1] - 1;
  while (end > first && (extension === 'smoothed' ? time(end - 1) >= endMs : time(end) > endMs)) end -= 1;
  if (
    end < first ||
    time(end) <= startMs ||
    time(first) > endMs ||
    (extension === 'anchored' && time(end) > endMs)
  )
    return undefined;
  const { name } = series.labels;
  const all = Array.from({ length: end - first + 1 }, (_, index) => sampleOf(series, first + index));
  const histograms = all.filter((sample) => typeof sample !== 'number');
  const seconds = isRate ? (endMs - startMs) / 1000 : 1;

  /** How much of the pair that ends with sample `index` lies within. */
  const share = (index: number): number => {
    if (extension === 'anchored') return 1;
    const [from, to] = [Math.max(time(index - 1), startMs), Math.min(time(index), endMs)];
    return Math.max(0, to - from) / (time(index) - time(index - 1));
  };
  if (histograms.length === 0) {
    let change = 0;
    for (let index = first + 1; index <= end; index += 1) {
      const now = series.values[index] ?? NaN;
      const isNew = isCounter && isReset(series, index);
      change += (isNew ? now : now - (series.values[index - 1] ?? NaN)) * share(index);
    }
    return change / seconds;
  }
  if (histograms.length < all.length) {
    annotations.warn(mixedTypes(name), place);
    return undefined;
  }
  return ofHistograms(histograms);

  function ofHistograms(samples: readonly FloatHistogram[]): Sample | undefined {
    const isGauge = ({ hint }: FloatHistogram): boolean => hint === 'gauge';
    const edges = [samples[0], samples.at(-1)] as [FloatHistogram, FloatHistogram];
    if (isCounter && samples.some(isGauge))
      annotations.warn(`this native histogram metric is not a counter: ${JSON.stringify(name)}`, place);
    if (!isCounter && !edges.every(isGauge))
      annotations.warn(`this native histogram metric is not a gauge: ${JSON.stringify(name)}`, place);
    if (samples.some(({ isCustom }) => isCustom !== edges[0].isCustom)) {
      annotations.warn(mixedSchemas(name), place);
      return undefined;
    }
    try {
      const sum = new HistogramSum(edges[0].emptied());
      for (let index = first + 1; index <= end; index += 1) {
        const [before, now] = [samples[index - first - 1], samples[index - first]] as [
          FloatHistogram,
          FloatHistogram,
        ];
        const isNew = isCounter && isReset(series, index);
        sum.add((isNew ? now.copy() : now.plus(before, -1, sum.met)).scale(share(index)));
      }
      if (sum.met.reconciled) annotations.info(reconciledBounds('subtraction'), place);
      const change = sum.plain(seconds);
      change.hint = 'gauge';
      return change.compact();
    } catch (error) {
      if (!(error instanceof IncompatibleHistograms)) throw error;
      annotations.warn(mixedSchemas(name), place);
      return undefined;
    }
  }
}
