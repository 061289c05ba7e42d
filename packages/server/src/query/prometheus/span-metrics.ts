/**
 * Calls, errors and durations of spans as the metrics that a Collector's span metrics connector would make of them, by its names: read from the roll-ups of
 * minutes, kept nowhere. A sample is what one minute added, so `rate` and `increase` add them up.
 */
import type { Matcher } from '../../promql/ast.ts';
import { compileMatchers } from '../../promql/matchers.ts';
import { Labels } from '../../promql/labels.ts';
import type { Patterns } from '../../promql/patterns.ts';
import type { RawSeries } from '../../promql/series.ts';
import { formatNumber } from '../../promql/statistics.ts';
import type { Reader } from '../reader.ts';
import { selectAnySpan, selectSpanMinutes } from '../sql/prometheus-sql.ts';
import type { TimeRange } from '../time-range.ts';

const minuteMs = 60_000;
const prefix = 'traces_span_metrics_';
const duration = `${prefix}duration_milliseconds`;
const parts = ['calls', 'count', 'sum', 'bucket'] as const;
type Part = (typeof parts)[number];

const names: Readonly<Record<Part, string>> = {
  calls: `${prefix}calls_total`,
  count: `${duration}_count`,
  sum: `${duration}_sum`,
  bucket: `${duration}_bucket`,
};
const allNames = parts.map((part) => names[part]);
const metadata = [
  {
    name: names.calls,
    type: 'counter',
    help: 'Spans, by service, name, kind and status.',
    unit: '',
  },
  {
    name: duration,
    type: 'histogram',
    help: 'How long spans took, by service, name and kind.',
    unit: 'milliseconds',
  },
] as const;

/** The names that can be asked for: none where no span began in the range. */
export async function spanMetricNames(
  reader: Reader,
  range?: Pick<TimeRange, 'from' | 'to'>,
): Promise<readonly string[]> {
  return (await reader.rows(selectAnySpan(reader.project, range))).length > 0 ? allNames : [];
}

export async function spanMetricMetadata(reader: Reader): Promise<typeof metadata | []> {
  return (await spanMetricNames(reader)).length > 0 ? metadata : [];
}

/** Upper bounds of buckets in milliseconds: those of the connector. */
const boundsMs = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1_000, 1_400, 2_000, 5_000, 10_000, 15_000];
const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;

interface SpanMinutesRow {
  readonly service: string;
  readonly name: string;
  readonly kind: number;
  /** Of each minute: its start in seconds, calls, errors, milliseconds in all. */
  readonly minutes: readonly (readonly [number, number, number, number])[];
  /** Of each minute, the share that took at most each bound. */
  readonly shares: readonly (readonly number[])[];
}

export interface SpanMetricsAsked {
  readonly matchers: readonly Matcher[];
  readonly patterns: Patterns;
  /** Of the samples. */
  readonly range: Pick<TimeRange, 'from' | 'to'>;
  readonly rowsMax: number;
  /** Names that somebody sends: those are answered as they were sent. */
  readonly sent: ReadonlySet<string>;
}

/** Undefined where there are more minutes of series than `rowsMax`. */
export async function spanMetrics(
  reader: Reader,
  { matchers, patterns, range, rowsMax, sent }: SpanMetricsAsked,
): Promise<RawSeries[] | undefined> {
  const ofName = compileMatchers(
    matchers.filter(({ name }) => name === '__name__'),
    patterns,
  );
  // Who asks for everything asks for what was sent.
  const isNamed = matchers.some(({ name, value }) => name === '__name__' && value.startsWith(prefix));
  const asked = parts.filter(
    (part) => isNamed && !sent.has(names[part]) && ofName(Labels.from([['__name__', names[part]]])),
  );
  if (asked.length === 0) return [];
  const exactly = (label: string): string | undefined =>
    matchers.find(({ name, kind, value }) => name === label && kind === '=' && value !== '')?.value;
  const rows = await reader.rows<SpanMinutesRow>(
    selectSpanMinutes({
      project: reader.project,
      range,
      service: exactly('service_name'),
      name: exactly('span_name'),
      boundsNs: asked.includes('bucket') ? boundsMs.map((bound) => bound * 1_000_000) : [],
      rowsMax,
    }),
  );
  const read = rows.reduce((sum, { minutes }) => sum + minutes.length, 0);
  if (read > rowsMax) return undefined;
  const kept = compileMatchers(matchers, patterns);
  return rows
    .flatMap((row) => asked.flatMap((part) => seriesOf(row, part)))
    .filter(({ labels }) => kept(labels));
}

function seriesOf(row: SpanMinutesRow, part: Part): RawSeries[] {
  const base = Labels.from([
    ['__name__', names[part]],
    ['service_name', row.service],
    ['span_name', row.name],
    ['span_kind', `SPAN_KIND_${kinds[row.kind] ?? kinds[0]}`],
  ]);
  const series = (labels: Labels, valueOf: (at: number) => number): RawSeries => ({
    labels,
    times: row.minutes.map(([second]) => second * 1000 + minuteMs),
    starts: row.minutes.map(([second]) => second * 1000),
    values: row.minutes.map((_, at) => valueOf(at)),
  });
  const of = (at: number, column: 1 | 2 | 3): number => row.minutes[at]?.[column] ?? 0;
  switch (part) {
    case 'calls': {
      const failed = series(base.with('status_code', 'STATUS_CODE_ERROR'), (at) => of(at, 2));
      const fine = series(base.with('status_code', 'STATUS_CODE_UNSET'), (at) => of(at, 1) - of(at, 2));
      return [fine, failed].filter(({ values }) => values.some((value) => value > 0));
    }
    case 'count':
      return [series(base, (at) => of(at, 1))];
    case 'sum':
      return [series(base, (at) => of(at, 3))];
    case 'bucket':
      return [...boundsMs, Infinity].map((bound, index) =>
        series(
          base.with('le', formatNumber(bound)),
          (at) => of(at, 1) * (bound === Infinity ? 1 : (row.shares[at]?.[index] ?? 0)),
        ),
      );
  }
}
