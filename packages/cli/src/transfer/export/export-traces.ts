import { z } from 'zod';
import { tracesResponse } from '@sightline/schema/api';
import { readPages } from '../../commands/search.ts';
import { keyValuesOfColumns } from './any-value.ts';
import type { ExportedPage, ExportRange } from './exported-page.ts';
import { groupItems } from './group-items.ts';
import { withTexts } from './with-texts.ts';
import { nanosOf, originColumns, originOf, originRow, readRows, sqlText, texts } from './stored-rows.ts';

const tracesPerPage = 100;
const spansPerPage = 2000;

/** Whole traces, newest first: the filter finds traces, and every span of a trace found is exported. */
export async function* exportTraces(range: ExportRange): AsyncGenerator<ExportedPage> {
  const { client, abort, from, to, q } = range;
  const pages = readPages(Number.POSITIVE_INFINITY, { signal: abort }, async ({ cursor }) => {
    const response = await client.get(
      'traces',
      { from, to, q, cursor, limit: tracesPerPage },
      tracesResponse,
    );
    range.onLimits(response.limitsMet);
    return { items: response.traces, nextCursor: response.nextCursor };
  });
  for await (const page of pages)
    yield* exportSpans(
      range,
      page.map(({ traceId }) => traceId),
    );
}

/** Continues after the last span of the page before: an order that spans arriving meanwhile cannot upset. */
export async function* exportSpans(
  { client }: Pick<ExportRange, 'client'>,
  traceIds: readonly string[],
): AsyncGenerator<ExportedPage> {
  const ids = traceIds.map((id) => `unhex(${sqlText(id)})`).join(', ');
  let after = '';
  for (;;) {
    const query = `SELECT ${spanColumns} FROM spans WHERE trace_id IN (${ids})${after}
      ORDER BY trace_id, start_time, span_id LIMIT ${spansPerPage}`;
    const rows = await withTexts(client, await readRows(client, query, spanRow, spansPerPage));
    if (rows.length > 0)
      yield {
        count: rows.length,
        request: groupItems(
          'traces',
          rows.map((row) => ({ origin: originOf(row), item: spanOf(row) })),
        ),
      };
    const last = rows.at(-1);
    if (last === undefined || rows.length < spansPerPage) return;
    after = ` AND (trace_id, start_time, span_id) >
      (toFixedString(unhex(${sqlText(last.traceId)}), 16), fromUnixTimestamp64Nano(toInt64(${sqlText(last.startNanos)}), 'UTC'), toFixedString(unhex(${sqlText(last.spanId)}), 8))`;
  }
}

const spanColumns = `
  lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, lower(hex(parent_span_id)) AS parentId,
  trace_state AS traceState, flags AS spanFlags, name AS spanName, kind AS spanKind,
  ${nanosOf('start_time')} AS startNanos, toString(toUnixTimestamp64Nano(start_time) + duration_ns) AS endNanos,
  status_code AS statusCode, status_message AS statusMessage,
  mapKeys(attributes) AS attributeKeys, attribute_types AS attributeTypes,
  arrayMap((k, v) -> if(v = '', long_attributes[k], v), mapKeys(attributes), mapValues(attributes)) AS attributeTexts,
  arrayMap(id -> lower(hex(id)), text_ids) AS textIds,
  arrayMap(t -> ${nanosOf('t')}, event_times) AS eventNanos, event_names AS eventNames, event_types AS eventTypes,
  arrayMap(m -> mapKeys(m), event_attributes) AS eventKeys, arrayMap(m -> mapValues(m), event_attributes) AS eventTexts,
  event_dropped AS eventDropped,
  arrayMap(i -> lower(hex(i)), link_trace_ids) AS linkTraceIds, arrayMap(i -> lower(hex(i)), link_span_ids) AS linkSpanIds,
  link_trace_states AS linkStates, link_flags AS linkFlags, link_types AS linkTypes,
  arrayMap(m -> mapKeys(m), link_attributes) AS linkKeys, arrayMap(m -> mapValues(m), link_attributes) AS linkTexts,
  link_dropped AS linkDropped, dropped_attributes AS droppedAttributes, dropped_events AS droppedEvents,
  dropped_links AS droppedLinks, ${originColumns}`;

const numbers = z.array(z.number());
const spanRow = originRow.extend({
  traceId: z.string(),
  spanId: z.string(),
  parentId: z.string(),
  traceState: z.string(),
  spanFlags: z.number(),
  spanName: z.string(),
  spanKind: z.number(),
  startNanos: z.string(),
  endNanos: z.string(),
  statusCode: z.number(),
  statusMessage: z.string(),
  attributeKeys: texts,
  attributeTexts: texts,
  attributeTypes: z.string(),
  textIds: texts,
  eventNanos: texts,
  eventNames: texts,
  eventTypes: texts,
  eventKeys: z.array(texts),
  eventTexts: z.array(texts),
  eventDropped: numbers,
  linkTraceIds: texts,
  linkSpanIds: texts,
  linkStates: texts,
  linkFlags: numbers,
  linkTypes: texts,
  linkKeys: z.array(texts),
  linkTexts: z.array(texts),
  linkDropped: numbers,
  droppedAttributes: z.number(),
  droppedEvents: z.number(),
  droppedLinks: z.number(),
});

function spanOf(row: z.infer<typeof spanRow>) {
  return {
    traceId: row.traceId,
    spanId: row.spanId,
    ...(/^0*$/.test(row.parentId) ? {} : { parentSpanId: row.parentId }),
    traceState: row.traceState,
    flags: row.spanFlags,
    name: row.spanName,
    kind: row.spanKind,
    startTimeUnixNano: row.startNanos,
    endTimeUnixNano: row.endNanos,
    attributes: keyValuesOfColumns(row.attributeKeys, row.attributeTexts, row.attributeTypes),
    droppedAttributesCount: row.droppedAttributes,
    events: row.eventNames.map((name, i) => ({
      name,
      timeUnixNano: row.eventNanos[i] ?? '0',
      attributes: keyValuesOfColumns(
        row.eventKeys[i] ?? [],
        row.eventTexts[i] ?? [],
        row.eventTypes[i] ?? '',
      ),
      droppedAttributesCount: row.eventDropped[i] ?? 0,
    })),
    droppedEventsCount: row.droppedEvents,
    links: row.linkTraceIds.map((traceId, i) => ({
      traceId,
      spanId: row.linkSpanIds[i] ?? '',
      traceState: row.linkStates[i] ?? '',
      flags: row.linkFlags[i] ?? 0,
      attributes: keyValuesOfColumns(row.linkKeys[i] ?? [], row.linkTexts[i] ?? [], row.linkTypes[i] ?? ''),
      droppedAttributesCount: row.linkDropped[i] ?? 0,
    })),
    droppedLinksCount: row.droppedLinks,
    status: { code: row.statusCode, message: row.statusMessage },
  };
}
