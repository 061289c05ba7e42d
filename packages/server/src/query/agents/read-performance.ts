/** How the runs of a session, service, agent, model or version did, and what crossed a threshold. */
import { formatCostUsd, formatDurationMs, formatNanos, unixNano } from '@sightline/base';
import type {
  PerformanceFinding,
  PerformanceParameters,
  PerformanceResponse,
  Thresholds,
} from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import { decodeTime } from '../decode-row.ts';
import { type QueryContext, Reader } from '../reader.ts';
import type { ExactFilters } from '../sql/agent-filter-sql.ts';
import { quantilesSql } from '../sql/quantiles-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { type RunScope, runRows } from '../sql/runs-sql.ts';
import { endNanos } from '../sql/usage-sql.ts';
import { every, float, type Sql, sql, trusted, uint } from '../sql/sql.ts';
import { readRange } from '../time-range.ts';
import { overviewStepsDefault, wholeSteps } from '../time-step.ts';
import { withModelNames } from './joined-models.ts';
import { wholeCost } from './whole-cost.ts';
import { settledRuns } from './settled-runs.ts';

export interface PerformanceRequest extends PerformanceParameters {
  readonly session?: string;
  readonly thresholds: Thresholds;
}

const findingsMax = 100;
const dayNanos = 86_400_000_000_000n;
const criticalFrom = 2;

interface SumRow {
  readonly total: string;
  readonly failed: string;
  readonly avgNanos: number | null;
  readonly maxNanos: string | null;
  readonly quantiles: readonly (number | null)[];
  readonly totalCost: number | null;
  readonly priced: string;
  readonly unpriced: string;
  readonly slow: string;
  readonly dear: string;
}

const durationQuantiles = trusted(
  quantilesSql([0.5, 0.9, 0.95, 0.99], {
    count: 'count()',
    sketch: (parameters) => `quantilesDD(${parameters})(toFloat64(durationNanos))`,
  }),
);

export async function readPerformance(
  context: QueryContext,
  request: PerformanceRequest,
): Promise<PerformanceResponse> {
  const reader = new Reader(context);
  const range = wholeSteps(readRange(request, context.clock), overviewStepsDefault);
  const filters: ExactFilters = await withModelNames(reader, request, range);
  const scope = await settledRuns(reader, range);
  const runs = runRows({ scope, where: trusted('true'), filters });
  const among = sql`trace_id IN (SELECT trace_id FROM (${runs}))`;
  const { thresholds } = request;
  const slowRun = sql`${durationS} > ${float(thresholds.workflowDurationS)}`;
  const dearRun = sql`${dollarsKnown} > ${float(thresholds.workflowCostUsd)}`;
  const steps = { scope, among, of: notCalls, thresholdS: thresholds.stepDurationS };
  const calls = { scope, among, of: "operation = 'llm'", thresholdS: thresholds.llmCallDurationS };
  const [[sums], slowRuns, dearRuns, slowSteps, slowCalls] = await Promise.all([
    reader.rows<SumRow>(sql`
      SELECT count() AS total, countIf(isFailed) AS failed, if(total = 0, NULL, avg(durationNanos)) AS avgNanos,
        if(total = 0, NULL, max(durationNanos)) AS maxNanos, ${durationQuantiles} AS quantiles,
        sumOrNull(costUsd) AS totalCost, countIf(isNotNull(costUsd)) AS priced, sum(unpricedCalls) AS unpriced,
        countIf(${slowRun}) AS slow, countIf(${dearRun}) AS dear
      FROM (SELECT durationNanos, isFailed, costUsd, unpricedCalls FROM (${runs}))`),
    findRunsOver(reader, runs, { value: durationS, isOver: slowRun }),
    findRunsOver(reader, runs, { value: dollarsKnown, isOver: dearRun }),
    findStepsOver(reader, steps),
    findStepsOver(reader, calls),
  ]);
  const [slowStepCount, slowCallCount] = await Promise.all([
    countStepsOver(reader, steps, slowSteps),
    countStepsOver(reader, calls, slowCalls),
  ]);
  const total = Number(sums?.total ?? 0);
  const failed = Number(sums?.failed ?? 0);
  const errorRate = total === 0 ? null : failed / total;
  const totalCostUsd = wholeCost(decodeCost(sums?.totalCost ?? null));
  const at = (index: number): number | null => (total === 0 ? null : ms(sums?.quantiles[index]));
  return {
    session: request.session ?? null,
    service: request.service ?? null,
    agent: request.agent ?? null,
    model: request.model ?? null,
    version: request.version ?? null,
    startTime: formatNanos(range.from),
    endTime: formatNanos(range.to),
    total,
    completed: total - failed,
    failed,
    errorRate,
    avgMs: ms(sums?.avgNanos),
    maxMs: ms(sums?.maxNanos),
    p50Ms: at(0),
    p90Ms: at(1),
    p95Ms: at(2),
    p99Ms: at(3),
    totalCostUsd,
    avgCostUsd: totalCostUsd === null ? null : totalCostUsd / Number(sums?.priced),
    unpricedCalls: Number(sums?.unpriced ?? 0),
    thresholds,
    findings: [
      ...slowRuns.map((row) => finding('slow_workflow', row, thresholds.workflowDurationS)),
      ...slowSteps.map((row) => finding('slow_step', row, thresholds.stepDurationS)),
      ...slowCalls.map((row) => finding('slow_llm_call', row, thresholds.llmCallDurationS)),
      ...dearRuns.map((row) => finding('costly_workflow', row, thresholds.workflowCostUsd)),
      ...(errorRate !== null && errorRate > thresholds.errorRate
        ? [tooManyFailures({ errorRate, failed, total, time: formatNanos(range.to) }, thresholds.errorRate)]
        : []),
    ],
    findingCounts: {
      slow_workflow: Number(sums?.slow ?? 0),
      slow_step: slowStepCount,
      slow_llm_call: slowCallCount,
      costly_workflow: Number(sums?.dear ?? 0),
      high_error_rate: errorRate !== null && errorRate > thresholds.errorRate ? 1 : 0,
    },
    ...reader.limitsMet,
  };
}

