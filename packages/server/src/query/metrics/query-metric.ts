import type {
  Exemplar,
  MetricAggregation,
  MetricQueryParameters,
  MetricQueryResponse,
} from '@sightline/schema/api';
import { unixNano } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { decodeAttributes, decodeTime, idOrNull } from '../decode-row.ts';
import { compileFilter } from '../filter/compile-filter.ts';
import { fieldText } from '../filter/field-text.ts';
import { readQ } from '../filter/read-condition.ts';
import { readFields } from '../read-facets.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { joinSql, type Sql, sql, trusted } from '../sql/sql.ts';
import { readRange, type TimeRange } from '../time-range.ts';
import { chooseStepMs } from '../time-step.ts';
import { chooseAggregation } from './choose-aggregation.ts';
import { type ExemplarRow, exemplarsMax, selectExemplars } from './exemplars-sql.ts';
import { findMetric, type MetricShape } from './find-metric.ts';
import { type PointsQuery, selectInterval } from './metric-points-sql.ts';
import { readPoints, type SeriesPoint } from './read-points.ts';

const pointsPerSeriesDefault = 120;
const pointsPerSeriesMax = 11_000;
/** Points that come less often do not decide how a chart looks. */
const intervalMsMax = 300_000;
/** Timers of exporters are not exact. */
const intervalDrift = 0.05;
const lookbackNanosMin = 600_000_000_000n;

/** One metric over time, by groups of labels. */
export async function queryMetric(
  context: QueryContext,
  parameters: MetricQueryParameters,
): Promise<MetricQueryResponse> {
  const filter = readQ(parameters.q, 'metrics', context.clock);
  const asked = readRange(parameters, context.clock);
  const labelFields = parameters.groupBy === undefined ? [] : readFields(parameters.groupBy, 'groupBy');
  const reader = new Reader(context);
  const askedStepMs = parameters.stepS === undefined ? undefined : checkStep(asked, parameters.stepS * 1000);
  const metric = await findMetric(reader, parameters.name);
  const aggregation = chooseAggregation(metric, parameters.aggregation);
  const source = {
    project: context.project,
    metric,
    labels: labelsOf(labelFields.map((field) => fieldText('metrics', field))),
    condition: compileFilter('metrics', filter, { project: context.project, ...asked }),
  };
  const stepMs = askedStepMs ?? (await chooseStep(reader, source, asked));
  const step = BigInt(stepMs) * 1_000_000n;
  const from = unixNano((asked.from / step) * step);
  const lookback = step > lookbackNanosMin ? step : lookbackNanosMin;
  const query: PointsQuery = {
    ...source,
    range: { from, to: asked.to },
    lookbackFrom: from > lookback ? from - lookback : 0n,
    stepMs,
  };
  const [points, exemplars] = await Promise.all([
    readPoints(reader, query, aggregation),
    reader.rows<ExemplarRow>(selectExemplars(query)),
  ]);
  const all = toSeries(points, { from, to: asked.to, stepMs });
  if (all.length > parameters.limit) {
    reader.meet({
      limit: 'series',
      message: `The ${parameters.limit} largest of ${all.length} series are shown.`,
    });
  }
  if (exemplars.length > exemplarsMax)
    reader.meet({
      limit: 'points',
      message: `The ${exemplarsMax} largest exemplars are shown, there are more.`,
    });
  return {
    name: metric.name,
    type: metric.type,
    unit: unitOf(metric, aggregation),
    aggregation,
    stepS: stepMs / 1000,
    series: all.slice(0, parameters.limit).map(({ labels, values }) => ({
      labels: Object.fromEntries(labelFields.map(({ written }, index) => [written, labels[index] ?? ''])),
      points: values,
    })),
    exemplars: exemplars.slice(0, exemplarsMax).map(decodeExemplar),
    ...reader.limitsMet,
  };
}

/** Not shorter than the time between points, which would leave every other step empty: exporters of most SDKs send once a minute. */
async function chooseStep(
  reader: Reader,
  source: Omit<PointsQuery, 'range' | 'lookbackFrom' | 'stepMs'>,
  range: TimeRange,
): Promise<number> {
  const stepMs = Math.max(1000, chooseStepMs(range, pointsPerSeriesDefault));
  if (stepMs >= intervalMsMax) return stepMs;
  const [row] = await reader.rows<{ intervalMs: number }>(
    selectInterval({ ...source, range, lookbackFrom: range.from, stepMs }),
  );
  const intervalMs = Math.min((row?.intervalMs ?? 0) * (1 - intervalDrift), intervalMsMax);
  if (intervalMs <= stepMs) return stepMs;
  return chooseStepMs(range, Math.max(1, Number((range.to - range.from) / 1_000_000n) / intervalMs));
}

function checkStep(range: TimeRange, stepMs: number): number {
  const count = Number((range.to - range.from) / 1_000_000n) / stepMs;
  if (count <= pointsPerSeriesMax) return stepMs;
  throw new SightlineError(
    'bad_request',
    `The range has ${Math.ceil(count)} steps of ${stepMs / 1000} s; at most ${pointsPerSeriesMax} are allowed.`,
    {
      hint: 'Make stepS larger or the range shorter.',
    },
  );
}

function labelsOf(fields: readonly Sql[]): Sql {
  return fields.length === 0 ? trusted('emptyArrayString()') : sql`[${joinSql(fields, ', ')}]`;
}

interface Series {
  readonly labels: readonly string[];
  readonly values: [number, number | null][];
  readonly size: number;
}

interface Grid {
  readonly from: bigint;
  readonly to: bigint;
  readonly stepMs: number;
}

/** The largest first; every series has a point per step, null where it has no value. */
function toSeries(points: readonly SeriesPoint[], { from, to, stepMs }: Grid): Series[] {
  const groups = Map.groupBy(points, ({ labels }) => JSON.stringify(labels));
  const fromMs = Number(from / 1_000_000n);
  const toMs = Number(to / 1_000_000n);
  const count = Math.max(1, Math.ceil((toMs - fromMs) / stepMs));
  const series = [...groups.values()].map((group): Series => {
    const byStart = new Map(group.map(({ startMs, value }) => [startMs, value]));
    const values = Array.from({ length: count }, (_, index): [number, number | null] => {
      const startMs = fromMs + index * stepMs;
      return [startMs, byStart.get(startMs) ?? null];
    });
    const size = values.reduce((sum, [, value]) => sum + Math.abs(value ?? 0), 0);
    return { labels: group[0]?.labels ?? [], values, size };
  });
  return series.sort(
    (a, b) => b.size - a.size || (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1),
  );
}

function unitOf({ type, unit }: MetricShape, aggregation: MetricAggregation): string {
  // What is counted of a distribution are its values, in whatever unit they are.
  const isOfCounts = type !== 'gauge' && type !== 'sum';
  switch (aggregation) {
    case 'count':
      return '1';
    case 'rate':
      return `${isOfCounts || unit === '' ? '1' : unit}/s`;
    case 'increase':
      return isOfCounts ? '1' : unit;
    default:
      return unit;
  }
}

function decodeExemplar(row: ExemplarRow): Exemplar {
  return {
    time: decodeTime(row.timeText),
    value: row.value,
    traceId: idOrNull(row.traceId),
    spanId: idOrNull(row.spanId),
    attributes: decodeAttributes({ keys: row.keys, values: row.values, types: '' }),
  };
}
