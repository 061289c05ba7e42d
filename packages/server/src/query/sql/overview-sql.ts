/**
 * Runs and calls of two windows, the asked one and the one before, summed up at once: in all, by step, by group, and by step and group.
 * Everything is read once; the engine keeps these sums side by side.
 */
import type { OverviewGroup } from '@sightline/schema/api';
import { listedNameSql } from '../agents/joined-models.ts';
import type { JoinedModels } from '../agents/model-names.ts';
import { callFilterNames, callFilters, type ExactFilters } from './agent-filter-sql.ts';
import { callRows, type RunScope, runRows } from './runs-sql.ts';
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
import { int64, type Sql, sql, trusted } from './sql.ts';
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
  /** Where groups are models. */
  readonly joined: JoinedModels;
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

/** 0 in the window before, else the number of the step, from 1: one small key. Of a sum made ahead, which is of one of the windows. */
function stepOf(time: string, { from, stepNanos }: OverviewScope): Sql {
  return sql`toUInt32(if(${trusted(time)} >= ${int64(from)}, intDiv(${trusted(time)} - ${int64(from)}, ${int64(stepNanos)}) + 1, 0)) AS at`;
}

/** The same of a run, for each of the two windows in which it was at work: it stands where it began, or at the begin of the window. */
function stepsOfRun(start: string, last: string, { previousFrom, from, to, stepNanos }: OverviewScope): Sql {
  const [began, ended] = [trusted(start), trusted(last)];
  return sql`arrayFilter(each -> each.2, [
      (toUInt32(0), ${began} < ${int64(from)} AND ${ended} >= ${int64(previousFrom)}),
      (toUInt32(intDiv(greatest(${began}, ${int64(from)}) - ${int64(from)}, ${int64(stepNanos)}) + 1), ${began} < ${int64(to)} AND ${ended} >= ${int64(from)})]).1 AS at`;
}

/** From `at` to the columns of a sum; `step` where `hasStep`. */
function placeOf({ from, stepNanos }: OverviewScope): Sql {
  return sql`toUInt8(at > 0) AS isCurrent, if(at > 0 AND hasStep, ${int64(from)} + (toInt64(at) - 1) * ${int64(stepNanos)}, 0) AS step`;
}

/**
 * Each row once for every sum it is part of. As GROUPING SETS, for which the engine's analyser walks through all that is below again for every key of
 * every set: an overview of a few hundred runs took 0.9 to 1.1 s of CPU, and takes 0.65 s.
 */
const withAndWithoutStep = trusted('ARRAY JOIN [0, 1] AS hasStep');

/** A run stands in every group that took part in it. Summed up by step, then sums of these. */
export function runSums(overview: OverviewScope): Sql {
  const { scope, summed, where, filters, groupBy } = overview;
  const key = groupBy === undefined ? undefined : groupsOfRun[groupBy];
  const runs = runRows({ scope, where, filters });
  const keys =
    key === undefined
      ? trusted('')
      : overview.joined.byName.size === 0
        ? trusted(`, ${key} AS keys`)
        : sql`, arrayDistinct(arrayMap(name_ -> ${listedNameSql('toString(name_)', overview.joined)}, ${trusted(key)})) AS keys`;
  const placed = sql`SELECT at, durationNanos, isFailed${trusted(key === undefined ? '' : ', keys')}
    FROM (SELECT startNanos, lastNanos, durationNanos, isFailed${keys} FROM (${runs})) ARRAY JOIN ${stepsOfRun('startNanos', 'lastNanos', overview)}`;
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
  const states = trusted('items_, errors_, durations_, hasStep');
  const all = sql`SELECT isCurrent, step, '' AS groupKey, hasStep, 0 AS hasGroup, ${sums}
    FROM (SELECT ${states}, ${placeOf(overview)} FROM (SELECT at, ${inner} FROM (${placed}) GROUP BY at ${ahead(undefined)}) ${withAndWithoutStep})
    GROUP BY isCurrent, hasStep, step`;
  if (key === undefined) return all;
  // A run in two groups is one run in all.
  return sql`${all} UNION ALL SELECT isCurrent, step, toString(groupKey) AS groupKey, hasStep, 1 AS hasGroup, ${sums}
    FROM (SELECT groupKey, ${states}, ${placeOf(overview)} FROM (SELECT at, groupKey, ${inner} FROM (SELECT *, arrayJoin(keys) AS groupKey FROM (${placed})) GROUP BY at, groupKey ${ahead(groupBy)}) ${withAndWithoutStep})
    GROUP BY isCurrent, hasStep, step, groupKey`;
}

/** Calls of models, where their run stands. With `promptName` where the row sums up a prompt; '' otherwise. */
export function callSums(overview: OverviewScope): Sql {
  const { scope, summed, where, filters, groupBy } = overview;
  const grouped = groupBy === undefined ? [] : [groupBy];
  const reads = ['runStart', 'runLast', 'durationNs', 'isError', 'ttftMs', 'prompt', 'name'];
  const calls = callRows({
    kinds: 'models',
    scope,
    where,
    filters,
    reads: [...new Set([...reads, ...callFilterNames(filters), ...grouped])],
  });
  const key = trusted(grouped.map((name) => `, ${name} AS groupKey`).join(''));
  const keyName = trusted(grouped.length === 0 ? '' : ', groupKey');
  const usage = trusted(summedUsageText);
  const placed = sql`SELECT *, at${key} FROM (${calls}) ARRAY JOIN ${stepsOfRun('runStart', 'runLast', overview)} WHERE ${callFilters(filters)}`;
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
  // Whether a sum is of a step, of a prompt, of a group.
  const sets = ['(0, 0, 0)', '(1, 0, 0)', '(0, 1, 0)'];
  if (groupBy !== undefined) sets.push('(0, 0, 1)', '(1, 0, 1)');
  const group =
    groupBy === undefined
      ? trusted(`''`)
      : sql`if(has.3 = 1, ${listedNameSql('toString(groupKey)', overview.joined)}, '')`;
  return sql`SELECT isCurrent, step, groupOfSum AS groupKey, hasGroup, promptName, isNamed, hasStep, hasPrompt,
      sum(llm_) AS llmCalls, sum(items_) AS calls, sum(errors_) AS errors, ${trusted(mergedQuantiles('durations_', 'sum(items_)'))} AS durations,
      sum(streamed_) AS streamed, ${trusted(mergedQuantiles('ttfts_', 'sum(streamed_)'))} AS ttfts, ${usage}
    FROM (SELECT ${trusted(partsOfCalls.join(', '))}, has.1 AS hasStep, has.2 AS hasPrompt, has.3 AS hasGroup, ${placeOf(overview)}, ${group} AS groupOfSum,
        if(hasPrompt = 0, '', if(prompt != '', toString(prompt), toString(name))) AS promptName, hasPrompt = 1 AND prompt != '' AS isNamed
      FROM (${finest}) ARRAY JOIN [${trusted(sets.join(', '))}] AS has) AS source
    GROUP BY isCurrent, hasStep, hasPrompt, hasGroup, step, groupOfSum, promptName, isNamed`;
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
    FROM (SELECT *, at > 0 AS isCurrent FROM (${calls}) ARRAY JOIN ${stepsOfRun('runStart', 'runLast', overview)}) GROUP BY tool, isCurrent`;
  if (summed === undefined) return gathered;
  const parts = summedParts(summed, 'tool', ['at_', 'key_', 'items_', 'errors_', 'durations_']);
  return sql`${gathered} UNION ALL SELECT key_ AS tool, ${isCurrent(partStartNanos)}, items_, errors_, durations_ FROM (${parts})`;
}
