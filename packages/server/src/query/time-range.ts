import { type Clock, formatNanos, type UnixNano, unixNano } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { parseRangeStart, parseTime } from '@sightline/schema/filter';
import { clockSkewNanosMax, rangeNanosMax } from './query-bounds.ts';

/** Half-open: `from` is in, `to` is not. */
export interface TimeRange {
  readonly from: UnixNano;
  readonly to: UnixNano;
  /** Where a search for the newest begins: `to`, or now where `to` reaches into the future. */
  readonly newest: UnixNano;
}

/** Half-open, wherever a search begins. */
export type Window = Pick<TimeRange, 'from' | 'to'>;

export interface RangeParameters {
  readonly from: string;
  readonly to: string;
}

/** Reads `from` and `to`. Throws `bad_time_range`. */
export function readRange(parameters: RangeParameters, clock: Clock): TimeRange {
  const now = clock.now();
  const to = timeOf('to', parameters.to, (text) => parseTime(text, now));
  const from = timeOf('from', parameters.from, (text) => parseRangeStart(text, now, to));
  if (from >= to) {
    throw badRange(`"from" (${formatNanos(from)}) is not before "to" (${formatNanos(to)}).`, 'Swap them.');
  }
  if (to - from > rangeNanosMax) {
    const days = Number(rangeNanosMax / 86_400_000_000_000n);
    throw badRange(`The range is longer than ${days} days.`, 'Ask for a shorter range.');
  }
  return { from, to, newest: to };
}

/**
 * As `readRange`, for lists: with `to=now` the end stays open, so that items of programs whose clocks run ahead are
 * seen as soon as they arrive.
 */
export function readListRange(parameters: RangeParameters, clock: Clock): TimeRange {
  const range = readRange(parameters, clock);
  if (parameters.to.trim() !== 'now') return range;
  return { ...range, to: unixNano(range.to + clockSkewNanosMax) };
}

/** One time of a request. Throws `bad_time_range`. */
export function readMoment(name: string, text: string, clock: Clock): UnixNano {
  return timeOf(name, text, (written) => parseTime(written, clock.now()));
}

function timeOf(name: string, text: string, read: (text: string) => UnixNano | undefined): UnixNano {
  const time = read(text.trim());
  if (time !== undefined) return time;
  throw badRange(
    `"${name}" is not a time: "${text.slice(0, 64)}".`,
    'Use RFC 3339 (2026-11-21T10:00:00Z), now, or a time relative to now such as -15m, -1h or -7d.',
  );
}

function badRange(message: string, hint: string): SightlineError {
  return new SightlineError('bad_time_range', message, { hint });
}
