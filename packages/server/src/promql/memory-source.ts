import type { Fetch, SampleSource } from './fetches.ts';
import { FloatHistogram } from './histogram.ts';
import type { Labels } from './labels.ts';
import { parseNumber } from './lexer.ts';
import { compileMatchers } from './matchers.ts';
import { Patterns } from './patterns.ts';
import type { RawSeries } from './series.ts';
import type { LoadCommand, Point, SeriesLine } from './series-notation.ts';

interface Stored {
  readonly labels: Labels;
  readonly points: Map<number, { readonly point: Exclude<Point, undefined>; readonly start: number }>;
}

/** Samples in memory, as `load` gives them. */
export class MemorySource implements SampleSource {
  readonly #series = new Map<string, Stored>();

  /** The first samples are at `fromMs`. */
  load({ lines, starts, stepMs, withCustomBuckets }: LoadCommand, fromMs = 0): void {
    const startsOf = new Map(starts.map(({ labels, offsets }) => [labels.key, offsets]));
    for (const { labels, points } of lines) {
      const offsets = startsOf.get(labels.key);
      for (const [at, point] of points.entries()) {
        if (point === undefined) continue;
        const time = fromMs + at * stepMs;
        const offset = offsets?.[at];
        this.#put(labels, time, point, offset === undefined ? 0 : time + offset);
      }
    }
    if (withCustomBuckets) this.#addCustom(lines, stepMs, fromMs);
    for (const { points } of this.#series.values()) tellResets(points);
  }

  /** Adds a sample to each of these series. */
  put(lines: readonly SeriesLine[], timeMs: number): void {
    for (const { labels, points } of lines)
      for (const point of points) if (point !== undefined) this.#put(labels, timeMs, point, 0);
  }

  async fetch({ matchers, fromMs, toMs }: Fetch): Promise<readonly RawSeries[]> {
    const fits = compileMatchers(matchers, new Patterns());
    return [...this.#series.values()].flatMap(({ labels, points }) => {
      if (!fits(labels)) return [];
      const found = [...points]
        .filter(([time]) => time > fromMs && time <= toMs)
        .toSorted(([a], [b]) => a - b);
      if (found.length === 0) return [];
      const samples = found.map(([, sample]) => sample);
      const hasHistograms = samples.some(({ point }) => typeof point === 'object');
      return {
        labels,
        times: found.map(([time]) => time),
        values: samples.map(({ point }) => (typeof point === 'number' ? point : 0)),
        histograms: hasHistograms
          ? samples.map(({ point }) => (typeof point === 'object' ? point : undefined))
          : undefined,
        stale: Uint8Array.from(samples, ({ point }) => (point === 'stale' ? 1 : 0)),
        starts: samples.some(({ start }) => start !== 0) ? samples.map(({ start }) => start) : undefined,
      };
    });
  }

  #put(labels: Labels, time: number, point: Exclude<Point, undefined>, start: number): void {
    let stored = this.#series.get(labels.key);
    if (stored === undefined) this.#series.set(labels.key, (stored = { labels, points: new Map() }));
    stored.points.set(time, { point: typeof point === 'object' ? point.copy() : point, start });
  }

  /** Native histograms with custom buckets, of the classic ones among the lines. */
  #addCustom(lines: LoadCommand['lines'], stepMs: number, fromMs: number): void {
    const groups = new Map<
      string,
      {
        labels: Labels;
        buckets: Map<number, readonly Point[]>;
        sum: readonly Point[];
        count: readonly Point[];
      }
    >();
    for (const { labels, points } of lines) {
      const [, name = '', part = ''] = /^(.*)_(bucket|sum|count)$/.exec(labels.name) ?? [];
      if (part === '') continue;
      const base = labels.drop(new Set(['le'])).with('__name__', name);
      let group = groups.get(base.key);
      if (group === undefined)
        groups.set(base.key, (group = { labels: base, buckets: new Map(), sum: [], count: [] }));
      if (part === 'bucket') {
        const bound = parseNumber(labels.get('le'));
        if (bound !== undefined) group.buckets.set(bound, points);
      } else if (part === 'sum') group.sum = points;
      else group.count = points;
    }
    for (const { labels, buckets, sum, count } of groups.values()) {
      if (buckets.size === 0) continue;
      const bounds = [...buckets.keys()].toSorted((a, b) => a - b);
      const length = Math.max(...[...buckets.values()].map((points) => points.length));
      for (let at = 0; at < length; at += 1) {
        if (![...buckets.values()].some((points) => typeof points[at] === 'number')) continue;
        const histogram = new FloatHistogram();
        histogram.schema = -53;
        histogram.customValues = bounds.filter((bound) => bound !== Infinity);
        let before = 0;
        for (const [index, bound] of bounds.entries()) {
          const value = buckets.get(bound)?.[at];
          const cumulative = typeof value === 'number' ? value : before;
          if (cumulative !== before) histogram.positive.set(index, cumulative - before);
          before = cumulative;
        }
        const [reported, total] = [count[at], sum[at]];
        histogram.count = typeof reported === 'number' ? reported : before;
        histogram.sum = typeof total === 'number' ? total : 0;
        if (!bounds.includes(Infinity) && histogram.count > before)
          histogram.positive.set(bounds.length, histogram.count - before);
        this.#put(labels, fromMs + at * stepMs, histogram, 0);
      }
    }
  }
}

/** Histograms know whether counting went on from the one before, as a store finds out when they come. */
function tellResets(points: Stored['points']): void {
  let before: FloatHistogram | undefined;
  for (const [, { point }] of [...points].toSorted(([a], [b]) => a - b)) {
    if (typeof point !== 'object') {
      before = undefined;
      continue;
    }
    if (
      point.hint === 'unknown' &&
      before !== undefined &&
      before.hint !== 'gauge' &&
      !point.isResetSince(before)
    )
      point.hint = 'not_reset';
    before = point;
  }
}
