/**
 * Runs and calls of two windows, the asked one and the one before, summed up at once: in all, by step, by group, and by step and group.
 * Everything is read once; the engine keeps the four sums side by side.
 */
import type { OverviewGroup } from '@sightline/schema/api';
import { callFilterNames, callFilters, type ExactFilters } from './agent-filter-sql.ts';
import type { Reader } from '../reader.ts';
import { modelCalls } from './model-calls-sql.ts';
import { type RunScope, runRows } from './run-rows-sql.ts';
import {
  callSummands,
  groupsOfRun,
  mergedQuantiles,
  partStartNanos,
  runSummands,
  type SummedRuns,
  summedParts,
  toolSummands,
} from './run-sums-sql.ts';
import { every, int64, type Sql, sql, trusted } from './sql.ts';
import { summedUsageText } from './usage-sql.ts';

export interface OverviewScope {
  readonly scope: RunScope;
  /** Runs that `scope` leaves out, because their sums are known. */
  readonly summed?: SummedRuns | undefined;
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

export interface CallSum extends SumRow {
  readonly hasPrompt: number;
  readonly promptName: string;
  readonly isNamed: number | boolean;
  readonly llmCalls: string;
  readonly calls: string;
  readonly errors: string;
  readonly durations: readonly (number | null)[];
  readonly streamed: string;
  readonly ttfts: readonly (number | null)[];
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly costUsd: number | null;
  readonly unpricedCalls: string;
}

/** 0 in the window before, else the number of the step, from 1: one small key. */
function stepOf(time: string, { from, stepNanos }: OverviewScope): Sql {
  return sql`toUInt32(if(${trusted(time)} >= ${int64(from)}, intDiv(${trusted(time)} - ${int64(from)}, ${int64(stepNanos)}) + 1, 0)) AS at`;
}

/** From `at` to the columns of a sum. */
function placeOf({ from, stepNanos }: OverviewScope): Sql {
  return sql`toUInt8(at > 0) AS isCurrent, if(at > 0, ${int64(from)} + (toInt64(at) - 1) * ${int64(stepNanos)}, 0) AS step`;
}

/** Runs by their first step. A run stands in every group that took part in it. Summed up by step, then sums of these. */
export function runSums(overview: OverviewScope): Sql {
  const { scope, summed, where, filters, groupBy, previousFrom, to } = overview;
  const key = groupBy === undefined ? undefined : groupsOfRun[groupBy];
  const runs = runRows({ scope, where, filters });
  const keys = trusted(key === undefined ? '' : `, ${key} AS keys`);
  const placed = sql`SELECT ${stepOf('startNanos', overview)}, durationNanos, isFailed${trusted(key === undefined ? '' : ', keys')}
    FROM (SELECT startNanos, durationNanos, isFailed${keys} FROM (${runs})) WHERE startNanos >= ${int64(previousFrom)} AND startNanos < ${int64(to)}`;
  const inner = trusted(runSummands);
  const sums = trusted(
    `sum(items_) AS runs, sum(errors_) AS failedRuns, ${mergedQuantiles('durations_', 'sum(items_)')} AS durations`,
  );
  const parts = ['at_', 'items_', 'errors_', 'durations_'] as const;
  const ahead = (group: OverviewGroup | undefined): Sql =>
    summed === undefined
      ? trusted('')
      : sql`UNION ALL SELECT ${stepOf(partStartNanos, overview)}${trusted(group === undefined ? '' : ', key_ AS groupKey')}, items_, errors_, durations_
          FROM (${summedParts(summed, group === undefined ? 'run' : `run ${group}`, [...parts, ...(group === undefined ? [] : ['key_' as const])])})`;
  const all = sql`SELECT isCurrent, step, '' AS groupKey, 1 - grouping(step) AS hasStep, 0 AS hasGroup, ${sums}
    FROM (SELECT *, ${placeOf(overview)} FROM (SELECT at, ${inner} FROM (${placed}) GROUP BY at ${ahead(undefined)})) GROUP BY GROUPING SETS ((isCurrent), (isCurrent, step))`;
  if (key === undefined) return all;
  // A run in two groups is one run in all.
  return sql`${all} UNION ALL SELECT isCurrent, step, toString(groupKey) AS groupKey, 1 - grouping(step) AS hasStep, 1 AS hasGroup, ${sums}
    FROM (SELECT *, ${placeOf(overview)} FROM (SELECT at, groupKey, ${inner} FROM (SELECT *, arrayJoin(keys) AS groupKey FROM (${placed})) GROUP BY at, groupKey ${ahead(groupBy)}))
    GROUP BY GROUPING SETS ((isCurrent, groupKey), (isCurrent, step, groupKey))`;
}

/** Calls of models by their own start. With `promptName` where the row sums up a prompt; '' otherwise. */
export async function callSums(reader: Reader, overview: OverviewScope): Promise<Sql> {
  const { scope, summed, where, filters, groupBy, previousFrom, to } = overview;
  const grouped = groupBy === undefined ? [] : [groupBy];
  const reads = ['callStartNanos', 'durationNs', 'isError', 'ttftMs', 'prompt', 'name'];
  const calls = await modelCalls(reader, {
    scope,
    where,
    filters,
    reads: [...new Set([...reads, ...callFilterNames(filters), ...grouped])],
  });
  const key = trusted(grouped.map((name) => `, ${name} AS groupKey`).join(''));
  const keyName = trusted(grouped.length === 0 ? '' : ', groupKey');
  const usage = trusted(summedUsageText);
  const placed = sql`SELECT *, ${stepOf('callStartNanos', overview)}${key} FROM (${calls})
    WHERE ${every([sql`callStartNanos >= ${int64(previousFrom)} AND callStartNanos < ${int64(to)}`, callFilters(filters)])}`;
  // Summed up once by all there is to tell apart, then sums of these: a row of a call is looked at once.
  const gathered = sql`SELECT at${keyName}, prompt, name, ${trusted(callSummands)} FROM (${placed}) AS source GROUP BY at${keyName}, prompt, name`;
  const columns = trusted(`prompt, name, ${partsOfCalls.join(', ')}`);
  const keyed = trusted(groupBy === undefined ? '' : ', key_ AS groupKey');
  // Each call is in one group of any kind. States are merged by step before they are merged for each of the sets.
  const finest =
    summed === undefined
      ? gathered
      : sql`SELECT at${keyName}, prompt, name, ${trusted(mergedCalls)} FROM (
          SELECT at${keyName}, ${columns} FROM (${gathered}) UNION ALL SELECT ${stepOf(partStartNanos, overview)}${keyed}, ${columns}
          FROM (${summedParts(summed, `call ${groupBy ?? 'model'}`, ['at_', 'key_', 'prompt', 'name', ...partsOfCalls])})) AS source
        GROUP BY at${keyName}, prompt, name`;
  const sets = ['(isCurrent)', '(isCurrent, step)', '(isCurrent, promptName, isNamed)'];
  if (groupBy !== undefined) sets.push('(isCurrent, groupKey)', '(isCurrent, step, groupKey)');
  const group = trusted(
    groupBy === undefined
      ? `'' AS groupKey, 0 AS hasGroup`
      : 'toString(groupKey) AS groupKey, 1 - grouping(groupKey) AS hasGroup',
  );
  return sql`SELECT isCurrent, step, ${group}, promptName, isNamed, 1 - grouping(step) AS hasStep, 1 - grouping(promptName) AS hasPrompt,
      sum(llm_) AS llmCalls, sum(items_) AS calls, sum(errors_) AS errors, ${trusted(mergedQuantiles('durations_', 'sum(items_)'))} AS durations,
      sum(streamed_) AS streamed, ${trusted(mergedQuantiles('ttfts_', 'sum(streamed_)'))} AS ttfts, ${usage}
    FROM (SELECT *, ${placeOf(overview)}, if(prompt != '', toString(prompt), toString(name)) AS promptName, prompt != '' AS isNamed FROM (${finest})) AS source
    GROUP BY GROUPING SETS (${trusted(sets.join(', '))})`;
}

const partsOfCalls = [
  'items_',
  'errors_',
  'llm_',
  'durations_',
  'streamed_',
  'ttfts_',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'costUsd',
  'unpricedCalls',
] as const;

const mergedCalls = `sum(source.items_) AS items_, sum(source.errors_) AS errors_, sum(source.llm_) AS llm_, sum(source.streamed_) AS streamed_,
  quantilesDDMergeState(0.01, 0.5, 0.95)(source.durations_) AS durations_, quantilesDDMergeState(0.01, 0.5, 0.95)(source.ttfts_) AS ttfts_, ${summedUsageText}`;

/** Calls of tools by tool, in the window and the one before: `tool`, `isCurrent`, and what `toolSummands` says, in parts. */
export function toolParts(overview: OverviewScope, calls: Sql): Sql {
  const { summed, from } = overview;
  const isCurrent = (time: string): Sql => sql`${trusted(time)} >= ${int64(from)} AS isCurrent`;
  const gathered = sql`SELECT tool, isCurrent, ${trusted(toolSummands)}
    FROM (SELECT *, ${isCurrent('callStartNanos')} FROM (${calls})) GROUP BY tool, isCurrent`;
  if (summed === undefined) return gathered;
  const parts = summedParts(summed, 'tool', ['at_', 'key_', 'items_', 'errors_', 'durations_']);
  return sql`${gathered} UNION ALL SELECT key_ AS tool, ${isCurrent(partStartNanos)}, items_, errors_, durations_ FROM (${parts})`;
}
