/**
 * Sums made ahead of runs that began in the same ten minutes and of their calls: how the table `run_sums` is filled from `runs`, and read. What is summed
 * up is said once, here; the overview uses the same words for what it sums up itself. Ten minutes: the steps of six hours, half of those of a day in the
 * worst of cases, and twice as fast to read as five.
 */
import type { OverviewGroup } from '@sightline/schema/api';
import { unixNano } from '@sightline/base';
import { bucketNanos, bucketS, type BucketSets, isAmong } from './bucket-sets.ts';
import { quantilesSql } from './quantiles-sql.ts';
import { joinSql, moment, type Parameter, type Sql, sql, string, trusted, uint } from './sql.ts';
import { callRows, type RunScope, runRows } from './runs-sql.ts';
import { summedUsageText } from './usage-sql.ts';

const bucketOfRun = trusted('toStartOfTenMinutes(start_time)');

/** The array of a run that names the groups it took part in. */
export const groupsOfRun: Readonly<Record<OverviewGroup, string>> = {
  model: 'modelNames',
  agent: 'agentNames',
  service: 'serviceNames',
  version: 'versionNames',
};
const groups = ['model', 'agent', 'service', 'version'] as const satisfies readonly OverviewGroup[];

/** Runs in all and by group; calls of models by group, prompt and name; calls of tools by tool. A new kind needs the table to be emptied. */
export type SumKind = 'run' | `run ${OverviewGroup}` | `call ${OverviewGroup}` | 'tool';

const quantileStates = 'quantilesDDState(0.01, 0.5, 0.95)';
/** Over rows of `runRows`. */
export const runSummands = `count() AS items_, countIf(isFailed) AS errors_, ${quantileStates}(toFloat64(durationNanos)) AS durations_`;
/** Over rows of `callRows`, called `source`. */
export const toolSummands = `count() AS items_, countIf(isError) AS errors_, ${quantileStates}(toFloat64(durationNs)) AS durations_`;
/** The same for calls of models. */
export const callSummands = `${toolSummands}, countIf(operation = 'llm') AS llm_, countIf(isNotNull(ttftMs)) AS streamed_,
  quantilesDDStateIf(0.01, 0.5, 0.95)(ifNull(ttftMs, 0), isNotNull(ttftMs)) AS ttfts_, ${summedUsageText}`;
/** p50 and p95 of states of so many values. */
export const mergedQuantiles = (states: string, count: string): string =>
  quantilesSql([0.5, 0.95], { count, sketch: (parameters) => `quantilesDDMerge(${parameters})(${states})` });

const tokens = [
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'costUsd',
] as const;
/** What only calls of models have, for the others. */
const noModel = `toUInt64(0) AS llm_, toUInt64(0) AS streamed_, quantilesDDStateIf(0.01, 0.5, 0.95)(toFloat64(0), false) AS ttfts_,
  ${tokens.map((name) => `CAST(NULL, 'Nullable(Float64)') AS ${name}`).join(', ')}, toUInt64(0) AS unpricedCalls`;

/** Columns of a part, and what they are called here. */
const partColumns = {
  at: 'at_',
  key: 'key_',
  prompt: 'prompt',
  name: 'name',
  items: 'items_',
  errors: 'errors_',
  llm_calls: 'llm_',
  durations: 'durations_',
  streamed: 'streamed_',
  ttfts: 'ttfts_',
  input_tokens: 'inputTokens',
  output_tokens: 'outputTokens',
  cache_read_tokens: 'cacheReadTokens',
  cache_write_tokens: 'cacheWriteTokens',
  reasoning_tokens: 'reasoningTokens',
  cost_usd: 'costUsd',
  unpriced_calls: 'unpricedCalls',
} as const;
const partNames = Object.values(partColumns);
export type PartName = (typeof partNames)[number];

/** Runs of these buckets are known in sums. */
export interface SummedRuns {
  readonly project: string;
  readonly generation: number;
  readonly buckets: BucketSets;
}

/** A row for each part of these sums. */
export function summedParts(
  { project, generation, buckets }: SummedRuns,
  kind: SumKind,
  names: readonly PartName[],
): Sql {
  const columns = Object.entries(partColumns).filter(([, name]) => names.includes(name));
  return sql`SELECT ${trusted(names.join(', '))}
    FROM (SELECT ${trusted(columns.map(([column, name]) => `parts.${column} AS ${name}s`).join(', '))} FROM run_sums FINAL
      WHERE project = ${string(project)} AND generation = ${uint(generation)} AND kind = ${string(kind)} AND ${isAmong(buckets, 'bucket')})
    ARRAY JOIN ${trusted(columns.map(([, name]) => `${name}s AS ${name}`).join(', '))}`;
}

/**
 * Buckets of which there are sums, whole within the window, of runs that were at work in one of its two parts only, before `middle` or from there on: `bucket`
 * (seconds since 1970), `version` (another one where they were made anew).
 */
export function summedBuckets({ project, generation, window: { from, to } }: RunScope, middle: bigint): Sql {
  return sql`SELECT toUnixTimestamp(bucket) AS bucket, toString(max(version)) AS version FROM run_sums FINAL
    WHERE project = ${string(project)} AND generation = ${uint(generation)} AND bucket >= ${moment(from)} AND bucket <= ${moment(to - bucketNanos)}
    GROUP BY bucket HAVING countIf(kind = 'run') > 0 AND min(is_kept) = 1 AND (bucket >= ${moment(middle)} OR max(last_time) < ${moment(middle)}) ORDER BY bucket`;
}

