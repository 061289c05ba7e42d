import type { TelemetrySignal } from '@sightline/schema/api';
import type { RetentionPolicy } from '../telemetry-store.ts';
import type { ClickHouseEngine } from './engine.ts';
import type { Changing } from './part-inventory.ts';
import { onCluster, physicalName } from './table-names.ts';
import { ownRows } from './own-rows.ts';

/** Tables with a partition per day, and whose retention they follow: the longest of several. */
const signalsOfTable: Readonly<Record<string, TelemetrySignal | readonly TelemetrySignal[]>> = {
  spans: 'traces',
  ai_spans: 'traces',
  texts: ['traces', 'logs'],
  runs: 'traces',
  run_sums: 'traces',
  service_edges: 'traces',
  scores: 'traces',
  trace_summaries: 'traces',
  trace_starts: 'traces',
  errors: ['traces', 'logs'],
  error_days: ['traces', 'logs'],
  span_rollup_1m: 'traces',
  service_rollup_1m: 'traces',
  service_rollup_1h: 'traces',
  logs: 'logs',
  metric_points: 'metrics',
  metric_series: 'metrics',
};

export interface RetentionToEnforce {
  readonly policy: RetentionPolicy;
  readonly today: string;
  readonly changing: Changing;
}

interface Partition {
  readonly table: string;
  /** The day, as in `2026-11-21`. */
  readonly day: string;
  readonly bytes: number;
}

/**
 * Drops whole days: those older than the retention of their signal, then the oldest while the store is larger than its cap.
 * Today is never dropped. A dropped partition costs nothing, unlike rows deleted one by one.
 */
export async function enforceRetention(
  engine: ClickHouseEngine,
  { policy, today, changing }: RetentionToEnforce,
): Promise<{ readonly bytesLeft: number }> {
  const drop = async (partition: Partition): Promise<void> =>
    changing({ table: partition.table, days: [partition.day] }, async () => dropPartition(engine, partition));
  const kept: Partition[] = [];
  for (const partition of await readPartitions(engine)) {
    const signals = signalsOfTable[partition.table];
    const days =
      signals === undefined ? Infinity : Math.max(...[signals].flat().map((signal) => policy.days[signal]));
    if (days !== Infinity && partition.day < dayBefore(today, days)) await drop(partition);
    else kept.push(partition);
  }
  const capBytes = policy.capBytes ?? Infinity;
  const bytesLeft = await enforceCap({ partitions: kept, capBytes, today, drop });
  const oldest = dayBefore(today, Math.max(...Object.values(policy.days)));
  for (const table of ['attribute_keys', 'metric_names']) {
    const name = physicalName(table, engine.nodes);
    await engine.command(
      `DELETE FROM ${name} ${onCluster(engine.nodes)} WHERE last_seen < toDate('${oldest}')`,
    );
  }
  return { bytesLeft };
}

/** Resolves with the bytes that are left. */
async function enforceCap({
  partitions,
  capBytes,
  today,
  drop,
}: {
  readonly partitions: readonly Partition[];
  readonly capBytes: number;
  readonly today: string;
  readonly drop: (partition: Partition) => Promise<void>;
}): Promise<number> {
  let total = partitions.reduce((sum, { bytes }) => sum + bytes, 0);
  const oldestFirst = partitions
    .filter(({ table, day }) => signalsOfTable[table] !== undefined && day < today)
    .toSorted((a, b) => a.day.localeCompare(b.day));
  let dropping: string | undefined;
  for (const partition of oldestFirst) {
    // A day goes in all tables together: a list that shows traces whose spans are gone helps nobody.
    if (total <= capBytes && partition.day !== dropping) break;
    dropping = partition.day;
    await drop(partition);
    total -= partition.bytes;
  }
  return total;
}

async function dropPartition(engine: ClickHouseEngine, { table, day }: Partition): Promise<void> {
  const { nodes } = engine;
  await engine.command(
    `ALTER TABLE ${physicalName(table, nodes)} ${onCluster(nodes)} DROP PARTITION '${day}'`,
  );
}

async function readPartitions(engine: ClickHouseEngine): Promise<readonly Partition[]> {
  return ownRows<Partition>(
    engine,
    `SELECT replaceRegexpOne(table, '_local$', '') AS table, partition AS day, toFloat64(sum(bytes_on_disk)) AS bytes
      FROM ${partsTable(engine)} WHERE active AND database = currentDatabase() GROUP BY table, day`,
  );
}

/** `system.parts` of every node. */
export function partsTable(engine: ClickHouseEngine): string {
  return engine.nodes.kind === 'cluster'
    ? `cluster('${engine.nodes.cluster}', system.parts)`
    : 'system.parts';
}

function dayBefore(today: string, days: number): string {
  return new Date(Date.parse(`${today}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}
