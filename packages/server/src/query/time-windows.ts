/**
 * Reads a list in the order of time a window at a time, so that the first page of a long range costs as much as its rows are
 * dense and not as much as the range is long. Windows do not overlap: what a filter rejects is looked at once.
 */
import { type UnixNano, unixNano } from '@sightline/base';
import { type PausingSignal, windowBeyondPause } from './beyond-pause.ts';
import type { Reader } from './reader.ts';
import type { Sql } from './sql/sql.ts';
import type { Window } from './time-range.ts';

export interface WindowSearch {
  readonly order: 'desc' | 'asc';
  readonly range: Window;
  /** Where the list begins: near the end of the range for `desc`, near its start for `asc`. */
  readonly begin: UnixNano;
  readonly limit: number;
  /** Where it is given, a window without anything may be the begin of a pause, which is skipped. */
  readonly signal?: PausingSignal;
  readonly select: (window: Window, limit: number) => Sql;
}

const fiveMinutes = 300_000_000_000n;
const growthMax = 16;

/** The first `limit` rows in order; fewer where the range has no more, or where a limit of the query was met. */
export async function collectInOrder<Row>(reader: Reader, search: WindowSearch): Promise<Row[]> {
  const { order, range, limit, signal, select } = search;
  const rows: Row[] = [];
  let width = fiveMinutes;
  let pausing = signal;
  let window = firstWindow(search, width);
  for (;;) {
    const wanted = limit - rows.length;
    const found = await reader.tryRows<Row>(select(window, wanted));
    if (found === undefined) return rows;
    rows.push(...found);
    const isLast = order === 'desc' ? window.from === range.from : window.to === range.to;
    if (rows.length >= limit || isLast) return rows;
    let beyond: Window | undefined;
    // Reading in order ends with the last row: only windows of hours are worth the question.
    if (found.length === 0 && pausing !== undefined && width > fiveMinutes) {
      const rest =
        order === 'desc' ? { from: range.from, to: window.from } : { from: window.to, to: range.to };
      beyond = await windowBeyondPause(reader, { signal: pausing, order, rest });
      // Once: where a filter rejects what is there, the next answer would be no other.
      pausing = undefined;
    }
    if (beyond === undefined) {
      width *= growthOf(found.length, wanted);
      window =
        order === 'desc' ? windowBefore(range, window.from, width) : windowAfter(range, window.to, width);
    } else {
      // Where nothing is found here either, it was rejected: the window after it is as wide as without the pause.
      window = beyond;
    }
  }
}

/** Windows that reach back from a moment, each over more than the one before, and over the first pause that they meet. All of them go on to the end of the range. */
export class ReachingWindow {
  readonly #range: Window;
  #end: UnixNano;
  #width = fiveMinutes;
  #found = 0;
  #pausing: PausingSignal | undefined;
  #narrowed: Window | undefined;

  constructor(range: Window, end: UnixNano, signal: PausingSignal) {
    this.#range = range;
    this.#end = end;
    this.#pausing = signal;
  }

  get window(): Window {
    if (this.#narrowed !== undefined) return this.#narrowed;
    return { from: windowBefore(this.#range, this.#end, this.#width).from, to: this.#range.to };
  }

  get isLast(): boolean {
    return this.#narrowed !== undefined || this.window.from === this.#range.from;
  }

  /** Nothing that is looked for has a span before this moment: the next window is the last. */
  narrow(from: UnixNano): void {
    this.#narrowed = { from, to: this.#range.to };
  }

  /** Goes on beyond the first pause, where the last window found nothing more and ends at one. */
  async skipsPause(reader: Reader, found: number): Promise<boolean> {
    const beyond = found > this.#found ? undefined : await this.#beyondPause(reader);
    this.#found = found;
    if (beyond === undefined) return false;
    this.#width = fiveMinutes;
    this.#end = unixNano(beyond.from + fiveMinutes);
    return true;
  }

  /** The window held `found` of the `wanted`. */
  widen({ found, wanted }: { readonly found: number; readonly wanted: number }): void {
    this.#width *= growthOf(found, wanted);
  }

  async #beyondPause(reader: Reader): Promise<Window | undefined> {
    const signal = this.#pausing;
    this.#pausing = undefined;
    if (signal === undefined) return undefined;
    const rest = { from: this.#range.from, to: this.window.from };
    return windowBeyondPause(reader, { signal, order: 'desc', rest });
  }
}

/** How much wider to look: as the window's density tells, within bounds. */
function growthOf(found: number, wanted: number): bigint {
  if (found === 0) return BigInt(growthMax);
  return BigInt(Math.min(growthMax, Math.max(2, Math.ceil((1.5 * wanted) / found))));
}

function firstWindow({ order, range, begin }: WindowSearch, width: bigint): Window {
  const at = begin < range.from ? range.from : begin > range.to ? range.to : begin;
  // What lies beyond the beginning, such as items from clocks that run ahead, belongs to the first window.
  return order === 'desc'
    ? { from: windowBefore(range, at, width).from, to: range.to }
    : { from: range.from, to: windowAfter(range, at, width).to };
}

/** Windows begin and end with the buckets of the tables, where the range does not. */
function windowBefore(range: Window, to: UnixNano, width: bigint): Window {
  const from = ((to - width) / fiveMinutes) * fiveMinutes;
  return { from: from > range.from ? unixNano(from) : range.from, to };
}

function windowAfter(range: Window, from: UnixNano, width: bigint): Window {
  const to = ((from + width) / fiveMinutes + 1n) * fiveMinutes;
  return { from, to: to < range.to ? unixNano(to) : range.to };
}
