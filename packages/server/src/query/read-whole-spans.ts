/** Spans with everything they carry, from sixty columns of which most are empty in most spans. */
import type { Reader } from './reader.ts';
import { readAllTexts, restoreRow, withTexts } from './restore-texts.ts';
import {
  contextColumns,
  type FullSpanRow,
  moreSpanColumns,
  type MoreSpanRow,
  ownSpanColumns,
  type OwnSpanRow,
  slimSpanColumns,
  spanIdentityColumns,
  wholeAttributeColumns,
} from './sql/span-columns-sql.ts';
import { type Sql, sql } from './sql/sql.ts';

const ownColumns = sql`${slimSpanColumns}, ${wholeAttributeColumns}, ${contextColumns}, ${ownSpanColumns}`;

type IdentityRow = Pick<
  OwnSpanRow,
  'spanId' | 'startNanos' | 'durationNs' | 'kind' | 'receivedTime' | 'eventCount' | 'linkCount'
>;

/** `spans` is all that follows `FROM spans`. */
export async function readWholeSpans(reader: Reader, spans: Sql): Promise<FullSpanRow[]> {
  const rows = await reader.rows<FullSpanRow>(
    sql`SELECT ${ownColumns}, ${moreSpanColumns} FROM spans ${spans}`,
  );
  return withTexts(reader, rows);
}

/**
 * The same for a few spans: events and links are read by themselves, beside the texts, and only where there are any. To plan and read their twelve columns is a
 * fifth of reading a short trace.
 */
export async function readFewWholeSpans(reader: Reader, spans: Sql, where: Sql): Promise<FullSpanRow[]> {
  const rows = await reader.rows<OwnSpanRow>(sql`SELECT ${ownColumns} FROM spans ${spans}`);
  if (!rows.some(hasMore)) {
    const whole = await withTexts(reader, rows);
    return whole.map((row) => ({ ...row, ...nothingMore }));
  }
  const [texts, more] = await Promise.all([
    readAllTexts(reader, rows),
    reader.rows<IdentityRow & MoreSpanRow>(sql`
      SELECT ${spanIdentityColumns}, ${moreSpanColumns} FROM spans
      PREWHERE ${where} WHERE notEmpty(event_names) OR notEmpty(link_trace_ids)`),
  ]);
  const joined = joinMore(rows, more);
  return joined === undefined ? readWholeSpans(reader, spans) : joined.map((row) => restoreRow(row, texts));
}

/** Undefined where it cannot be told what belongs to which: of a span that was sent twice, or where rows came or went in between. */
function joinMore(
  rows: readonly OwnSpanRow[],
  more: readonly (IdentityRow & MoreSpanRow)[],
): FullSpanRow[] | undefined {
  const byIdentity = new Map(more.map((row) => [identityOf(row), row]));
  const wanted = new Set(rows.filter(hasMore).map(identityOf));
  if (byIdentity.size < more.length || wanted.size < rows.filter(hasMore).length) return undefined;
  if ([...wanted].some((identity) => !byIdentity.has(identity))) return undefined;
  return rows.map((row) => ({
    ...row,
    ...(hasMore(row) ? (byIdentity.get(identityOf(row)) ?? nothingMore) : nothingMore),
  }));
}

const hasMore = ({ eventCount, linkCount }: OwnSpanRow): boolean => eventCount !== '0' || linkCount !== '0';

const identityOf = (row: IdentityRow): string =>
  [
    row.spanId,
    row.startNanos,
    row.durationNs,
    row.kind,
    row.receivedTime,
    row.eventCount,
    row.linkCount,
  ].join(' ');

const nothingMore: MoreSpanRow = {
  eventTimes: [],
  eventNames: [],
  eventKeys: [],
  eventValues: [],
  eventTypes: [],
  eventDropped: [],
  linkTraceIds: [],
  linkSpanIds: [],
  linkStates: [],
  linkFlags: [],
  linkKeys: [],
  linkValues: [],
  linkTypes: [],
  linkDropped: [],
};
