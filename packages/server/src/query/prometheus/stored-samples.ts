/** Stored points as the samples that PromQL is asked of. */
import { msFromNanos, unixNano } from '@sightline/base';
import { type Matcher, PromqlExecutionError } from '../../promql/ast.ts';
import type { Fetch, SampleSource } from '../../promql/fetches.ts';
import { customSchema, FloatHistogram } from '../../promql/histogram.ts';
import { Labels } from '../../promql/labels.ts';
import { compileMatchers } from '../../promql/matchers.ts';
import { Patterns } from '../../promql/patterns.ts';
import type { RawSeries, Sample } from '../../promql/series.ts';
import { formatNumber } from '../../promql/statistics.ts';
import type { RowBinary } from '../../storage/row-binary.ts';
import type { Reader } from '../reader.ts';
import { selectSamples, selectSeries } from '../sql/prometheus-sql.ts';
import { alertNamesAsked, alertSeries } from './alert-series.ts';
import { type MetricFamily, namedParts, type NamedPart, partsOf, readFamilies } from './metric-families.ts';
import { labelSeries, type SeriesRow, type StoredSeries } from './series-labels.ts';
import { spanMetrics } from './span-metrics.ts';
import { targetInfo } from './target-info.ts';

/** Bounds of one query, as Prometheus has them: series and samples of all of its selectors together. */
export const seriesMax = 20_000;
export const samplesMax = 10_000_000;
/** Series asked for at once: what is read of them is held once more while it is taken apart. */
const seriesAtOnce = 500;
/** Of one selector: a day of 140 names of spans. */
const spanMinutesMax = 200_000;

export class StoredSamples implements SampleSource {
  readonly #reader: Reader;
  #families: Promise<readonly MetricFamily[]> | undefined;
  readonly #patterns = new Patterns();
  #seriesLeft = seriesMax;
  #samplesLeft = samplesMax;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** How many samples were read. */
  get samplesRead(): number {
    return samplesMax - this.#samplesLeft;
  }

