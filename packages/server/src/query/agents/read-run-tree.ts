import { unixNano } from '@sightline/base';
import { statusCode } from '@sightline/schema/api';
import { decodeCost, decodeOperation } from '../decode-span.ts';
import { decodeCount, decodeWord } from '../decode-row.ts';
import {
  meetSpanLimit,
  normalTraceId,
  readTraceExtent,
  spansOfTrace,
  type TraceExtent,
} from '../read-trace.ts';
import type { Reader } from '../reader.ts';
import { aiSpansWithin } from '../sql/run-rows-sql.ts';
import { type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { countedIds, knownCost } from '../sql/usage-sql.ts';
import { buildRunTree, type RunSpan, type RunTree } from './run-tree.ts';

/** Spans of one run that its views are made of. */
export const runSpansMax = 50_000;

type Cell = string | number | null;

/** By columns: 2,000 rows of 20 named cells take the engine and the parser several times as long. */
const spanColumns = [
  'lower(hex(span_id))',
  'lower(hex(parent_span_id))',
  'toString(name)',
  'toString(service)',
  'toString(operation)',
  'toUnixTimestamp64Nano(start_time)',
  'toString(duration_ns)',
  'toUnixTimestamp64Nano(received_time)',
  'status_code',
  'leftUTF8(status_message, 1000)',
  'toString(agent_name)',
  'toString(tool_name)',
  'toString(provider)',
  'toString(model)',
  'ttft_ms',
  'toFloat64(input_tokens)',
  'toFloat64(output_tokens)',
  'toFloat64(cache_read_tokens)',
  'toFloat64(cache_write_tokens)',
  'toFloat64(reasoning_tokens)',
] as const;

interface CostColumns {
  readonly counted: readonly string[];
  readonly spanIds: readonly string[];
  readonly costs: readonly (number | null)[];
  readonly reported: readonly (number | null)[];
  readonly versions: readonly string[];
}

export interface StoredRun {
  readonly tree: RunTree;
  readonly extent: TraceExtent;
}

/** Throws `trace_not_found`. A trace without a step of an agent is a tree without steps. */
export async function readRunTree(reader: Reader, traceId: string): Promise<StoredRun> {
  const id = normalTraceId(traceId);
  const extent = await readTraceExtent(reader, id);
  const columns = spanColumns.map((column) => `groupArray(tuple(${column})).1`).join(', ');
  const [[spans], [costs]] = await Promise.all([
    reader.rows<{ columns: readonly (readonly Cell[])[] }>(sql`
      SELECT tuple(${trusted(columns)}) AS columns FROM (
        SELECT * FROM spans WHERE ${spansOfTrace(reader.project, id, extent)}
        ORDER BY start_time, duration_ns DESC, span_id LIMIT ${uint(runSpansMax)})`),
    reader.rows<CostColumns>(sql`
      SELECT arrayMap(id -> lower(hex(id)), ${trusted(countedIds)}) AS counted, groupArray(lower(hex(span_id))) AS spanIds,
        groupArray(tuple(${trusted(knownCost)})).1 AS costs, groupArray(tuple(reported_cost_usd)).1 AS reported,
        groupArray(toString(price_version)) AS versions
      FROM ai_spans WHERE ${costsOf(reader, id, extent)}`),
  ]);
  const rows = decodeColumns(spans?.columns ?? [], costs);
  if (extent.spanCount > rows.length) meetSpanLimit(reader, rows.length, extent.spanCount);
  return { tree: buildRunTree(id, rows), extent };
}

function costsOf(reader: Reader, traceId: string, { start, end }: TraceExtent): Sql {
  const window = { from: unixNano(BigInt(start)), to: unixNano(BigInt(end) + 1n) };
  return sql`${aiSpansWithin({ project: reader.project, window })} AND trace_id = unhex(${string(traceId)})`;
}

function decodeColumns(columns: readonly (readonly Cell[])[], costs: CostColumns | undefined): RunSpan[] {
  const places = new Map((costs?.spanIds ?? []).map((spanId, index) => [spanId, index]));
  const counted = new Set(costs?.counted);
  const text = (column: number, row: number): string => String(columns[column]?.[row] ?? '');
  const count = (column: number, row: number): number | null => decodeCount(columns[column]?.[row] ?? null);
  return (columns[0] ?? []).map((_, row): RunSpan => {
    const spanId = text(0, row);
    const place = places.get(spanId) ?? -1;
    const startNanos = BigInt(text(5, row));
    return {
      spanId,
      parentId: text(1, row),
      name: text(2, row),
      service: text(3, row),
      operation: decodeOperation(text(4, row)),
      startNanos,
      endNanos: startNanos + BigInt(text(6, row)),
      receivedNanos: BigInt(text(7, row)),
      status: decodeWord(statusCode.options, Number(text(8, row))),
      statusMessage: text(9, row),
      ownAgent: text(10, row),
      tool: text(11, row),
      provider: text(12, row),
      model: text(13, row),
      ttftMs: count(14, row),
      inputTokens: count(15, row),
      outputTokens: count(16, row),
      cacheReadTokens: count(17, row),
      cacheWriteTokens: count(18, row),
      reasoningTokens: count(19, row),
      costUsd: decodeCost(costs?.costs[place] ?? null),
      reportedCostUsd: decodeCost(costs?.reported[place] ?? null),
      priceVersion: costs?.versions[place] ?? '',
      // A span that was sent twice counts once.
      isCounted: counted.delete(spanId),
    };
  });
}