/** Buckets with runs but without sums, from one on: `project`, `bucket` (seconds since 1970), `runs`. The newest first. */
export function bucketsWithoutSums(generation: number, fromS: number, limit: number): Sql {
  const from = sql`generation = ${uint(generation)} AND bucket >= toDateTime(${uint(fromS)}, 'UTC')`;
  return sql`SELECT project, toUnixTimestamp(began) AS bucket, count() AS runs FROM (SELECT project, ${bucketOfRun} AS began FROM runs WHERE ${from} AND is_deleted = 0)
    WHERE (project, began) NOT IN (SELECT project, bucket FROM run_sums FINAL WHERE ${from} AND kind = 'run')
    GROUP BY project, began ORDER BY began DESC, project LIMIT ${uint(limit)}`;
}

/** Some buckets of a project. */
export interface SumPlaces {
  readonly project: string;
  readonly generation: number;
  /** Seconds since 1970. */
  readonly buckets: readonly number[];
}

const seconds = (buckets: readonly number[]): Parameter => ({
  type: 'Array(UInt32)',
  value: buckets.map(String),
});
/** Above all that there is, also after a clock was set back. A statement that began later has a higher one. */
const nextVersion = trusted(
  `greatest(toUInt64(toUnixTimestamp64Nano(now64(9))), (SELECT max(version) + 1 FROM run_sums))`,
);

/** More parts of a kind, and reading the runs costs hardly more. */
const partsMax = 1000;

export const summedColumns: readonly string[] = [
  'project',
  'generation',
  'kind',
  'bucket',
  'version',
  'is_deleted',
  'is_kept',
  'last_time',
  ...Object.keys(partColumns).map((name) => `parts.${name}`),
];

/** Rows for the table: the sums of these buckets. */
export function madeSums({ project, generation, buckets }: SumPlaces): Sql {
  const first = BigInt(Math.min(...buckets)) * 1_000_000_000n;
  const last = BigInt(Math.max(...buckets)) * 1_000_000_000n;
  const runs = {
    scope: {
      project,
      generation,
      window: { from: unixNano(first), to: unixNano(last + bucketNanos) },
      begunFrom: first,
    },
    where: sql`bucket >= ${moment(first)} AND ${bucketOfRun} IN (SELECT toDateTime(arrayJoin(${seconds(buckets)}), 'UTC'))`,
  };
  const bucketOf = (nanos: string): string => `toUInt32(intDiv(${nanos}, ${bucketNanos}) * ${bucketS})`;
  const ofRuns = (key: string): Sql =>
    sql`SELECT ${trusted(`${bucketOf('startNanos')} AS bucket_, bucket_ AS at_, ${key} AS key_, '' AS prompt, '' AS name, max(lastNanos) AS last_, ${runSummands}, ${noModel}`)}
      FROM (${runRows(runs)}) GROUP BY bucket_, key_`;
  const ofCalls = (kind: 'models' | 'tools', key: string): Sql => {
    const isModels = kind === 'models';
    const named = trusted(isModels ? 'prompt, name' : `'' AS prompt, '' AS name`);
    const names = ['runStart', 'durationNs', 'isError', 'operation', key];
    const usage = ['prompt', 'name', 'ttftMs', ...tokens, 'unpricedCalls'];
    const rows = callRows({ ...runs, kinds: kind, reads: [...names, ...(isModels ? usage : [])] });
    return sql`SELECT ${trusted(`${bucketOf('runStart')} AS bucket_, bucket_ AS at_, ${key} AS key_`)}, ${named}, toInt64(0) AS last_,
        ${trusted(isModels ? callSummands : `${toolSummands}, ${noModel}`)}
      FROM (${rows}) AS source WHERE ${trusted(isModels ? 'true' : "tool != ''")} GROUP BY bucket_, at_, key_${trusted(isModels ? ', prompt, name' : '')}`;
  };
  const made: readonly (readonly [SumKind, Sql])[] = [
    ['run', ofRuns("''")],
    ...groups.map((group) => [`run ${group}`, ofRuns(`arrayJoin(${groupsOfRun[group]})`)] as const),
    ...groups.map((group) => [`call ${group}`, ofCalls('models', group)] as const),
    ['tool', ofCalls('tools', 'tool')],
  ];
  const parts = partNames.map((_, index) => `arrayMap(part -> part.${index + 1}, kept)`).join(', ');
  const rows = made.map(
    ([
      kind,
      select,
    ]) => sql`SELECT ${string(project)}, ${uint(generation)}, ${string(kind)}, toDateTime(bucket_, 'UTC'), ${nextVersion}, 0,
        length(made) <= ${uint(partsMax)} AS is_kept, fromUnixTimestamp64Nano(last, 'UTC'), ${trusted(parts)}
      FROM (SELECT bucket_, max(last_) AS last, groupArray(tuple(${trusted(partNames.join(', '))})) AS made,
          if(length(made) <= ${uint(partsMax)}, made, arrayResize(made, 0)) AS kept FROM (${select}) GROUP BY bucket_)`,
  );
  return joinSql(rows, ' UNION ALL ');
}

/** From the start of a part to nanoseconds. */
export const partStartNanos = 'toInt64(at_) * 1000000000';

/** Whether a moment is the edge of a bucket. */
export const isBucketEdge = (nanos: bigint): boolean => nanos % bucketNanos === 0n;
