/**
 * Runs and calls of two windows, the asked one and the one before, summed up at once: in all, by step, by group, and by step and group.
 * Everything is read once; the engine keeps the four sums side by side.
 */
import type { OverviewGroup } from '@sightline/schema/api';
import { callFilters, type ExactFilters, havingFilters } from './agent-filter-sql.ts';
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
  const all = sql`SELECT isCurrent, step, '' AS groupKey, 1 - grouping(step) AS hasStep, 0 AS hasGroup, ${sums}
    FROM (${placed}) GROUP BY GROUPING SETS ((isCurrent), (isCurrent, step))`;
  if (key === undefined) return all;
  // A run in two groups is one run in all.
  return sql`${all} UNION ALL SELECT isCurrent, step, groupKey, 1 - grouping(step) AS hasStep, 1 AS hasGroup, ${sums}
    FROM (SELECT *, arrayJoin(keys) AS groupKey FROM (${placed}))
    GROUP BY GROUPING SETS ((isCurrent, groupKey), (isCurrent, step, groupKey))`;
}

/** Calls of models by their own start. With `promptName` where the row sums up a prompt; '' otherwise. */
export async function callSums(reader: Reader, overview: OverviewScope): Promise<Sql> {
  const { scope, where, filters, groupBy, previousFrom, to } = overview;
  const calls = await modelCalls(reader, {
    scope,
    where,
    filters,
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
      'prompt',
      'name',
      ...(groupBy === 'agent' ? ['agent'] : []),
    ],
  });
  const key = groupBy === undefined ? '' : `, ${callKeys[groupBy]} AS groupKey`;
  const usage = summedUsageText.replaceAll('source.', 'placed.');
  const sets = [
    '(isCurrent)',
    '(isCurrent, step)',
    ...(groupBy === undefined ? [] : ['(isCurrent, groupKey)', '(isCurrent, step, groupKey)']),
    '(isCurrent, promptName, isNamed)',
  ];
  const group =
    groupBy === undefined ? `'' AS groupKey, 0 AS hasGroup` : 'groupKey, 1 - grouping(groupKey) AS hasGroup';
  return sql`SELECT isCurrent, step, ${trusted(group)}, promptName, isNamed, 1 - grouping(step) AS hasStep,
      1 - grouping(promptName) AS hasPrompt, countIf(operation = 'llm') AS llmCalls, count() AS calls, countIf(isError) AS errors,
      quantilesDD(0.01, 0.5, 0.95)(toFloat64(durationNs)) AS durations,
      countIf(isNotNull(ttftMs)) AS streamed, quantilesDDIf(0.01, 0.5, 0.95)(ifNull(ttftMs, 0), isNotNull(ttftMs)) AS ttfts,
      ${trusted(usage)}
    FROM (SELECT *, ${stepOf('callStartNanos', overview)}${trusted(key)},
        if(prompt != '', toString(prompt), toString(name)) AS promptName, prompt != '' AS isNamed FROM (${calls})
      WHERE ${every([sql`callStartNanos >= ${int64(previousFrom)} AND callStartNanos < ${int64(to)}`, callFilters(filters)])}) AS placed
    GROUP BY GROUPING SETS (${trusted(sets.join(', '))})`;
}
