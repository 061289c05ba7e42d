import { formatDateTime, formatDay, formatMinute, msFromTimestamp } from './timestamp.ts';

/** A range as the URL and the API hold it: each end RFC 3339, `now`, or relative such as `-1h`. */
export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

export interface RangeMs {
  readonly fromMs: number;
  readonly toMs: number;
}

export const defaultRange: TimeRange = { from: '-1h', to: 'now' };
export const lastDay: TimeRange = { from: '-24h', to: 'now' };

export const rangePresets: readonly { readonly from: string; readonly label: string }[] = [
  { from: '-5m', label: 'Last 5 minutes' },
  { from: '-15m', label: 'Last 15 minutes' },
  { from: '-1h', label: 'Last hour' },
  { from: '-6h', label: 'Last 6 hours' },
  { from: '-24h', label: 'Last 24 hours' },
  { from: '-7d', label: 'Last 7 days' },
  { from: '-30d', label: 'Last 30 days' },
];

/** Both ends as Unix milliseconds; undefined when an end cannot be read or the range is reversed. */
export function tryResolveRange(range: TimeRange, nowMs: number): RangeMs | undefined {
  const fromMs = momentMs(range.from, nowMs);
  const toMs = momentMs(range.to, nowMs);
  if (fromMs === undefined || toMs === undefined || fromMs >= toMs) return undefined;
  return { fromMs, toMs };
}

/** Resolves, taking the default range for one that cannot be read. */
export function resolveRange(range: TimeRange, nowMs: number): RangeMs {
  return tryResolveRange(range, nowMs) ?? { fromMs: nowMs - 3_600_000, toMs: nowMs };
}

export function isRelative(range: TimeRange): boolean {
  return range.to === 'now';
}

/** A fixed range, rounded outwards to whole milliseconds. */
export function rangeFromMs(fromMs: number, toMs: number): TimeRange {
  return { from: new Date(Math.floor(fromMs)).toISOString(), to: new Date(Math.ceil(toMs)).toISOString() };
}

/** `Last hour`, `10:02 – 10:17`, `19 Nov 10:00 – 21 Nov 12:00`. */
export function describeRange(range: TimeRange, nowMs: number): string {
  if (range.to === 'now') {
    const preset = rangePresets.find((candidate) => candidate.from === range.from);
    if (preset !== undefined) return preset.label;
    const words = relativeWords(range.from);
    if (words !== undefined) return words;
  }
  const resolved = tryResolveRange(range, nowMs);
  if (resolved === undefined) return 'Unreadable range';
  const end = range.to === 'now' ? 'now' : clockOrDay(resolved.toMs, resolved.fromMs, nowMs);
  return `${clockOrDay(resolved.fromMs, resolved.toMs, nowMs)} – ${end}`;
}

/** As it stands in a sentence: `in the last hour`, `between 10:02 and 10:17`. */
export function describeRangeInSentence(range: TimeRange, nowMs: number): string {
  const words = describeRange(range, nowMs);
  if (words.startsWith('Last ')) return `in the ${words.toLowerCase()}`;
  const [from, to] = words.split(' – ');
  return to === undefined ? 'in this range' : `between ${from ?? ''} and ${to}`;
}

/** What a person types into a time field: a relative time, `now`, a date, a date and time. */
export function tryParseMoment(text: string, nowMs: number): string | undefined {
  const trimmed = text.trim();
  if (momentMs(trimmed, nowMs) === undefined) return undefined;
  return trimmed === 'now' || trimmed.startsWith('-') ? trimmed : new Date(Date.parse(trimmed)).toISOString();
}

/** One end of a range as text for a field. */
export function describeMoment(moment: string): string {
  return moment === 'now' || moment.startsWith('-') ? moment : formatDateTime(msFromTimestamp(moment));
}

const unitNames: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
};

/** `-45m` → `Last 45 minutes`. */
function relativeWords(from: string): string | undefined {
  const match = /^-(\d+)([smhdw])$/.exec(from);
  if (match === null) return undefined;
  const name = unitNames[match[2] ?? ''] ?? '';
  return match[1] === '1' ? `Last ${name}` : `Last ${match[1] ?? ''} ${name}s`;
}

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

function momentMs(moment: string, nowMs: number): number | undefined {
  if (moment === 'now') return nowMs;
  const relative = /^-(\d+)([smhdw])$/.exec(moment);
  if (relative !== null) return nowMs - Number(relative[1]) * (unitMs[relative[2] ?? ''] ?? 0);
  const parsed = Date.parse(moment);
  return Number.isNaN(parsed) ? undefined : parsed;
}

function clockOrDay(ms: number, otherMs: number, nowMs: number): string {
  const sameDay = formatDay(ms) === formatDay(otherMs) && formatDay(ms) === formatDay(nowMs);
  return sameDay ? formatMinute(ms) : `${formatDay(ms)} ${formatMinute(ms)}`;
}
