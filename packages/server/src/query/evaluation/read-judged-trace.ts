import type { LogRecord, OperationKind, Span } from '@sightline/schema/api';
import type { MessageLog } from '@sightline/schema/conventions';
import { decodeCount, decodeValue } from '../decode-row.ts';
import { decodeCost, decodeOperation, ownAttributes } from '../decode-span.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { readTrace, readTraceExtent } from '../read-trace.ts';
import { type TextsRow, withTexts } from '../restore-texts.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { type AttributeRow, textIdColumns, wholeAttributeColumns } from '../sql/span-columns-sql.ts';
import { sql, string, trusted, uint } from '../sql/sql.ts';
import { endNanos, isUncountable, knownCost } from '../sql/usage-sql.ts';
import { unixNano } from '@sightline/base';

export interface JudgedTrace {
  readonly spans: readonly Span[];
  /** Log records that carry messages, by span id. */
  readonly logs: ReadonlyMap<string, readonly MessageLog[]>;
  readonly costs: readonly {
    readonly spanId: string;
    readonly parentSpanId: string | null;
    readonly operation: OperationKind;
    readonly responseId: string;
    readonly inputTokens: number | null;
    readonly outputTokens: number | null;
    readonly costUsd: number | null;
    readonly isUncountable: boolean;
    readonly model: string;
    readonly service: string;
    readonly scope: string;
    readonly startNanos: bigint;
    readonly endNanos: bigint;
  }[];
}

const spansMax = 2_000;
const logsMax = 1_000;

/** Everything that an evaluator may look at. Throws `trace_not_found`. */
export async function readJudgedTrace(context: QueryContext, traceId: string): Promise<JudgedTrace> {
  const reader = new Reader(context);
  const extent = await readTraceExtent(reader, traceId);
  const range = { from: unixNano(BigInt(extent.start)), to: unixNano(BigInt(extent.end) + 1_000_000_000n) };
  const ofTrace = sql`project = ${string(context.project)} AND ${inBuckets(range)} AND trace_id = unhex(${string(traceId)})`;
  const [{ spans }, logs, costs] = await Promise.all([
    readTrace(context, { traceId, limit: spansMax }),
    reader.rows<
      AttributeRow & TextsRow & { spanId: string; eventName: string; body: string; bodyType: string }
    >(sql`
      SELECT lower(hex(span_id)) AS spanId, event_name AS eventName, body, body_type AS bodyType, toUnixTimestamp64Nano(time) AS startNanos, ${textIdColumns}, ${wholeAttributeColumns}
      FROM logs WHERE ${ofTrace} AND (startsWith(event_name, 'gen_ai.') OR startsWith(attributes['event.name'], 'gen_ai.'))
      ORDER BY time, log_id LIMIT ${uint(logsMax)}`),
    reader.rows<{
      spanId: string;
      parentId: string;
      operation: string;
      responseId: string;
      inputTokens: string | null;
      outputTokens: string | null;
      costUsd: number | null;
      isUncountable: number;
      model: string;
      service: string;
      scope: string;
      startNanos: string;
      endNanos: string;
    }>(sql`
      SELECT lower(hex(span_id)) AS spanId, lower(hex(parent_span_id)) AS parentId, operation, response_id AS responseId,
        input_tokens AS inputTokens, output_tokens AS outputTokens, ${trusted(knownCost)} AS costUsd, ${trusted(isUncountable)} AS isUncountable,
        model, service, scope_name AS scope, toString(toUnixTimestamp64Nano(start_time)) AS startNanos, toString(${trusted(endNanos)}) AS endNanos
      FROM ai_spans WHERE ${ofTrace} LIMIT 20000`),
  ]);
  return {
    spans,
    logs: groupBySpan(await withTexts(reader, logs)),
    costs: costs.map(({ parentId, ...row }) => ({
      ...row,
      parentSpanId: /^0*$/.test(parentId) ? null : parentId,
      operation: decodeOperation(row.operation),
      inputTokens: decodeCount(row.inputTokens),
      outputTokens: decodeCount(row.outputTokens),
      costUsd: decodeCost(row.costUsd),
      isUncountable: Boolean(row.isUncountable),
      startNanos: BigInt(row.startNanos),
      endNanos: BigInt(row.endNanos),
    })),
  };
}

function groupBySpan(
  rows: readonly (AttributeRow & { spanId: string; eventName: string; body: string; bodyType: string })[],
): ReadonlyMap<string, readonly MessageLog[]> {
  const bySpan = new Map<string, MessageLog[]>();
  for (const row of rows) {
    const attributes: LogRecord['attributes'] = ownAttributes(row);
    const given = attributes['event.name'];
    const eventName = row.eventName === '' && typeof given === 'string' ? given : row.eventName;
    const log = { eventName, body: decodeValue(row.body, row.bodyType), attributes };
    const known = bySpan.get(row.spanId);
    if (known === undefined) bySpan.set(row.spanId, [log]);
    else known.push(log);
  }
  return bySpan;
}
