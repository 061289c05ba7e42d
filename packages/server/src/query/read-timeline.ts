/**
 * Everything of one request across services, in order. A request is known by a correlation id or by a trace id; the spans
 * and logs that carry the id name traces, and all spans and logs of those traces belong to it too.
 */
import type { TimelineEntry, TimelineParameters, TimelineResponse } from '@sightline/schema/api';
import { formatNanos } from '@sightline/base';
import { idOrNull } from './decode-row.ts';
import { listValueCharactersMax } from './query-bounds.ts';
import { type QueryContext, Reader } from './reader.ts';
import { isHex } from './read-trace.ts';
import { withTexts } from './restore-texts.ts';
import { logColumns } from './sql/log-columns-sql.ts';
import { inRange } from './sql/range-sql.ts';
import { cutAttributeColumns, textIdColumns } from './sql/span-columns-sql.ts';
import { every, joinSql, type Sql, sql, string, uint } from './sql/sql.ts';
import { tracesByHex } from './sql/trace-summary-sql.ts';
import { readListRange, type TimeRange } from './time-range.ts';
import {
  exemplarEntry,
  type ExemplarRow,
  logEntry,
  spanEntries,
  type TimedEntry,
  type TimelineLogRow,
  type TimelineSpanRow,
} from './timeline-entries.ts';

const tracesMax = 200;

export async function readTimeline(
  context: QueryContext,
  { correlationId, limit, ...parameters }: TimelineParameters & { readonly correlationId: string },
): Promise<TimelineResponse> {
  const range = readListRange(parameters, context.clock);
  const reader = new Reader(context);
  const traceIds = await findTraceIds(reader, correlationId, range);
  const of = (columns: Sql): Sql => sql`(${columns} OR trace_id IN (${tracesByHex(traceIds)}))`;
  const own = sql`correlation_id = ${string(correlationId)}`;
  const [stored, storedLogs, exemplars] = await Promise.all([
    reader.rows<TimelineSpanRow>(sql`
      SELECT toUnixTimestamp64Nano(start_time) AS timeNanos, name, service, duration_ns AS durationNs, status_code AS statusCode,
        lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, lower(hex(parent_span_id)) AS parentId,
        ${cutAttributeColumns}, ${textIdColumns}, toUnixTimestamp64Nano(start_time) AS startNanos, arrayMap(t -> toUnixTimestamp64Nano(t), event_times) AS eventNanos, event_names AS eventNames,
        arrayMap(m -> mapKeys(m), event_attributes) AS eventKeys, arrayMap(m -> mapValues(m), event_attributes) AS eventValues,
        event_types AS eventTypes
      FROM spans WHERE ${every([inRange(context.project, 'spans', range), of(own)])}
      ORDER BY start_time LIMIT ${uint(limit + 1)}`),
    reader.rows<TimelineLogRow>(sql`
      SELECT ${logColumns}, ${cutAttributeColumns}
      FROM logs WHERE ${every([inRange(context.project, 'logs', range), of(own)])} ORDER BY time LIMIT ${uint(limit + 1)}`),
    traceIds.length === 0 ? [] : reader.rows<ExemplarRow>(selectExemplars(context.project, range, traceIds)),
  ]);
  const [spans, logs] = await Promise.all([
    withTexts(reader, stored, listValueCharactersMax),
    withTexts(reader, storedLogs, listValueCharactersMax),
  ]);
  const all = [
    ...spans.flatMap(spanEntries),
    ...logs.map(logEntry),
    ...exemplars.slice(0, exemplarsMax).map(exemplarEntry),
  ].sort(inOrder);
  if (all.length > limit)
    reader.meet({ limit: 'rows', message: `The first ${limit} entries are shown, there are more.` });
  if (exemplars.length > exemplarsMax)
    reader.meet({
      limit: 'points',
      message: `The first ${exemplarsMax} metric points are shown, there are more.`,
    });
  const entries = all.slice(0, limit);
  return {
    correlationId,
    traceIds,
    services: [...new Set(entries.map(({ entry }) => entry.service))].filter((service) => service !== ''),
    startTime: entries[0] === undefined ? null : formatNanos(entries[0].nanos),
    durationMs: durationMs(entries),
    entries: entries.map(({ entry }): TimelineEntry => entry),
    ...reader.limitsMet,
  };
}

async function findTraceIds(reader: Reader, id: string, range: TimeRange): Promise<string[]> {
  const carries = sql`correlation_id = ${string(id)}`;
  const ids = joinSql(
    [
      sql`SELECT trace_id FROM spans WHERE ${every([inRange(reader.project, 'spans', range), carries])}`,
      sql`SELECT trace_id FROM logs WHERE ${every([inRange(reader.project, 'logs', range), carries])}`,
    ],
    ' UNION ALL ',
  );
  const rows = await reader.rows<{ traceId: string }>(sql`
    SELECT DISTINCT lower(hex(trace_id)) AS traceId FROM (${ids}) ORDER BY traceId LIMIT ${uint(tracesMax + 1)}`);
  if (rows.length > tracesMax)
    reader.meet({ limit: 'rows', message: `The first ${tracesMax} traces are shown.` });
  const found = rows.slice(0, tracesMax).map(({ traceId }) => traceId);
  const own = id.toLowerCase();
  const all = isHex(own, 32) ? [own, ...found] : found;
  return [...new Set(all)].filter((traceId) => idOrNull(traceId) !== null);
}

const exemplarsMax = 500;

/** Metric points that name one of the traces. Metrics are many, so only points of the range and few of them. */
function selectExemplars(project: string, range: TimeRange, traceIds: readonly string[]): Sql {
  return sql`
    SELECT toUnixTimestamp64Nano(exemplar_time) AS timeNanos, name, unit, service, exemplar_value AS value,
      lower(hex(exemplar_trace)) AS traceId, lower(hex(exemplar_span)) AS spanId
    FROM metric_points ARRAY JOIN exemplar_times AS exemplar_time, exemplar_values AS exemplar_value,
      exemplar_trace_ids AS exemplar_trace, exemplar_span_ids AS exemplar_span
    WHERE ${inRange(project, 'metrics', range)} AND notEmpty(exemplar_trace_ids)
      AND exemplar_trace IN (${tracesByHex(traceIds)})
    ORDER BY exemplar_time LIMIT ${uint(exemplarsMax + 1)}`;
}

function inOrder(a: TimedEntry, b: TimedEntry): number {
  if (a.nanos !== b.nanos) return a.nanos < b.nanos ? -1 : 1;
  // A span that begins with its child encloses it.
  return a.rank - b.rank || (a.endNanos > b.endNanos ? -1 : 1);
}

function durationMs(entries: readonly TimedEntry[]): number {
  const [first] = entries;
  if (first === undefined) return 0;
  const end = entries.reduce((latest, { endNanos }) => (endNanos > latest ? endNanos : latest), first.nanos);
  return Number(end - first.nanos) / 1e6;
}
