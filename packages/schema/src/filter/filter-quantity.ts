/** Numbers, durations and times as they are written in a filter. Each reader gives undefined for anything else. */
import { type UnixNano, unixNano } from '@sightline/base';

const nanosPerUnit: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
  w: 604_800_000_000_000n,
};

const durationPart = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w)/gy;
/** About 292 years: what a signed 64-bit count of nanoseconds holds. */
const durationNanosMax = 2n ** 63n - 1n;

export function parseNumber(text: string): number | undefined {
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** `2s`, `150ms`, `1h30m`, `0.5s`: nanoseconds. A bare `0` needs no unit. */
export function parseDuration(text: string): bigint | undefined {
  if (text === '0') return 0n;
  let total = 0n;
  let end = 0;
  for (const match of text.matchAll(durationPart)) {
    const [written, amount = '', unit = ''] = match;
    total += scale(amount, nanosPerUnit[unit] ?? 0n);
    end += written.length;
  }
  return end === text.length && end > 0 && total <= durationNanosMax ? total : undefined;
}

/** RFC 3339 (also a date alone, UTC), `now`, or relative to now: `-15m`, `-1h30m`, `now-7d`. */
export function parseTime(text: string, now: UnixNano): UnixNano | undefined {
  if (text === 'now') return now;
  const relative = /^(?:now)?([+-])(.+)$/.exec(text);
  if (relative !== null) {
    const offset = parseDuration(relative[2] ?? '');
    if (offset === undefined) return undefined;
    return inRange(relative[1] === '-' ? now - offset : now + offset);
  }
  return parseRfc3339(text);
}

/** The beginning of a range: a time, or how long before its end, as in `to-1h`. */
export function parseRangeStart(text: string, now: UnixNano, end: UnixNano): UnixNano | undefined {
  return text.startsWith('to-') ? parseTime(text.slice(2), end) : parseTime(text, now);
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2}))?$/;

function parseRfc3339(text: string): UnixNano | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [, date = '', time = '00:00:00', fraction = '', zone = 'Z'] = match;
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  // Date.parse turns 31 February into March; the day must survive.
  if (Number.isNaN(ms) || new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10) !== date) return undefined;
  return inRange(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')));
}

/** What DateTime64(9) can hold: 1970 to early 2262. */
function inRange(nanos: bigint): UnixNano | undefined {
  return nanos >= 0n && nanos < 9_200_000_000_000_000_000n ? unixNano(nanos) : undefined;
}

function scale(amount: string, unit: bigint): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  const digits = fraction.slice(0, 18);
  return BigInt(whole) * unit + (BigInt(digits === '' ? '0' : digits) * unit) / 10n ** BigInt(digits.length);
}
