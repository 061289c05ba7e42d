/**
 * Runs and calls of two windows, the asked one and the one before, summed up at once: in all, by step, by group, and by step and group.
 * Everything is read once; the engine keeps the four sums side by side.
 */
import type { OverviewGroup } from '@sightline/schema/api';
import { callFilters, type ExactFilters, havingFilters, havingRunFilters } from './agent-filter-sql.ts';
import { callRows } from './call-rows-sql.ts';
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

const runKeys: Readonly<Record<OverviewGroup, string>> = {
  model: 'modelNames',
  agent: 'agentNames',
  service: 'serviceNames',
  version: 'versionNames',
};
const callKeys: Readonly<Record<OverviewGroup, string>> = {
  model: 'toString(model)',
  agent: 'agent',
  service: 'toString(service)',
  version: 'toString(version)',
};

function stepOf(time: string, { from, stepNanos }: OverviewScope): Sql {
  return sql`toUInt8(${trusted(time)} >= ${int64(from)}) AS isCurrent,
    if(isCurrent, ${int64(from)} + intDiv(${trusted(time)} - ${int64(from)}, ${int64(stepNanos)}) * ${int64(stepNanos)}, 0) AS step`;
}

function sets(groupBy: OverviewGroup | undefined): Sql {
  const plain = '(isCurrent), (isCurrent, step)';
  return trusted(
    `GROUP BY GROUPING SETS (${groupBy === undefined ? plain : `${plain}, (isCurrent, groupKey), (isCurrent, step, groupKey)`})`,
  );
}

const sumColumns = (groupBy: OverviewGroup | undefined): Sql =>
  trusted(
    groupBy === undefined
      ? `isCurrent, step, '' AS groupKey, 1 - grouping(step) AS hasStep, 0 AS hasGroup`
      : `isCurrent, step, groupKey, 1 - grouping(step) AS hasStep, 1 - grouping(groupKey) AS hasGroup`,
  );

/** Runs by their first step. A run stands in every group that took part in it. */
export function runSums(overview: OverviewScope): Sql {
  const { scope, where, filters, groupBy, previousFrom, to } = overview;
  const key = groupBy === undefined ? undefined : runKeys[groupBy];
  const runs = runRows(scope, where, havingFilters(filters));
  const columns = trusted(
    `startNanos, durationNanos, isFailed${key === undefined ? '' : `, ${key} AS keys`}`,
  );
  const placed = sql`SELECT ${stepOf('startNanos', overview)}, durationNanos, isFailed${trusted(key === undefined ? '' : ', keys')}
    FROM (SELECT ${columns} FROM (${runs})) WHERE startNanos >= ${int64(previousFrom)} AND startNanos < ${int64(to)}`;
  const sums = trusted(
    `count() AS runs, countIf(isFailed) AS failedRuns, quantilesDD(0.01, 0.5, 0.95)(toFloat64(durationNanos)) AS durations`,
  );
  const all = sql`SELECT ${sumColumns(undefined)}, ${sums} FROM (${placed}) ${sets(undefined)}`;
  if (key === undefined) return all;
  // A run in two groups is one run in all.
  return sql`${all} UNION ALL SELECT isCurrent, step, groupKey, 1 - grouping(step) AS hasStep, 1 AS hasGroup, ${sums}
    FROM (SELECT *, arrayJoin(keys) AS groupKey FROM (${placed}))
    GROUP BY GROUPING SETS ((isCurrent, groupKey), (isCurrent, step, groupKey))`;
}

/** Calls of models by their own start. */
export function callSums(overview: OverviewScope): Sql {
  const { scope, where, filters, groupBy, previousFrom, to } = overview;
  const calls = callRows({
    scope,
    where,
    having: havingRunFilters(filters),
    kinds: 'models',
    reads: [
      'callStartNanos',
      'durationNs',
      'isError',
      'ttftMs',
      'service',
      'version',
      'environment',
      'model',
      'tool',
    ],
  });
  const key = groupBy === undefined ? '' : `, ${callKeys[groupBy]} AS groupKey`;
  const usage = summedUsageText.replaceAll('source.', 'placed.');
  return sql`SELECT ${sumColumns(groupBy)}, countIf(operation = 'llm') AS llmCalls, count() AS calls, countIf(isError) AS errors,
      quantilesDD(0.01, 0.5, 0.95)(toFloat64(durationNs)) AS durations,
      countIf(isNotNull(ttftMs)) AS streamed, quantilesDDIf(0.01, 0.5, 0.95)(ifNull(ttftMs, 0), isNotNull(ttftMs)) AS ttfts,
      ${trusted(usage)}
    FROM (SELECT *, ${stepOf('callStartNanos', overview)}${trusted(key)} FROM (${calls})
      WHERE ${every([sql`callStartNanos >= ${int64(previousFrom)} AND callStartNanos < ${int64(to)}`, callFilters(filters)])}) AS placed
    ${sets(groupBy)}`;
}
