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
import { type ExemplarRow, selectExemplars } from './exemplars-sql.ts';
import { findMetric, type MetricShape } from './find-metric.ts';
import type { PointsQuery } from './metric-points-sql.ts';
import { readPoints, type SeriesPoint } from './read-points.ts';

const pointsPerSeriesDefault = 120;
const pointsPerSeriesMax = 11_000;
const lookbackNanosMin = 600_000_000_000n;

/** One metric over time, by groups of labels. */
export async function queryMetric(
  context: QueryContext,
  parameters: MetricQueryParameters,
): Promise<MetricQueryResponse> {
  const filter = readQ(parameters.q, 'metrics', context.clock);
  const asked = readRange(parameters, context.clock);
  const labelFields = parameters.groupBy === undefined ? [] : readFields(parameters.groupBy, 'groupBy');
  const stepMs = chooseStep(asked, parameters.stepS);
  const reader = new Reader(context);
  const metric = await findMetric(reader, parameters.name);
  const aggregation = chooseAggregation(metric, parameters.aggregation);
  const step = BigInt(stepMs) * 1_000_000n;
  const from = unixNano((asked.from / step) * step);
  const lookback = step > lookbackNanosMin ? step : lookbackNanosMin;
  const query: PointsQuery = {
    project: context.project,
    metric,
    range: { from, to: asked.to },
    lookbackFrom: from > lookback ? from - lookback : 0n,
    stepMs,
    labels: labelsOf(labelFields.map((field) => fieldText('metrics', field))),
    condition: compileFilter('metrics', filter),
  };
  const [points, exemplars] = await Promise.all([
    readPoints(reader, query, aggregation),
    reader.rows<ExemplarRow>(selectExemplars(query)),
  ]);
  const all = toSeries(points, { from, to: asked.to, stepMs, isRate: aggregation === 'rate' });
  if (all.length > parameters.limit) {
    reader.meet({
      limit: 'series',
      message: `The ${parameters.limit} largest of ${all.length} series are shown.`,
    });
  }
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
    exemplars: exemplars.map(decodeExemplar),
    ...reader.limitsMet,
  };
}

function chooseStep(range: TimeRange, stepS: number | undefined): number {
  const stepMs =
    stepS === undefined ? Math.max(1000, chooseStepMs(range, pointsPerSeriesDefault)) : stepS * 1000;
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
  readonly isRate: boolean;
}

/** The largest first; every series has a point per step, null where it has no value. */
function toSeries(points: readonly SeriesPoint[], { from, to, stepMs, isRate }: Grid): Series[] {
  const groups = Map.groupBy(points, ({ labels }) => JSON.stringify(labels));
  const fromMs = Number(from / 1_000_000n);
  const toMs = Number(to / 1_000_000n);
  const count = Math.max(1, Math.ceil((toMs - fromMs) / stepMs));
  const series = [...groups.values()].map((group): Series => {
    const byStart = new Map(group.map(({ startMs, value }) => [startMs, value]));
    const values = Array.from({ length: count }, (_, index): [number, number | null] => {
      const startMs = fromMs + index * stepMs;
      const value = byStart.get(startMs) ?? null;
      // The step that is still running is divided by what has passed of it.
      const seconds = Math.max(1, Math.min(stepMs, toMs - startMs) / 1000);
      return [startMs, value !== null && isRate ? value / seconds : value];
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
