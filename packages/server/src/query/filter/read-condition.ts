import type { Clock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { type BoundFilter, type FilterSignal, readFilter } from '@sightline/schema/filter';

/** Reads `q`. Throws `bad_filter` with the column, what was expected, and the filter with a caret under the place. */
export function readQ(q: string | undefined, signal: FilterSignal, clock: Clock): BoundFilter {
  if (q === undefined) return { type: 'everything' };
  const result = readFilter(q, { signal, now: clock.now() });
  if (result.ok) return result.value;
  const { message, caret } = result.error;
  throw new SightlineError('bad_filter', message, {
    hint: `${caret}\nThe language is described in docs/query-language.md.`,
    cause: result.error,
  });
}
