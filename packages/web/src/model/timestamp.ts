/** Times as the API sends them (RFC 3339, nanoseconds) and as people read them (local, the zone stated). */

import { timesIn } from '@sightline/base';

/** Unix milliseconds with fraction; exact to a quarter of a microsecond for present-day times. */
export function msFromTimestamp(timestamp: string): number {
  const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? '';
  const whole = Date.parse(fraction === '' ? timestamp : timestamp.replace(`.${fraction}`, ''));
  return whole + (fraction === '' ? 0 : Number(`0.${fraction}`) * 1000);
}

/** `just now`, `12 s ago`, `5 min ago`, `3 h ago`, `4 d ago`; in the future `in 5 min`. */
export function formatRelative(ms: number, nowMs: number): string {
  const seconds = Math.round((nowMs - ms) / 1000);
  if (Math.abs(seconds) < 2) return 'just now';
  const words = relativeWords(Math.abs(seconds));
  return seconds < 0 ? `in ${words}` : `${words} ago`;
}

/** `21 Nov 2026, 10:02:03.123`: local time. */
export function formatDateTime(ms: number): string {
  const date = new Date(ms);
  return `${date.getDate()} ${monthNames[date.getMonth()] ?? ''} ${date.getFullYear()}, ${formatClock(ms)}`;
}

/** `10:02:03.123`: local time. */
export function formatClock(ms: number): string {
  const date = new Date(ms);
  return `${formatMinute(ms)}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** `10:02`: local time. */
export function formatMinute(ms: number): string {
  const date = new Date(ms);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `21 Nov`: local date. */
export function formatDay(ms: number): string {
  const date = new Date(ms);
  return `${date.getDate()} ${monthNames[date.getMonth()] ?? ''}`;
}

/** On an axis: `21 Nov` at midnight, otherwise `17:05`, with seconds where the axis shows less than three minutes. */
export function formatTick(ms: number, axisMs: number): string {
  if (axisMs < 180_000) return formatClock(ms).slice(0, 8);
  const minutes = formatMinute(ms);
  return minutes === '00:00' ? formatDay(ms) : minutes;
}

/** The zone all local times are in: `UTC`, `GMT+1`, `CET`. */
export function timeZoneName(ms: number): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(ms);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? 'local time';
}

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function relativeWords(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Words of the server, whose moments are told as the page tells time. */
export function withLocalTimes(words: string): string {
  return timesIn(words, (time) => {
    const ms = Date.parse(time);
    return `${formatDay(ms)}, ${formatMinute(ms)}`;
  });
}
