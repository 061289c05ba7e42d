import { open } from 'node:fs/promises';
import { type SegmentFile, StoreError } from '../../telemetry-store.ts';
import {
  type ClickHouseEngine,
  type EngineSettings,
  type InsertBytesRequest,
  literal,
  settingsSql,
} from '../engine.ts';
import { deriveSegment } from './derive-segment.ts';
import { logsSelect } from './logs-sql.ts';
import { metricPointsSelect, metricPointsSettings } from './metric-points-sql.ts';
import { formatSchema, segmentStructure, textsStructure } from './otlp-format.ts';
import { insertSql } from './row-select.ts';
import { segmentCounts, type SegmentCount } from './segment-counts.ts';
import { spansSelect } from './spans-sql.ts';
import { textsSelect } from './texts-sql.ts';

const tables = {
  traces: { table: 'spans', select: spansSelect, settings: {} },
  logs: { table: 'logs', select: logsSelect, settings: {} },
  metrics: { table: 'metric_points', select: metricPointsSelect, settings: metricPointsSettings },
} as const;

/**
 * Puts a segment into its table, with everything views make of it, and into the ledger. Statements can be repeated: their
 * tokens keep every table and view from taking the same segment twice. Texts come first: a span that is seen has its texts.
 * Resolves with the number of items. `derive` gives the items their normal fields.
 */
export async function loadSegment(
  engine: ClickHouseEngine,
  segment: SegmentFile,
  derive = deriveSegment,
): Promise<number> {
  const bytes = await readWhole(segment);
  const [items] = await Promise.all([
    segment.signal === 'metrics' ? bytes : derive(segment.signal, bytes),
    loadTexts(engine, segment, bytes),
  ]);
  // Before the insert, so that the bytes of the segment need not be kept while it runs.
  const counts = segmentCounts(bytes);
  await engine.insertBytes(itemsInsert(segment, items));
  if (counts.length > 0) await engine.insert(ledgerInsert(segment, counts));
  return counts.reduce((sum, { reason, items: count }) => sum + (reason === '' ? count : 0), 0);
}

async function loadTexts(
  engine: ClickHouseEngine,
  { signal, texts, token }: SegmentFile,
  bytes: Uint8Array,
): Promise<void> {
  if (signal === 'metrics' || texts === 0) return;
  await engine.insertBytes({
    bytes,
    schema: { proto: formatSchema, message: 'Envelope' },
    structure: textsStructure(signal),
    insert: (source) => insertSql('texts', textsSelect(signal, source)),
    settings: loadSettings(`${token}:texts`),
  });
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

function itemsInsert({ signal, token }: SegmentFile, bytes: Uint8Array): InsertBytesRequest {
  const { table, select, settings } = tables[signal];
  return {
    bytes,
    schema: { proto: formatSchema, message: 'Envelope' },
    structure: segmentStructure(signal),
    insert: (source) => insertSql(table, select(source)),
    settings: { ...loadSettings(`${token}:items`), ...settings },
  };
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
