/**
 * A search that finds nothing near the end of its range knows nothing of how far to go, and would look at ever wider windows. What meets the rarest condition of its filter
 * is asked for once instead, over the whole range: where these are few, they are all that is left to look at.
 */
import { unixNano, type UnixNano } from '@sightline/base';
import type { BoundFilter } from '@sightline/schema/filter';
import type { Reader } from './reader.ts';
import { every, sql, uint } from './sql/sql.ts';
import { isOfFew, isWhole, rarestCondition, tracesMeeting } from './sql/trace-sets-sql.ts';
import { startsWithin } from './sql/whole-traces-sql.ts';
import type { Window } from './time-range.ts';

export interface RareTraces {
  readonly ids: readonly string[];
  /** The first span of them within the range; its end where there are none. */
  readonly from: UnixNano;
  /** What is left to be asked of them. */
  readonly filter: BoundFilter;
}

/** More are not rare: windows find a page of them sooner. */
const rareTracesMax = 500;

/** Asks once for the traces of one search. */
export class RareLookup {
  readonly #reader: Reader;
  readonly #range: Window;
  readonly #filter: BoundFilter;
  #condition: BoundFilter | undefined;

  constructor(reader: Reader, filter: BoundFilter, range: Window) {
    this.#reader = reader;
    this.#range = range;
    this.#filter = filter;
    this.#condition = rarestCondition(filter);
  }

  /** Before the first window: of a user or an id there are few traces, wherever they are. */
  async atOnce(): Promise<RareTraces | undefined> {
    return this.#condition !== undefined && isOfFew(this.#condition) ? this.#ask() : undefined;
  }

  /** After a window that found so many. */
  async after(found: number): Promise<RareTraces | undefined> {
    return found === 0 ? this.#ask() : undefined;
  }

  async #ask(): Promise<RareTraces | undefined> {
    const condition = this.#condition;
    if (condition === undefined) return undefined;
    this.#condition = undefined;
    const found = await findTraces(this.#reader, condition, this.#range);
    if (found === undefined) return undefined;
    return { ...found, filter: isWhole(condition, this.#filter) ? { type: 'everything' } : this.#filter };
  }
}

/** Undefined where they are not few. */
async function findTraces(
  reader: Reader,
  condition: BoundFilter,
  range: Window,
): Promise<Omit<RareTraces, 'filter'> | undefined> {
  const { project } = reader;
  const limit = rareTracesMax + 1;
  const { from, to } = range;
  const found = await reader.tryRows<{ traceId: string; place: string }>(sql`
    SELECT lower(hex(trace_id)) AS traceId, toUnixTimestamp64Nano(min(start_time)) AS place FROM trace_starts
    WHERE ${every([startsWithin(project, range), tracesMeeting(condition, { project, from, to, limit })])}
    GROUP BY trace_id LIMIT ${uint(limit)}`);
  if (found === undefined || found.length > rareTracesMax) return undefined;
  const first = found.reduce((least, { place }) => {
    const time = BigInt(place);
    return time < least ? time : least;
  }, BigInt(to));
  return { ids: found.map(({ traceId }) => traceId), from: unixNano(first) };
}
