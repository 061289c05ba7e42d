/**
 * Runs and calls of two windows, the asked one and the one before, summed up at once: in all, by step, by group, and by step and group.
 * Everything is read once; the engine keeps the four sums side by side.
 */
import type { OverviewGroup } from '@sightline/schema/api';
import { callFilterNames, callFilters, type ExactFilters } from './agent-filter-sql.ts';
import type { Reader } from '../reader.ts';
import { modelCalls } from './model-calls-sql.ts';
import { type RunScope, runRows } from './run-rows-sql.ts';
import { every, int64, type Sql, sql, trusted } from './sql.ts';
import { summedUsageText } from './usage-sql.ts';

export interface OverviewScope {
  readonly scope: RunScope;
  /** Where the window before begins, where the asked one begins, and its end: nanoseconds. */
  readonly previousFrom: bigint;
  readonly from: bigint;
  readonly to: bigint;
  readonly stepNanos: bigint;
  readonly where: Sql;
  readonly filters: ExactFilters;
  readonly groupBy: OverviewGroup | undefined;
}

/** Of every row: `isCurrent`, and what it is a sum of. `step` is the start of the step in nanoseconds, 0 in the window before. */
export interface SumRow {
  readonly isCurrent: number;
  readonly step: string;
  readonly groupKey: string;
  readonly hasStep: number;
  readonly hasGroup: number;
}

export interface PromptSum extends UsageSum {
  readonly isCurrent: number;
  readonly promptName: string;
  readonly isNamed: number | boolean;
  readonly calls: string;
}

export interface CallSum extends SumRow, UsageSum {
  readonly llmCalls: string;
  readonly calls: string;
  readonly errors: string;
  readonly durations: readonly (number | null)[];
  readonly streamed: string;
  readonly ttfts: readonly (number | null)[];
}

interface UsageSum {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly costUsd: number | null;
  readonly unpricedCalls: string;
}

const runKeys: Readonly<Record<OverviewGroup, string>> = {
  model: 'modelNames',
  agent: 'agentNames',
  service: 'serviceNames',
  version: 'versionNames',
};
/** 0 in the window before, else the number of the step, from 1: one small key. */
function stepOf(time: string, { from, stepNanos }: OverviewScope): Sql {
  return sql`toUInt32(if(${trusted(time)} >= ${int64(from)}, intDiv(${trusted(time)} - ${int64(from)}, ${int64(stepNanos)}) + 1, 0)) AS at`;
}

/** From `at` to the columns of a sum. */
function placeOf({ from, stepNanos }: OverviewScope): Sql {
  return sql`toUInt8(at > 0) AS isCurrent, if(at > 0, ${int64(from)} + (toInt64(at) - 1) * ${int64(stepNanos)}, 0) AS step`;
}

const durations = 'quantilesDDState(0.01, 0.5, 0.95)';
const merged = 'quantilesDDMerge(0.01, 0.5, 0.95)';

/** Runs by their first step. A run stands in every group that took part in it. Summed up by step, then sums of these. */
export function runSums(overview: OverviewScope): Sql {
  const { scope, where, filters, groupBy, previousFrom, to } = overview;
  const key = groupBy === undefined ? undefined : runKeys[groupBy];
  const runs = runRows({ scope, where, filters });
  const keys = trusted(key === undefined ? '' : `, ${key} AS keys`);
  const placed = sql`SELECT ${stepOf('startNanos', overview)}, durationNanos, isFailed${trusted(key === undefined ? '' : ', keys')}
    FROM (SELECT startNanos, durationNanos, isFailed${keys} FROM (${runs})) WHERE startNanos >= ${int64(previousFrom)} AND startNanos < ${int64(to)}`;
  const inner = trusted(
    `count() AS runs_, countIf(isFailed) AS failed_, ${durations}(toFloat64(durationNanos)) AS durations_`,
  );
  const sums = trusted(`sum(runs_) AS runs, sum(failed_) AS failedRuns, ${merged}(durations_) AS durations`);
  const all = sql`SELECT isCurrent, step, '' AS groupKey, 1 - grouping(step) AS hasStep, 0 AS hasGroup, ${sums}
    FROM (SELECT *, ${placeOf(overview)} FROM (SELECT at, ${inner} FROM (${placed}) GROUP BY at)) GROUP BY GROUPING SETS ((isCurrent), (isCurrent, step))`;
  if (key === undefined) return all;
  // A run in two groups is one run in all.
  return sql`${all} UNION ALL SELECT isCurrent, step, toString(groupKey) AS groupKey, 1 - grouping(step) AS hasStep, 1 AS hasGroup, ${sums}
    FROM (SELECT *, ${placeOf(overview)} FROM (SELECT at, groupKey, ${inner} FROM (SELECT *, arrayJoin(keys) AS groupKey FROM (${placed})) GROUP BY at, groupKey))
    GROUP BY GROUPING SETS ((isCurrent, groupKey), (isCurrent, step, groupKey))`;
}

