import type { HistogramParameters, HistogramResponse } from '@sightline/schema/api';
import { nanosFromMs, unixNano } from '@sightline/base';
import { isRollupCheaper, rolledUpQuantiles, rolledUpRows } from './choose-rollup.ts';
import { compileFilter } from './filter/compile-filter.ts';
import { readQ } from './filter/read-condition.ts';
import { type QueryContext, Reader } from './reader.ts';
import { inRange } from './sql/range-sql.ts';
import { every, int64, type Parameter, type Sql, sql, trusted } from './sql/sql.ts';
import { wantedTraces } from './sql/trace-sets-sql.ts';
import { summaryDays } from './sql/whole-traces-sql.ts';
import { readRange, type TimeRange } from './time-range.ts';
import { chooseStepMs } from './time-step.ts';

interface BucketRow {
  readonly startMs: string;
  readonly total: string;
  readonly errors: string;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** The start of the bucket a time falls in, in Unix milliseconds. */
type Steps = (time: Sql) => Sql;

/** Counts over time, with durations for spans and traces. Every step of the range is there, also the empty ones. */
export async function readHistogram(
  context: QueryContext,
  parameters: HistogramParameters,
): Promise<HistogramResponse> {
  const { signal, buckets } = parameters;
  const filter = readQ(parameters.q, signal, context.clock);
  const asked = readRange(parameters, context.clock);
  // One bucket is the range as it was asked, for totals; more are whole steps that people read well.
  const stepMs = buckets === 1 ? lengthMs(asked) : chooseStepMs(asked, buckets);
  const range = buckets === 1 ? asked : wholeSteps(asked, stepMs);
  const reader = new Reader(context);
  const steps = (time: Sql): Sql =>
    buckets === 1 ? sql`${int64(range.from / 1_000_000n)}` : stepOf(time, stepMs);
  const rollupStepMs = buckets === 1 ? undefined : stepMs;
  const isWholeMinutes = buckets === 1 || stepMs % 60_000 === 0;
  const canUseRollup = signal === 'spans' && filter.type === 'everything' && isWholeMinutes;
  const useRollup = canUseRollup && (await isRollupCheaper(reader, range, rollupStepMs));
  const select = ((): Sql => {
    if (signal === 'logs')
      return logHistogram(
        reader.project,
        range,
        steps,
        compileFilter('logs', filter, { project: reader.project, ...range }),
      );
    if (signal === 'traces') {
      return traceHistogram(reader.project, range, steps, wantedTraces(reader.project, { filter }, range));
    }
    return useRollup
      ? rollupHistogram(reader.project, range, { steps, stepMs: rollupStepMs })
      : spanHistogram(
          reader.project,
          range,
          steps,
          compileFilter('spans', filter, { project: reader.project, ...range }),
        );
  })();
  const rows = await reader.rows<BucketRow>(select);
  return { stepMs, buckets: fillGaps(rows, range, stepMs), ...reader.limitsMet };
}

/** Milliseconds of the step that `time` falls in. */
export function stepOf(time: Sql, stepMs: number): Sql {
  const step: Parameter = { type: 'Int64', value: String(stepMs) };
  return sql`intDiv(toUnixTimestamp64Milli(${time}), ${step}) * ${step}`;
}

function lengthMs({ from, to }: TimeRange): number {
  return Math.max(1, Math.ceil(Number(to - from) / 1e6));
}

/** The range widened to whole steps, so that the first and the last bar are not cut. */
function wholeSteps({ from, to, newest }: TimeRange, stepMs: number): TimeRange {
  const step = BigInt(stepMs) * 1_000_000n;
  return { from: unixNano((from / step) * step), to: unixNano(((to + step - 1n) / step) * step), newest };
}

const durationColumns = trusted(
  `if(total = 0, NULL, quantiles[1] / 1e6) AS p50, if(total = 0, NULL, quantiles[2] / 1e6) AS p95`,
);

function spanHistogram(project: string, range: TimeRange, steps: Steps, condition: Sql): Sql {
  return sql`SELECT ${steps(trusted('start_time'))} AS startMs, count() AS total, countIf(status_code = 2) AS errors,
      quantilesBFloat16(0.5, 0.95)(duration_ns) AS quantiles, ${durationColumns}
    FROM spans WHERE ${every([inRange(project, 'spans', range), condition])} GROUP BY startMs`;
}

function rollupHistogram(
  project: string,
  range: TimeRange,
  { steps, stepMs }: { readonly steps: Steps; readonly stepMs: number | undefined },
): Sql {
  return sql`SELECT ${steps(sql`toDateTime64(time, 3, 'UTC')`)} AS startMs, sum(count) AS total, sum(error_count) AS errors,
      ${rolledUpQuantiles([0.5, 0.95])} AS quantiles, ${durationColumns}
    FROM ${rolledUpRows(project, range, stepMs)} GROUP BY startMs`;
}

/** Whole traces, by their start. */
function traceHistogram(project: string, range: TimeRange, steps: Steps, wanted: Sql | undefined): Sql {
  return sql`SELECT ${steps(trusted('first'))} AS startMs, count() AS total, countIf(failed > 0) AS errors,
      quantilesTDigest(0.5, 0.95)(duration_ns) AS quantiles, ${durationColumns}
    FROM (
      SELECT min(start_time) AS first, sum(error_count) AS failed,
        toUnixTimestamp64Nano(max(end_time)) - toUnixTimestamp64Nano(first) AS duration_ns
      FROM trace_summaries WHERE ${every([summaryDays(project, range), wanted])} GROUP BY trace_id
      HAVING first >= fromUnixTimestamp64Nano(${int64(range.from)}, 'UTC') AND first < fromUnixTimestamp64Nano(${int64(range.to)}, 'UTC'))
    GROUP BY startMs`;
}

function logHistogram(project: string, range: TimeRange, steps: Steps, condition: Sql): Sql {
  return sql`SELECT ${steps(trusted('time'))} AS startMs, count() AS total, countIf(severity_number >= 17) AS errors,
      NULL AS p50, NULL AS p95
    FROM logs WHERE ${every([inRange(project, 'logs', range), condition])} GROUP BY startMs`;
}

function fillGaps(
  rows: readonly BucketRow[],
  { from, to }: TimeRange,
  stepMs: number,
): HistogramResponse['buckets'] {
  const byStart = new Map(rows.map((row) => [Number(row.startMs), row]));
  const first = Number(from / 1_000_000n);
  const count = Math.max(1, Number((to - from) / nanosFromMs(stepMs)));
  return Array.from({ length: count }, (_, index) => {
    const startMs = first + index * stepMs;
    const row = byStart.get(startMs);
    if (row === undefined) return { startMs, count: 0, errorCount: 0, p50Ms: null, p95Ms: null };
    return {
      startMs,
      count: Number(row.total),
      errorCount: Number(row.errors),
      p50Ms: row.p50,
      p95Ms: row.p95,
    };
  });
}
