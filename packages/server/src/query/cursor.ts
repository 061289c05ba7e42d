/**
 * Where a page ended: the key of its last item, and what the first page fixed (range and moment), so that later pages go
 * on in the same list whatever arrives meanwhile. Opaque to clients; bound to the query it came from.
 */
import { createHash } from 'node:crypto';
import { type Clock, type UnixNano, unixNano } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import { type RangeParameters, readListRange, type TimeRange } from './time-range.ts';

export interface PageStart {
  readonly range: TimeRange;
  /** When the first page was read; where rows are told apart by it, by the engine's clock. */
  readonly snapshot: UnixNano;
  /** Key of the last item of the page before; absent on the first page. */
  readonly after: readonly string[] | undefined;
}

const nanos = z.string().regex(/^\d{1,19}$/);
const wire = z.tuple([z.string(), nanos, nanos, nanos, nanos, z.array(z.string().max(64)).max(4)]);

/** `query` is everything that decides which items are in the list and in which order. */
export function writeCursor(
  query: unknown,
  { range, snapshot }: PageStart,
  after: readonly string[],
): string {
  const place = [range.from, range.to, range.newest, snapshot].map(String);
  return Buffer.from(JSON.stringify([fingerprint(query, place, after), ...place, after])).toString(
    'base64url',
  );
}

/** Throws `bad_cursor` for text that was not written by `writeCursor` for the same query. */
export function readCursor(query: unknown, cursor: string): PageStart {
  const parsed = wire.safeParse(tryJson(Buffer.from(cursor, 'base64url').toString()));
  if (!parsed.success) throw badCursor('The cursor cannot be read.');
  const [print, from, to, newest, snapshot, after] = parsed.data;
  if (print !== fingerprint(query, [from, to, newest, snapshot], after))
    throw badCursor('The cursor comes from another query, or was changed.');
  const nano = (text: string): UnixNano => unixNano(BigInt(text));
  return { range: { from: nano(from), to: nano(to), newest: nano(newest) }, snapshot: nano(snapshot), after };
}

/** The first page, or the one that `cursor` points at. */
export function startPage(
  query: unknown,
  cursor: string | undefined,
  first: () => Omit<PageStart, 'after'>,
): PageStart {
  return cursor === undefined ? { ...first(), after: undefined } : readCursor(query, cursor);
}

/** `startPage` of a list over a range. */
export function startListPage(
  query: unknown,
  parameters: RangeParameters & { readonly cursor?: string | undefined },
  clock: Clock,
): PageStart {
  return startPage(query, parameters.cursor, () => ({
    range: readListRange(parameters, clock),
    snapshot: clock.now(),
  }));
}

/** Of the query, and of the place in it: what is not a place of ours must not reach the engine. */
function fingerprint(query: unknown, ...place: readonly (readonly string[])[]): string {
  return createHash('sha256')
    .update(JSON.stringify([query, place]))
    .digest('base64url')
    .slice(0, 12);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function badCursor(message: string): SightlineError {
  return new SightlineError('bad_cursor', message, {
    hint: 'Pass nextCursor of the page before, with the same parameters; or leave the cursor out to begin again.',
  });
}
