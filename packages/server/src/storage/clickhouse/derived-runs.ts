/** The table `run_sums`, filled with what can be made of `runs`; how far `runs` goes, and what of both is forgotten. */
import { assert } from '@sightline/base';
import type {
  RunsProgressToRecord,
  RunSumsToForget,
  RunSumsToDerive,
  Statement,
} from '../telemetry-store.ts';
import { backgroundSettings } from './background-settings.ts';
import { type ClickHouseEngine, literal, settingsSql } from './engine.ts';
import { ownRows } from './own-rows.ts';
import { onCluster, physicalName } from './table-names.ts';

const settings = {
  insert_deduplicate: 0,
  ...backgroundSettings,
  max_memory_usage: 2 * 1024 ** 3,
  max_bytes_before_external_group_by: 512 * 1024 ** 2,
  max_partitions_per_insert_block: 0,
  distributed_product_mode: 'global',
  distributed_foreground_insert: 1,
};
/** Over HTTP a statement is ended after 120 seconds; in the process nobody waits for it. */
const timeS = { embedded: 0, clickhouse: 110 } as const;

export async function deriveRunSums(
  engine: ClickHouseEngine,
  { columns, select }: RunSumsToDerive,
): Promise<void> {
  const names = columns.map((column) => `\`${column}\``).join(', ');
  const bounded = settingsSql({ ...settings, max_execution_time: timeS[engine.kind] });
  await engine.insert(`INSERT INTO run_sums (${names}) SETTINGS ${bounded} ${withLiterals(select)}`);
}

export async function forgetRunSums(
  engine: ClickHouseEngine,
  { project, buckets }: RunSumsToForget,
): Promise<void> {
  if (buckets.length === 0) return;
  const among = buckets.map((bucket) => `toDateTime(${bucket}, 'UTC')`).join(', ');
  await engine.insert(`INSERT INTO run_sums (project, generation, kind, bucket, version, is_deleted)
    SETTINGS insert_deduplicate = 0, distributed_foreground_insert = 1
    SELECT project, generation, kind, bucket, greatest(version + 1, toUInt64(toUnixTimestamp64Nano(now64(9)))), 1
    FROM run_sums FINAL WHERE project = ${literal(project)} AND bucket IN (${among})`);
}

export async function recordRunsProgress(
  engine: ClickHouseEngine,
  {
    generation,
    untilMs,
    seenMs = untilMs,
    ahead = { untilMs, fromS: 0 },
    waiting = [],
    isFirst = false,
  }: RunsProgressToRecord,
): Promise<void> {
  const time = (ms: bigint): string => `fromUnixTimestamp64Milli(toInt64(${ms}), 'UTC')`;
  const traces = waiting.map(
    ({ project, traceId, from }) =>
      `tuple(${literal(project)}, toFixedString(unhex(${literal(traceId)}), 16), toDateTime(${from / 1_000_000_000n}, 'UTC'))`,
  );
  await engine.insert(`INSERT INTO runs_progress (name, generation, until, seen, ahead_until, ahead_from, waiting)
    SELECT 'runs', ${generation}, ${time(untilMs)}, ${time(seenMs)}, ${time(ahead.untilMs)}, toDateTime(${ahead.fromS}, 'UTC'), [${traces.join(', ')}]`);
  if (!isFirst || generation === 0) return;
  const { nodes } = engine;
  // Nobody waits for it: an old generation is not read.
  for (const table of ['run_sums', 'service_edges', 'runs'])
    await engine.command(
      `DELETE FROM ${physicalName(table, nodes)} ${onCluster(nodes)} WHERE generation < ${generation} SETTINGS lightweight_deletes_sync = 0`,
    );
}

/** Begins a new generation, of which nothing is known. Who reads the old one may finish: its rows go when the new one is there. */
export async function forgetRuns(engine: ClickHouseEngine): Promise<void> {
  const [row] = await ownRows<{ newest: number }>(
    engine,
    'SELECT max(generation) AS newest FROM runs_progress',
  );
  await recordRunsProgress(engine, { generation: Number(row?.newest ?? 0) + 1, untilMs: 0n });
}

/** INSERT statements bind no parameters. These are text and numbers. */
function withLiterals({ sql, params = {} }: Statement): string {
  return sql.replaceAll(/\{(\w+):([\w()]+)\}/g, (_, name: string, type: string) => {
    const value = params[name];
    if (Array.isArray(value)) return `CAST([${value.map(String).map(literal).join(',')}], '${type}')`;
    assert(typeof value === 'string', `Cannot write ${name} as a literal`);
    return `CAST(${literal(value)}, '${type}')`;
  });
}
