import type { QueryShare } from '../query-share.ts';
import { defaultQueryLimits, type QueryLimits } from '../telemetry-store.ts';
import { type ClickHouseEngine, type EngineSettings, literal } from './engine.ts';
import { physicalName, projectTables } from './table-names.ts';

/** Always the same names: a session of the embedded engine keeps what was set before. */
export function limitSettings(limits: QueryLimits): EngineSettings {
  return {
    max_execution_time: limits.timeMsMax / 1000,
    timeout_overflow_mode: 'throw',
    max_rows_to_read: limits.rowsReadMax,
    read_overflow_mode: 'throw',
    max_memory_usage: limits.memoryBytesMax,
    // One more than is returned, to know that there was more.
    limit: limits.resultRowsMax + 1,
    max_result_bytes: limits.resultBytesMax,
    result_overflow_mode: 'throw',
    output_format_json_quote_64bit_integers: 1,
    output_format_json_quote_denormals: 1,
    // Reading in order stops when LIMIT is met, but for buffers that read far ahead in every part: 6 million rows instead of 0.4 for
    // the newest 50 of 10 million.
    read_in_order_use_buffering: 0,
    // Lists and pages of one thing are read near each other in time, from columns that lie in blocks of 64 KB: to decompress sixty of them is half of
    // reading a trace. Statements over a million rows pass the cache by.
    use_uncompressed_cache: 1,
    // A chain of 400 operators, as typed-sql may print it, is five levels each. The engine watches its stack besides.
    max_parser_depth: 4000,
    // Set for what somebody typed, see onlyOfProject.
    additional_table_filters: '{}',
    // On a cluster, IN over a Distributed table means all of its rows.
    distributed_product_mode: 'global',
  };
}

/** Whatever a statement reads, it reads the project's rows. The engine applies it below subqueries, joins and views, and to the sort key. */
export function onlyOfProject(
  { database, nodes }: Pick<ClickHouseEngine, 'database' | 'nodes'>,
  project: string,
): EngineSettings {
  const filter = literal(`project = ${literal(project)}`);
  const names = new Set(projectTables.flatMap((table) => [table, physicalName(table, nodes)]));
  const filters = [...names].map((table) => `${literal(`${database}.${table}`)}: ${filter}`);
  return { additional_table_filters: `{${filters.join(', ')}}` };
}

/**
 * What somebody typed leaves cores to pages: the two that run at a time have half of them, where there are four, and stop for up to a second at each block while
 * something else is asked. Their blocks are small, so that they come to that soon, and their threads are nice where the machine lets a process be. What runs in the
 * background neither stops nor is waited for.
 */
export function shareSettings(
  share: QueryShare,
  { threads }: Pick<ClickHouseEngine, 'threads'>,
): EngineSettings {
  const isTyped = share === 'sql';
  const blockRows = isTyped ? typedBlockRows : blockRowsDefault;
  return {
    max_threads: isTyped ? Math.max(1, Math.floor(threads / 4)) : allThreads,
    priority: priorities[share],
    max_block_size: blockRows,
    max_joined_block_size_rows: blockRows,
    os_threads_nice_value_query: isTyped ? typedNice : 0,
  };
}

/** The engine's own. */
const blockRowsDefault = 65_409;
/** A regular expression over the longest texts takes a second for a block of the engine's size. */
const typedBlockRows = 8_192;
const typedNice = 10;

/** The engine's: 1 goes first, 0 stands aside. */
const priorities: Readonly<Record<QueryShare, number>> = {
  watch: 1,
  alerts: 1,
  page: 1,
  search: 1,
  sql: 2,
  background: 0,
};

/** As many as the engine's machine has cores. */
const allThreads = 0;

/** For the store's own short reads. */
export const ownSettings = { ...limitSettings(defaultQueryLimits), max_threads: allThreads, priority: 0 };
