import type { NodeLayout } from './engine.ts';

/**
 * How rows of a table are spread over shards. A trace stays together, so that its spans, its summary and its roll-ups can be merged
 * where they are; what is small and read whole goes by its own key.
 */
const shardingKeys: Readonly<Record<string, string>> = {
  spans: 'cityHash64(trace_id)',
  ai_spans: 'cityHash64(trace_id)',
  // Beside the spans that use it.
  texts: 'trace_hash',
  runs: 'cityHash64(trace_id)',
  // All kinds of the same five minutes together.
  run_sums: 'cityHash64(bucket)',
  // All lengths that begin at the same time together.
  service_edges: 'cityHash64(slot)',
  runs_progress: 'cityHash64(name)',
  // A later score of the same id must meet the one it replaces.
  scores: 'cityHash64(score_id)',
  trace_summaries: 'cityHash64(trace_id)',
  trace_starts: 'cityHash64(trace_id)',
  span_rollup_1m: 'cityHash64(service)',
  service_rollup_1m: 'cityHash64(service)',
  service_rollup_1h: 'cityHash64(service)',
  logs: "if(trace_id = unhex(repeat('00', 16)), log_id, cityHash64(trace_id))",
  metric_points: 'series_id',
  metric_series: 'series_id',
  metric_names: 'cityHash64(name)',
  attribute_keys: 'cityHash64(key)',
  ledger: 'cityHash64(project)',
  // Beside the spans that tell of them: what tells of one error again is found where it is.
  errors: 'cityHash64(trace_id)',
  error_days: 'fingerprint',
};

/** Every table of the store, as queries name them. */
export const tableNames: readonly string[] = Object.keys(shardingKeys);

/** Tables whose rows are a project's and mean something by themselves: all but what tells how far the store itself has come, and what is in a form of our own. */
export const projectTables: readonly string[] = tableNames.filter(
  (table) => table !== 'runs_progress' && table !== 'service_edges',
);

/** The table that holds the rows on one node. */
export function physicalName(table: string, nodes: NodeLayout): string {
  return nodes.kind === 'cluster' ? `${table}_local` : table;
}

export function onCluster(nodes: NodeLayout): string {
  return nodes.kind === 'cluster' && nodes.onCluster ? `ON CLUSTER \`${nodes.cluster}\`` : '';
}

/**
 * What is in a table survives a power cut: inserted parts are on disk before the insert is over, merged ones before they replace others. So the
 * replaced need not lie for the eight minutes that the engine keeps them in case what replaced them was never written.
 */
const durable =
  'fsync_after_insert = 1, fsync_part_directory = 1, min_compressed_bytes_to_fsync_after_merge = 1, old_parts_lifetime = 10';

/** Fills in the placeholders of a migration: `{{table}}`, `{{engine X}}`, `{{on cluster}}`, `{{database}}`, `{{durable}}`. */
export function renderMigration(text: string, nodes: NodeLayout, database: string): string {
  const prefix = nodes.kind === 'cluster' && nodes.replicated ? 'Replicated' : '';
  return text
    .replaceAll('{{on cluster}}', onCluster(nodes))
    .replaceAll('{{database}}', database)
    .replaceAll('{{durable}}', durable)
    .replaceAll(
      /\{\{engine (\w+)(\([^}]*\))?\}\}/g,
      (_, engine: string, options = '') => `${prefix}${engine}${options}`,
    )
    .replaceAll(/\{\{(\w+)\}\}/g, (_, table: string) => physicalName(table, nodes));
}

/**
 * The Distributed tables over the local ones. They hold nothing (inserts are synchronous), so they are made anew after
 * every change of the schema.
 */
export function distributedStatements(nodes: NodeLayout): readonly string[] {
  if (nodes.kind !== 'cluster') return [];
  return Object.entries(shardingKeys).map(
    ([table, key]) =>
      `CREATE OR REPLACE TABLE ${table} ${onCluster(nodes)} AS ${table}_local
       ENGINE = Distributed('${nodes.cluster}', currentDatabase(), '${table}_local', ${key})`,
  );
}
