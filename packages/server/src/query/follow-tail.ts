/**
 * New items as they become visible. The store is asked again and again for what was received since a little before the
 * last look: items become visible some time after they were received, and not in order. What was seen is remembered
 * for as long as it can come up again.
 */
import type { FoundSpan, LogRecord, TailParameters } from '@sightline/schema/api';
import { type UnixNano, unixNano } from '@sightline/base';
import type { BoundFilter } from '@sightline/schema/filter';
import { decodeFoundSpan } from './decode-span.ts';
import { decodeLog } from './decode-log.ts';
import { compileFilter } from './filter/compile-filter.ts';
import { readQ } from './filter/read-condition.ts';
import { clockSkewNanosMax, listValueCharactersMax } from './query-bounds.ts';
import { type CallCosts, readCostsOf } from './read-call-costs.ts';
import { type QueryContext, Reader } from './reader.ts';
import { readTexts, restoreRow, type TextsRow } from './restore-texts.ts';
import { logColumns, type LogRow } from './sql/log-columns-sql.ts';
import { inRange } from './sql/range-sql.ts';
import {
  type AttributeRow,
  contextColumns,
  cutAttributeColumns,
  slimSpanColumns,
  type SlimSpanRow,
  textIdColumns,
  wholeAttributeColumns,
} from './sql/span-columns-sql.ts';
import { every, moment, type Parameter, type Sql, sql, uint } from './sql/sql.ts';

export type TailItem =
  | { readonly event: 'span'; readonly data: FoundSpan }
  | { readonly event: 'log'; readonly data: LogRecord };

export interface TailBatch {
  /** Oldest first. */
  readonly items: readonly TailItem[];
  /** Items that arrived as well and were left out, because there were too many. */
  readonly skipped: number;
  /** A tail that goes on after this one shows what was received later. */
  readonly end: UnixNano;
}

/** Items shown per look, the newest. */
const itemsMax = 200;
/** Items told apart per look; where more arrive they are only counted. */
const keysMax = 20_000;
/** How much later than it was received an item may become visible. */
const overlapNanos = 10_000_000_000n;
/** How old an item may be when it arrives: older ones are not looked for. */
const ageNanosMax = 3_600_000_000_000n;
const lookTimeMsMax = 5000;

interface KeyRow {
  readonly key: string;
  readonly receivedNanos: string;
}

export class TailFollower {
  readonly #context: QueryContext;
  readonly #signal: TailParameters['signal'];
  readonly #filter: BoundFilter;
  /** Nothing received up to here is shown. */
  #begin: UnixNano;
  #end: UnixNano;
  #hasLooked = false;
  /** Keys of the items seen, with the time each was received. */
  readonly #seen = new Map<string, bigint>();

  /** Shows what is received from now on, or after `after`, the `end` of another. Throws `bad_filter`. */
  constructor(context: QueryContext, { signal, q }: TailParameters, after?: UnixNano) {
    this.#context = context;
    this.#signal = signal;
    this.#filter = readQ(q, signal, context.clock);
    const now = context.clock.now();
    this.#begin = after === undefined || after > now ? now : after;
    this.#end = this.#begin;
  }

  get end(): UnixNano {
    return this.#end;
  }