  async families(): Promise<readonly MetricFamily[]> {
    return (this.#families ??= readFamilies(this.#reader));
  }

  async fetch(fetch: Fetch): Promise<readonly RawSeries[]> {
    const found = await this.#find(fetch);
    const answers: RawSeries[] = [];
    for (const { part, series } of found) {
      const kept = compileMatchers(withoutName(fetch.matchers), this.#patterns);
      const wanted = series.filter(
        ({ labels }) => part.part === 'bucket' || part.part === 'quantile' || kept(labels),
      );
      for (let at = 0; at < wanted.length; at += seriesAtOnce)
        for (const raw of await this.#samplesOf(part, wanted.slice(at, at + seriesAtOnce), fetch))
          if (kept(raw.labels)) answers.push({ ...raw, labels: raw.labels.with('__name__', part.name) });
    }
    answers.push(...(await this.#ofSpans(fetch)), ...(await this.#ofAlerts(fetch)));
    if (asksForTargets(fetch.matchers, this.#patterns)) {
      const seen = await targetInfo(this.#reader, rangeOf(fetch));
      const kept = compileMatchers(fetch.matchers, this.#patterns);
      answers.push(...seen.filter(({ labels }) => kept(labels)));
    }
    return answers;
  }

  /** Labels of what the matchers ask for, without samples: buckets and quantiles are not told apart. */
  async series(fetch: Fetch): Promise<readonly Labels[]> {
    const kept = compileMatchers(withoutName(fetch.matchers), this.#patterns);
    const found = await this.#find(fetch);
    const labels: Labels[] = [];
    for (const { part, series } of found) {
      const isSplit = part.part === 'bucket' || part.part === 'quantile';
      const own = isSplit
        ? (await this.#newest(part, series, fetch)).map(({ labels: each }) => each)
        : series.map(({ labels: each }) => each);
      labels.push(...own.filter(kept).map((each) => each.with('__name__', part.name)));
    }
    for (const each of [...(await this.#ofSpans(fetch)), ...(await this.#ofAlerts(fetch))])
      labels.push(each.labels);
    if (asksForTargets(fetch.matchers, this.#patterns)) {
      const fits = compileMatchers(fetch.matchers, this.#patterns);
      labels.push(
        ...(await targetInfo(this.#reader, rangeOf(fetch))).map((each) => each.labels).filter(fits),
      );
    }
    return labels;
  }

  /** Metrics of spans, which nobody sends. */
  async #ofSpans(fetch: Fetch): Promise<readonly RawSeries[]> {
    const found = await spanMetrics(this.#reader, {
      matchers: fetch.matchers,
      patterns: this.#patterns,
      range: rangeOf(fetch),
      rowsMax: Math.min(this.#samplesLeft, spanMinutesMax),
      sent: await this.#sentNames(),
    });
    if (found === undefined)
      throw new PromqlExecutionError(
        `the query asks for more than ${spanMinutesMax} minutes of metrics of spans; narrow its selectors by service_name or span_name, or its range`,
      );
    this.#take(found);
    return found;
  }

  /** Series about alerts, which nobody sends. */
  async #ofAlerts({ matchers, fromMs, toMs }: Fetch): Promise<readonly RawSeries[]> {
    const { alertSpells, clock } = this.#reader;
    if (alertSpells === undefined) return [];
    const patterns = this.#patterns;
    const names = alertNamesAsked(matchers, { patterns, sent: await this.#sentNames() });
    if (names.length === 0) return [];
    const spells = await alertSpells({ fromMs, toMs });
    if (spells === undefined)
      throw new PromqlExecutionError(
        'the query asks for more changes of alerts than are read; narrow its range',
      );
    const found = alertSeries(spells, {
      names,
      kept: compileMatchers(matchers, patterns),
      fromMs,
      toMs: Math.min(toMs, msFromNanos(clock.now())),
      samplesMax: this.#samplesLeft,
    });
    if (found === undefined) throw tooManySamples();
    this.#take(found);
    return found;
  }

  async #sentNames(): Promise<ReadonlySet<string>> {
    return new Set((await this.families()).flatMap((family) => partsOf(family).map(({ name }) => name)));
  }

  /** Throws where that is more than a query may have. */
  #take(found: readonly RawSeries[]): void {
    this.#seriesLeft -= found.length;
    if (this.#seriesLeft < 0) throw tooManySeries();
    for (const { times } of found) this.#samplesLeft -= times.length;
    if (this.#samplesLeft < 0) throw tooManySamples();
  }

  /** Of series that are split by a label: as split in a short time at the end, which is enough to know the splits. */
  async #newest(
    part: NamedPart,
    series: readonly StoredSeries[],
    fetch: Fetch,
  ): Promise<readonly RawSeries[]> {
    const toMs = Math.min(fetch.toMs, part.family.lastSeenMs);
    const answers: RawSeries[] = [];
    for (let at = 0; at < series.length; at += seriesAtOnce)
      answers.push(
        ...(await this.#samplesOf(part, series.slice(at, at + seriesAtOnce), {
          ...fetch,
          fromMs: Math.max(fetch.fromMs, toMs - 3_600_000),
          toMs,
        })),
      );
    return answers;
  }

  async #find(
    fetch: Fetch,
  ): Promise<{ readonly part: NamedPart; readonly series: readonly StoredSeries[] }[]> {
    const families = await this.families();
    const named = namedParts(families, fetch.matchers, this.#patterns).filter(
      ({ family }) => family.lastSeenMs >= fetch.fromMs && family.firstSeenMs <= fetch.toMs,
    );
    const known = new Map<string, readonly StoredSeries[]>();
    const found: { part: NamedPart; series: readonly StoredSeries[] }[] = [];
    for (const part of named) {
      const { family, isOriginal } = part;
      const key = `${family.type} ${isOriginal} ${family.name}`;
      let series = known.get(key);
      if (series === undefined) {
        const rows = await this.#reader.rows<SeriesRow>(
          selectSeries({ ...this.#of(family, fetch) }, this.#seriesLeft),
          { resultRowsMax: this.#seriesLeft + 1 },
        );
        if (rows.length > this.#seriesLeft) throw tooManySeries();
        this.#seriesLeft -= rows.length;
        series = labelSeries(rows, isOriginal);
        known.set(key, series);
      }
      found.push({ part, series });
    }
    return found;
  }

  #of(family: MetricFamily, fetch: Fetch): Parameters<typeof selectSamples>[0] {
    return { project: this.#reader.project, name: family.name, type: family.type, range: rangeOf(fetch) };
  }

  async #samplesOf(part: NamedPart, series: readonly StoredSeries[], fetch: Fetch): Promise<RawSeries[]> {
    if (series.length === 0) return [];
    const ids = series.map(({ id }) => id);
    const rows = await this.#reader.binary(
      selectSamples(this.#of(part.family, fetch), ids, this.#samplesLeft),
    );
    const labels = new Map(series.map((each) => [each.id, each.labels]));
    const builders = new Map<string, SeriesBuilder>();
    while (!rows.isAtEnd) {
      this.#samplesLeft -= 1;
      if (this.#samplesLeft < 0) throw tooManySamples();
      const point = readPoint(rows, part.family);
      const base = labels.get(point.id) ?? Labels.none;
      for (const { label, sample } of samplesOfPoint(point, part)) {
        const own = label === undefined ? base : base.with(...label);
        let builder = builders.get(own.key);
        if (builder === undefined) builders.set(own.key, (builder = new SeriesBuilder(own)));
        builder.add(point, sample);
      }
    }
    return [...builders.values()].map((builder) => builder.series());
  }
}

const tooManySeries = (): Error =>
  new PromqlExecutionError(`the query asks for more than ${seriesMax} series; narrow its selectors`);
const tooManySamples = (): Error =>
  new PromqlExecutionError('query processing would load too many samples into memory in query execution');

const withoutName = (matchers: readonly Matcher[]): readonly Matcher[] =>
  matchers.filter(({ name }) => name !== '__name__');

function asksForTargets(matchers: readonly Matcher[], patterns: Patterns): boolean {
  const names = matchers.filter(({ name }) => name === '__name__');
  return names.length > 0 && compileMatchers(names, patterns)(Labels.from([['__name__', 'target_info']]));
}

/** Samples after the start, up to the end. */
const rangeOf = ({
  fromMs,
  toMs,
}: Fetch): { from: ReturnType<typeof unixNano>; to: ReturnType<typeof unixNano> } => ({
  from: unixNano(BigInt(Math.floor(fromMs) + 1) * 1_000_000n),
  to: unixNano(BigInt(Math.floor(toMs) + 1) * 1_000_000n),
});

interface Point {
  readonly id: string;
  readonly timeMs: number;
  readonly startMs: number;
  readonly isDelta: boolean;
  readonly isStale: boolean;
  readonly value: number;
  readonly count: number;
  readonly sum: number;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly histogram: FloatHistogram | undefined;
}

function readPoint(rows: RowBinary, { type }: MetricFamily): Point {
  const head = {
    id: rows.uint64().toString(),
    timeMs: Number(rows.int64()),
    startMs: Number(rows.int64()),
    isDelta: rows.uint8() === 1,
    isStale: rows.uint8() === 1,
  };
  const none = { value: 0, count: 0, sum: 0, bounds: [], counts: [], histogram: undefined };
  const float = (): number => rows.float64();
  if (type === 'gauge' || type === 'sum') return { ...head, ...none, value: float() };
  const [count, sum] = [float(), float()];
  if (type !== 'exponential_histogram')
    return { ...head, ...none, count, sum, bounds: rows.numbers(float), counts: rows.numbers(float) };
  const histogram = new FloatHistogram();
  histogram.count = count;
  histogram.sum = sum;
  histogram.schema = rows.int32();
  histogram.zeroCount = float();
  histogram.zeroThreshold = float();
  for (const side of ['positive', 'negative'] as const) {
    const offset = rows.int32();
    // OpenTelemetry's bucket i ends where Prometheus' bucket i + 1 does.
    for (const [at, each] of rows.numbers(float).entries())
      if (each !== 0) histogram[side].set(offset + at + 1, each);
  }
  // Finer than Prometheus counts.
  histogram.reduceTo(8);
  return { ...head, ...none, count, sum, histogram };
}

function samplesOfPoint(
  point: Point,
  { part }: NamedPart,
): { label?: readonly [string, string]; sample: Sample }[] {
  switch (part) {
    case 'value':
      return [{ sample: point.value }];
    case 'count':
      return [{ sample: point.count }];
    case 'sum':
      return [{ sample: point.sum }];
    case 'native':
      return [{ sample: point.histogram ?? customHistogram(point) }];
    case 'quantile':
      return point.bounds.map((quantile, at) => ({
        label: ['quantile', formatNumber(quantile)] as const,
        sample: point.counts[at] ?? NaN,
      }));
    case 'bucket': {
      let total = 0;
      const bounds = [...point.bounds, Infinity];
      return bounds.map((bound, at) => {
        total = bound === Infinity ? point.count : total + (point.counts[at] ?? 0);
        return { label: ['le', formatBound(bound)] as const, sample: total };
      });
    }
  }
}

/** As Prometheus' own clients write bounds: with a point, so that one bound is one label. */
function formatBound(bound: number): string {
  const text = formatNumber(bound);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function customHistogram({ count, sum, bounds, counts }: Point): FloatHistogram {
  const histogram = new FloatHistogram();
  histogram.schema = customSchema;
  histogram.count = count;
  histogram.sum = sum;
  histogram.customValues = bounds;
  for (const [at, each] of counts.entries()) if (each !== 0) histogram.positive.set(at, each);
  return histogram;
}

/** Collects the samples of one series in order of time; of two at one time the later one counts. */
class SeriesBuilder {
  readonly #labels: Labels;
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  readonly #starts: number[] = [];
  readonly #stale: number[] = [];
  readonly #histograms: (FloatHistogram | undefined)[] = [];
  #hasHistograms = false;
  #isSorted = true;
  #lastStartMs = 0;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  add({ timeMs, startMs, isDelta, isStale }: Point, sample: Sample): void {
    const before = this.#times.at(-1);
    if (before !== undefined && timeMs < before) this.#isSorted = false;
    if (before === timeMs) this.#dropLast();
    this.#times.push(timeMs);
    this.#starts.push(this.#startOf({ timeMs, startMs, isDelta }, before));
    this.#stale.push(isStale ? 1 : 0);
    this.#values.push(typeof sample === 'number' ? sample : 0);
    this.#histograms.push(typeof sample === 'number' ? undefined : sample);
    this.#hasHistograms ||= typeof sample !== 'number';
    this.#lastStartMs = startMs;
  }

  /**
   * What a delta tells was counted since the sample before it, so that rates add it as a whole; of what only grows it is told where
   * counting began anew.
   */
  #startOf(
    { timeMs, startMs, isDelta }: Pick<Point, 'timeMs' | 'startMs' | 'isDelta'>,
    before: number | undefined,
  ): number {
    if (isDelta) {
      const start = startMs > 0 && startMs < timeMs ? startMs : (before ?? timeMs - 1);
      return Math.max(start, before ?? start);
    }
    return before !== undefined && startMs > before && startMs !== this.#lastStartMs ? startMs : 0;
  }

  #dropLast(): void {
    for (const list of [this.#times, this.#values, this.#starts, this.#stale, this.#histograms]) list.pop();
  }

  series(): RawSeries {
    const order = [...this.#times.keys()];
    if (!this.#isSorted) order.sort((a, b) => (this.#times[a] ?? 0) - (this.#times[b] ?? 0));
    const pick = (list: readonly number[]): Float64Array => Float64Array.from(order, (at) => list[at] ?? 0);
    return {
      labels: this.#labels,
      times: pick(this.#times),
      values: pick(this.#values),
      histograms: this.#hasHistograms ? order.map((at) => this.#histograms[at]) : undefined,
      stale: this.#stale.includes(1) ? Uint8Array.from(order, (at) => this.#stale[at] ?? 0) : undefined,
      starts: this.#starts.some((start) => start !== 0) ? pick(this.#starts) : undefined,
    };
  }
}