/** Calls of models by their own start, and by what prompted them. */
export async function callSums(
  reader: Reader,
  overview: OverviewScope,
): Promise<{ readonly sums: Sql; readonly prompts: Sql }> {
  const { scope, where, filters, groupBy, previousFrom, to } = overview;
  const within = sql`callStartNanos >= ${int64(previousFrom)} AND callStartNanos < ${int64(to)}`;
  const placed = async (reads: readonly string[]): Promise<Sql> => {
    const all = ['callStartNanos', ...callFilterNames(filters), ...reads];
    return sql`SELECT *, ${stepOf('callStartNanos', overview)} FROM (${await modelCalls(reader, { scope, where, filters, reads: all })})
      WHERE ${every([within, callFilters(filters)])}`;
  };
  const [timed, prompted] = await Promise.all([
    placed(['durationNs', 'isError', 'ttftMs', ...(groupBy === undefined ? [] : [groupBy])]),
    placed(['prompt', 'name']),
  ]);
  const usage = trusted(summedUsageText);
  const key = trusted(groupBy === undefined ? '' : `, ${groupBy} AS groupKey`);
  const keyName = trusted(groupBy === undefined ? '' : ', groupKey');
  const group = trusted(
    groupBy === undefined
      ? `'' AS groupKey, 0 AS hasGroup`
      : 'toString(groupKey) AS groupKey, 1 - grouping(groupKey) AS hasGroup',
  );
  const sets = ['(isCurrent)', '(isCurrent, step)'];
  if (groupBy !== undefined) sets.push('(isCurrent, groupKey)', '(isCurrent, step, groupKey)');
  const sums = sql`SELECT isCurrent, step, ${group}, 1 - grouping(step) AS hasStep,
      sum(llm_) AS llmCalls, sum(calls_) AS calls, sum(errors_) AS errors, ${trusted(merged)}(durations_) AS durations,
      sum(streamed_) AS streamed, ${trusted(merged)}(ttfts_) AS ttfts, ${usage}
    FROM (SELECT *, ${placeOf(overview)} FROM (
      SELECT at${keyName}, countIf(operation = 'llm') AS llm_, count() AS calls_, countIf(isError) AS errors_, ${trusted(durations)}(toFloat64(durationNs)) AS durations_,
        countIf(isNotNull(ttftMs)) AS streamed_, quantilesDDStateIf(0.01, 0.5, 0.95)(ifNull(ttftMs, 0), isNotNull(ttftMs)) AS ttfts_, ${usage}
      FROM (SELECT *${key} FROM (${timed})) AS source GROUP BY at${keyName})) AS source
    GROUP BY GROUPING SETS (${trusted(sets.join(', '))})`;
  const prompts = sql`SELECT isCurrent, if(prompt != '', toString(prompt), toString(name)) AS promptName, prompt != '' AS isNamed, sum(calls_) AS calls, ${usage}
    FROM (SELECT isCurrent, prompt, name, count() AS calls_, ${usage} FROM (SELECT *, at > 0 AS isCurrent FROM (${prompted})) AS source GROUP BY isCurrent, prompt, name) AS source
    GROUP BY isCurrent, promptName, isNamed`;
  return { sums, prompts };
}