  /** What arrived since the last call. */
  async look(): Promise<TailBatch> {
    const now = this.#context.clock.now();
    const isOverlapLater = this.#hasLooked && now - overlapNanos > this.#begin;
    const since = isOverlapLater ? unixNano(now - overlapNanos) : this.#begin;
    this.#hasLooked = true;
    for (const [key, received] of this.#seen) if (received < since) this.#seen.delete(key);
    const reader = new Reader(this.#context, lookTimeMsMax);
    const { table, key } = tailTables[this.#signal];
    const where = this.#arrivedSince(since, now);
    const keys = await reader.rows<KeyRow>(sql`
      SELECT ${key} AS key, toUnixTimestamp64Nano(received_time) AS receivedNanos
      FROM ${table} WHERE ${where} ORDER BY received_time DESC LIMIT ${uint(keysMax)}`);
    const fresh = keys.filter((row) => !this.#seen.has(row.key));
    if (fresh.length === 0) return { items: [], skipped: 0, end: this.#end };
    const newest = newestOf(fresh);
    if (newest > this.#end) this.#end = newest;
    const isFlood = keys.length === keysMax;
    const arrived = isFlood ? await this.#countUnseen(reader, where) : fresh.length;
    for (const row of fresh) this.#seen.set(row.key, BigInt(row.receivedNanos));
    // In a flood what is older than this look is not told apart any more; it was counted.
    if (isFlood) this.#begin = newest;
    const shown = fresh.slice(0, itemsMax).map((row) => row.key);
    const rows = await reader.rows<TailRow>(this.#select(where, shown));
    const [costs, texts] = await Promise.all([
      readCostsOf(reader, rows.flatMap(placeOf)),
      readTexts(reader, rows),
    ]);
    const whole = rows.map((row) => restoreRow(row, texts, isSpan(row) ? listValueCharactersMax : Infinity));
    return {
      items: whole.map((row) => decodeRow(row, costs)),
      skipped: Math.max(0, arrived - rows.length),
      end: this.#end,
    };
  }

  async #countUnseen(reader: Reader, where: Sql): Promise<number> {
    const [row] = await reader.rows<{ total: string }>(
      sql`SELECT count() AS total FROM ${tailTables[this.#signal].table} WHERE ${where}`,
    );
    return Number(row?.total ?? 0) - this.#seen.size;
  }

  #arrivedSince(since: UnixNano, now: UnixNano): Sql {
    const oldest = now > ageNanosMax ? unixNano(now - ageNanosMax) : unixNano(0n);
    const range = { from: oldest, to: unixNano(now + clockSkewNanosMax) };
    const received = sql`received_time > ${moment(since)}`;
    const { project } = this.#context;
    const condition = compileFilter(this.#signal, this.#filter, { project, ...range });
    return every([inRange(project, this.#signal, range), received, condition]);
  }

  #select(where: Sql, keys: readonly string[]): Sql {
    const { table, key } = tailTables[this.#signal];
    const columns =
      this.#signal === 'spans'
        ? sql`'span' AS event, ${slimSpanColumns}, ${cutAttributeColumns}, ${textIdColumns}`
        : sql`'log' AS event, ${logColumns}, ${wholeAttributeColumns}, ${contextColumns}`;
    const wanted: Parameter = { type: 'Array(UInt64)', value: keys.map(BigInt) };
    return sql`SELECT ${columns} FROM ${table} WHERE ${where} AND ${key} IN ${wanted} ORDER BY received_time LIMIT ${uint(itemsMax)}`;
  }
}

const tailTables = {
  spans: { table: sql`spans`, key: sql`sipHash64(trace_id, span_id, start_time)` },
  logs: { table: sql`logs`, key: sql`log_id` },
} as const;

function newestOf(rows: readonly KeyRow[]): UnixNano {
  return unixNano(
    rows.reduce(
      (newest, row) => (BigInt(row.receivedNanos) > newest ? BigInt(row.receivedNanos) : newest),
      0n,
    ),
  );
}

type SpanRow = SlimSpanRow & AttributeRow & TextsRow & { readonly event: 'span' };
type RecordRow = LogRow & { readonly event: 'log' };
type TailRow = SpanRow | RecordRow;

function isSpan(row: TailRow): row is SpanRow {
  return row.event === 'span';
}

function placeOf(row: TailRow) {
  return row.event === 'span' ? [{ traceId: row.traceId, startNanos: BigInt(row.startNanos) }] : [];
}

function decodeRow(row: TailRow, costs: CallCosts): TailItem {
  return row.event === 'span'
    ? { event: 'span', data: decodeFoundSpan(row, costs) }
    : { event: 'log', data: decodeLog(row) };
}
