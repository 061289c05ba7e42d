/**
 * Calls, errors and durations of spans as the metrics that a Collector's span metrics connector would make of them, by its names: read from the roll-ups of
 * minutes, kept nowhere. A sample is what one minute added, so `rate` and `increase` add them up.
 */
import { type UnixNano, unixNano } from '@sightline/base';
import type { Matcher } from '../../promql/ast.ts';
import { compileMatchers } from '../../promql/matchers.ts';
import { Labels } from '../../promql/labels.ts';
import type { Patterns } from '../../promql/patterns.ts';
import type { RawSeries } from '../../promql/series.ts';
import { formatNumber } from '../../promql/statistics.ts';
import type { Reader } from '../reader.ts';
import { selectAnySpan, selectFailedMinutes, selectSpanMinutes } from '../sql/prometheus-sql.ts';
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
    help: 'How long spans took, by service, name, kind and status.',
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

interface FailedMinutesRow extends Pick<SpanMinutesRow, 'service' | 'name' | 'kind'> {
  /** Of each minute with failures: its start in seconds, calls, milliseconds in all. */
  readonly minutes: readonly (readonly [number, number, number])[];
  /** Of each of these minutes, the calls that took at most each bound. */
  readonly counts: readonly (readonly number[])[];
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
  const request = {
    project: reader.project,
    range,
    service: exactly('service_name'),
    name: exactly('span_name'),
    boundsNs: asked.includes('bucket') ? boundsMs.map((bound) => bound * 1_000_000) : [],
    rowsMax,
  };
  const rows = await reader.rows<SpanMinutesRow>(selectSpanMinutes(request));
  const read = rows.reduce((sum, { minutes }) => sum + minutes.length, 0);
  if (read > rowsMax) return undefined;
  const failing = rows.flatMap(({ minutes }) => minutes.filter(([, , errors]) => errors > 0));
  const failed =
    asked.every((part) => part === 'calls') || failing.length === 0
      ? []
      : await reader.rows<FailedMinutesRow>(selectFailedMinutes({ ...request, range: spanOf(failing) }));
  const failedBy = new Map(failed.map((row) => [keyOf(row), row]));
  const kept = compileMatchers(matchers, patterns);
  return rows
    .flatMap((row) => {
      const statuses = byStatus(row, failedBy.get(keyOf(row)));
      return asked.flatMap((part) => statuses.flatMap((status) => seriesOf(status, part)));
    })
    .filter(({ labels }) => kept(labels));
}

const keyOf = ({ service, name, kind }: Pick<SpanMinutesRow, 'service' | 'name' | 'kind'>): string =>
  JSON.stringify([service, name, kind]);

function spanOf(minutes: SpanMinutesRow['minutes']): Pick<TimeRange, 'from' | 'to'> {
  const nanos = (second: number): UnixNano => unixNano(BigInt(second) * 1_000_000_000n);
  const first = minutes.reduce((least, [second]) => Math.min(least, second), Infinity);
  const last = minutes.reduce((most, [second]) => Math.max(most, second), 0);
  return { from: nanos(first), to: nanos(last + minuteMs / 1000) };
}

/** One label set but for `le`: what each minute added to it. */
interface StatusMinutes extends Pick<SpanMinutesRow, 'service' | 'name' | 'kind'> {
  readonly status: 'ERROR' | 'UNSET';
  readonly minutes: readonly {
    readonly second: number;
    readonly calls: number;
    readonly ms: number;
    /** Calls that took at most each bound. */
    readonly within: readonly number[];
  }[];
}

/** Those that failed, and all others; what none of them is in is left out. Spans that came between the two reads are never more than all. */
function byStatus(row: SpanMinutesRow, failed: FailedMinutesRow | undefined): StatusMinutes[] {
  const { service, name, kind } = row;
  const failedAt = new Map(failed?.minutes.map(([second], at) => [second, at]));
  const minutes = row.minutes.map(([second, calls, errors, ms], at) => {
    const place = failedAt.get(second) ?? -1;
    const failedMs = Math.min(failed?.minutes[place]?.[2] ?? 0, ms);
    const shares = row.shares[at] ?? [];
    const failedWithin = shares.map((_, bound) => Math.min(failed?.counts[place]?.[bound] ?? 0, errors));
    let most = 0;
    const fineWithin = shares.map((share, bound) => {
      // Shares are to a hundredth: never fewer than in the bucket before, and never more than there are.
      most = Math.min(Math.max(calls * share - (failedWithin[bound] ?? 0), most), calls - errors);
      return most;
    });
    return {
      ERROR: { second, calls: errors, ms: failedMs, within: failedWithin },
      UNSET: { second, calls: calls - errors, ms: ms - failedMs, within: fineWithin },
    };
  });
  return (['UNSET', 'ERROR'] as const)
    .map((status) => ({ service, name, kind, status, minutes: minutes.map((each) => each[status]) }))
    .filter((each) => each.minutes.some(({ calls }) => calls > 0));
}

function seriesOf({ service, name, kind, status, minutes }: StatusMinutes, part: Part): RawSeries[] {
  const base = Labels.from([
    ['__name__', names[part]],
    ['service_name', service],
    ['span_name', name],
    ['span_kind', `SPAN_KIND_${kinds[kind] ?? kinds[0]}`],
    ['status_code', `STATUS_CODE_${status}`],
  ]);
  const series = (
    labels: Labels,
    valueOf: (minute: StatusMinutes['minutes'][number]) => number,
  ): RawSeries => ({
    labels,
    times: minutes.map(({ second }) => second * 1000 + minuteMs),
    starts: minutes.map(({ second }) => second * 1000),
    values: minutes.map(valueOf),
  });
  switch (part) {
    case 'calls':
    case 'count':
      return [series(base, ({ calls }) => calls)];
    case 'sum':
      return [series(base, ({ ms }) => ms)];
    case 'bucket':
      return [...boundsMs, Infinity].map((bound, index) =>
        series(base.with('le', formatNumber(bound)), ({ calls, within }) =>
          bound === Infinity ? calls : (within[index] ?? 0),
        ),
      );
  }
}
