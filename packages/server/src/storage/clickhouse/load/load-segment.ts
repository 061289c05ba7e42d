import { open } from 'node:fs/promises';
import { type SegmentFile, StoreError } from '../../telemetry-store.ts';
import {
  type ClickHouseEngine,
  type EngineSettings,
  type InsertBytesRequest,
  literal,
  settingsSql,
} from '../engine.ts';
import { storedTime } from './attribute-sql.ts';
import { metricPointsSelect, metricPointsSettings } from './metric-points-sql.ts';
import type { NativeBlock } from './native-columns.ts';
import { formatSchema, segmentStructure } from './otlp-format.ts';
import { insertSql } from './row-select.ts';
import { mayHoldScores, scoresInsert } from './scores-sql.ts';
import { segmentColumns } from './segment-columns.ts';
import { stepsInsert } from './steps-sql.ts';
import { segmentCounts, type SegmentCount } from './segment-counts.ts';

/**
 * Puts a segment into its table, with everything views make of it, and into the ledger. Statements can be repeated: their
 * tokens keep every table and view from taking the same segment twice. Texts and steps come first: a span that is seen has its texts and its price.
 * Resolves with the number of items. `read` gives the columns of traces and logs.
 */
export async function loadSegment(
  engine: ClickHouseEngine,
  segment: SegmentFile,
  read = segmentColumns,
): Promise<number> {
  const { counts, inserts } = await readInserts(segment, engine.database, read);
  for (const insert of inserts) await engine.insertBytes(insert);
  if (counts.length > 0) await engine.insert(ledgerInsert(segment, counts));
  return counts.reduce((sum, { reason, items: count }) => sum + (reason === '' ? count : 0), 0);
}

interface SegmentInserts {
  readonly counts: readonly SegmentCount[];
  readonly inserts: readonly InsertBytesRequest[];
}

/** Apart from the inserts, so that the bytes of the segment and what was made of them are not kept while these run. */
async function readInserts(
  segment: SegmentFile,
  database: string,
  read: typeof segmentColumns,
): Promise<SegmentInserts> {
  const bytes = await readWhole(segment);
  const { signal, token } = segment;
  const counts = segmentCounts(bytes);
  if (signal === 'metrics') return { counts, inserts: [metricsInsert(token, bytes)] };
  const { items, texts, errors, steps } = await read(signal, bytes).catch((cause: unknown) => {
    // Of the same bytes it will fail again: the item that does it is looked for and set aside, and the others are stored.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError('refused', `A segment cannot be read: ${reason}`, { cause });
  });
  const inserts: InsertBytesRequest[] = [];
  const insert = (
    block: NativeBlock,
    name: string,
    statement: (source: string) => string,
    more: EngineSettings = {},
  ): void => {
    inserts.push(blockInsert(block, statement, { ...loadSettings(`${token}:${name}`), ...more }));
  };
  if (texts.rows > 0) insert(texts, 'texts', textsInsert, plainSelect);
  if (steps.rows > 0) insert(steps, 'steps', stepsInsert(database));
  insert(items, 'items', itemsInsert(tables[signal], items.names), plainSelect);
  if (errors.rows > 0) insert(errors, 'errors', itemsInsert('errors', errors.names), plainSelect);
  if (mayHoldScores(signal, items)) insert(items, 'scores', scoresInsert[signal]);
  return { counts, inserts };
}

const tables = { traces: 'spans', logs: 'logs' } as const;

/** What copies columns, and the views behind it, need nothing of the newer analyser: a seventh of the load is saved. */
const plainSelect: EngineSettings = { enable_analyzer: 0 };

/** The engine stamps the rows: on a server, our clock need not be that of the engine. */
const itemsInsert = (table: string, names: readonly string[]) => (source: string) =>
  `INSERT INTO ${table} (${names.join(', ')}, stored_time) SELECT *, ${storedTime} FROM ${source}`;

const textsInsert = (source: string): string =>
  `INSERT INTO texts (project, id, body, first_time, last_time, trace_hash)
    SELECT project, id, body, first_time, last_time, cityHash64(trace_id) FROM ${source}`;

function blockInsert(
  { parts, structure }: NativeBlock,
  insert: (source: string) => string,
  settings: EngineSettings,
): InsertBytesRequest {
  return { bytes: [...parts], format: { name: 'Native' }, structure, insert, settings };
}

function metricsInsert(token: string, bytes: Uint8Array): InsertBytesRequest {
  return {
    bytes: [bytes],
    format: { name: 'Protobuf', proto: formatSchema, message: 'Envelope' },
    structure: segmentStructure,
    insert: (source) => insertSql('metric_points', metricPointsSelect(source)),
    settings: { ...loadSettings(`${token}:items`), ...metricPointsSettings },
  };
}

/** In one call: readFile returns to the loop, which is busy with what comes in, after each half of a megabyte. */
async function readWhole({ path, byteLength, bytes: read }: SegmentFile): Promise<Buffer> {
  if (read !== undefined) return Buffer.from(read.buffer, read.byteOffset, read.byteLength);
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  try {
    await using file = await open(path);
    const { bytesRead } = await file.read(bytes, 0, byteLength, 0);
    if (bytesRead !== byteLength) throw new Error(`it has ${bytesRead} of its ${byteLength} bytes`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError('unavailable', `A segment cannot be read: ${reason}.`, { cause });
  }
  return bytes;
}

/** A row with an empty reason for what was accepted, one per reason for what was not. */
function ledgerInsert({ signal, token }: SegmentFile, counts: readonly SegmentCount[]): string {
  const rows = counts.map(({ project, minute, reason, items }) => {
    const [accepted, rejected] = reason === '' ? [items, 0] : [0, items];
    return `(${literal(project)}, '${signal}', ${minute}, ${literal(reason)}, ${accepted}, ${rejected})`;
  });
  return `INSERT INTO ledger (project, signal, minute, reason, accepted, rejected)
    SETTINGS ${settingsSql(loadSettings(`${token}:ledger`))} VALUES ${rows.join(', ')}`;
}

function loadSettings(token: string): EngineSettings {
  return {
    insert_deduplicate: 1,
    insert_deduplication_token: token,
    deduplicate_blocks_in_dependent_materialized_views: 1,
    // The whole segment is one block: nothing is written before all of it was understood, and its token is one.
    max_insert_threads: 1,
    max_threads: 1,
    min_insert_block_size_rows: 1_000_000_000,
    min_insert_block_size_bytes: 0,
    // Saves 80 of 230 ms of planning, and there is nothing to optimise in this statement.
    query_plan_enable_optimizations: 0,
    // Old data that is imported may span as many days as the retention has.
    max_partitions_per_insert_block: 0,
    // On a cluster, done means done on every shard.
    distributed_foreground_insert: 1,
    // Segments are as large as the journal made them; how much memory loading may take is the engine's own limit.
    max_memory_usage: 0,
    max_execution_time: 0,
  };
}