const durationS = trusted('durationNanos / 1e9');
const dollarsKnown = trusted('ifNull(costUsd, 0)');

/** Nanoseconds. */
function ms(nanos: number | string | null | undefined): number | null {
  const known = nanos === null || nanos === undefined ? null : decodeCost(Number(nanos));
  return known === null ? null : known / 1e6;
}

interface OverRow {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly value: number;
  readonly timeText: string;
}

/** Runs beyond a threshold, the furthest first. */
async function findRunsOver(
  reader: Reader,
  runs: Sql,
  { value, isOver }: { readonly value: Sql; readonly isOver: Sql },
): Promise<readonly OverRow[]> {
  return reader.rows<OverRow>(sql`
    SELECT lower(hex(trace_id)) AS traceId, '' AS spanId, toString(tupleElement(head, 1)) AS name, toFloat64(${value}) AS value,
      toString(fromUnixTimestamp64Nano(endNanos, 'UTC')) AS timeText
    FROM (SELECT trace_id, head, durationNanos, endNanos, costUsd FROM (${runs}))
    WHERE ${isOver} ORDER BY value DESC, traceId LIMIT ${uint(findingsMax)}`);
}

/** What stands between a workflow and its calls of models. */
const notCalls = "operation NOT IN ('llm', 'agent', 'workflow')";

interface StepRequest {
  readonly scope: RunScope;
  readonly among: Sql;
  readonly of: string;
  readonly thresholdS: number;
}

async function findStepsOver(reader: Reader, request: StepRequest): Promise<readonly OverRow[]> {
  return reader.rows<OverRow>(sql`
    SELECT lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, toString(name) AS name, duration_ns / 1e9 AS value,
      toString(fromUnixTimestamp64Nano(${trusted(endNanos)}, 'UTC')) AS timeText
    FROM ai_spans WHERE ${stepsOver(request)}
    ORDER BY value DESC, spanId LIMIT ${uint(findingsMax)}`);
}

/** All of them, where not all were found. */
async function countStepsOver(
  reader: Reader,
  request: StepRequest,
  found: readonly OverRow[],
): Promise<number> {
  if (found.length < findingsMax) return found.length;
  const [row] = await reader.rows<{ total: string }>(
    sql`SELECT count() AS total FROM ai_spans WHERE ${stepsOver(request)}`,
  );
  return Number(row?.total ?? found.length);
}

function stepsOver({ scope, among, of, thresholdS }: StepRequest): Sql {
  // A run goes on for a day at most, as far as steps are looked for.
  const window = { from: scope.window.from, to: unixNano(scope.window.to + dayNanos) };
  return every([
    inRange(scope.project, 'spans', window),
    trusted(of),
    sql`duration_ns / 1e9 > ${float(thresholdS)}`,
    among,
  ]);
}

type Kind = Exclude<PerformanceFinding['type'], 'high_error_rate'>;

const kinds: Readonly<Record<Kind, Pick<PerformanceFinding, 'metric' | 'unit'> & { readonly what: string }>> =
  {
    slow_workflow: { metric: 'workflow.duration', unit: 's', what: 'The run' },
    slow_step: { metric: 'step.duration', unit: 's', what: 'The step' },
    slow_llm_call: { metric: 'llm.call.duration', unit: 's', what: 'The call' },
    costly_workflow: { metric: 'workflow.cost', unit: 'USD', what: 'The run' },
  };

function finding(type: Kind, row: OverRow, threshold: number): PerformanceFinding {
  const { metric, unit, what } = kinds[type];
  const value = Number(row.value);
  const formatted = (amount: number): string =>
    unit === 'USD' ? formatCostUsd(amount) : formatDurationMs(amount * 1000);
  return {
    type,
    severity: severityOf(value, threshold),
    metric,
    value,
    threshold,
    unit,
    message: `${what} "${row.name.slice(0, 200)}" ${unit === 'USD' ? 'cost' : 'took'} ${formatted(value)}; the threshold is ${formatted(threshold)}.`,
    time: decodeTime(row.timeText),
    traceId: row.traceId,
    spanId: row.spanId === '' ? null : row.spanId,
  };
}

function severityOf(value: number, threshold: number): PerformanceFinding['severity'] {
  return value >= threshold * criticalFrom ? 'critical' : 'warning';
}

function tooManyFailures(
  {
    errorRate,
    failed,
    total,
    time,
  }: { readonly errorRate: number; readonly failed: number; readonly total: number; readonly time: string },
  threshold: number,
): PerformanceFinding {
  const percent = (part: number): string => `${Number((part * 100).toFixed(1))} %`;
  return {
    type: 'high_error_rate',
    severity: severityOf(errorRate, threshold),
    metric: 'error.rate',
    value: errorRate,
    threshold,
    unit: '1',
    message: `${failed} of ${total} runs failed, ${percent(errorRate)}; the threshold is ${percent(threshold)}.`,
    time,
    traceId: null,
    spanId: null,
  };
}
