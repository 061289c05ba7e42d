/** Where the window of an SLO begins. */
import type { SloWindow } from '@sightline/schema/api';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** In whole hours: what was counted is kept by the hour. The moment at which a month ends belongs to it. */
export function windowStartMs(window: SloWindow, nowMs: number): number {
  const start =
    window.kind === 'rolling'
      ? nowMs - window.days * dayMs
      : calendarStartMs(window.unit, window.timeZone, nowMs - 1);
  return Math.floor(start / hourMs) * hourMs;
}

/** Midnight in the time zone, of the first day of the week (Monday), month or quarter. */
function calendarStartMs(unit: 'week' | 'month' | 'quarter', timeZone: string, nowMs: number): number {
  const { year, month, day } = dateAt(nowMs, timeZone);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const date =
    unit === 'week'
      ? Date.UTC(year, month - 1, day - ((weekday + 6) % 7))
      : Date.UTC(year, unit === 'month' ? month - 1 : Math.floor((month - 1) / 3) * 3, 1);
  return midnightMs(date, timeZone);
}

interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function dateAt(ms: number, timeZone: string): CalendarDate {
  const wall = new Date(ms + offsetMs(ms, timeZone));
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() };
}

/** The first moment of a date. A day that begins in the hour that is skipped begins after it. */
function midnightMs(dateUtcMs: number, timeZone: string): number {
  const guess = dateUtcMs - offsetMs(dateUtcMs, timeZone);
  const mended = dateUtcMs - offsetMs(guess, timeZone);
  return Math.max(mended, dateUtcMs - offsetMs(mended, timeZone));
}

/** How far the clocks on the wall are ahead of UTC. */
function offsetMs(ms: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(ms);
  const of = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value ?? 0);
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
  return wall - Math.floor(ms / 1_000) * 1_000;
}

/** To make one takes a millisecond. There are some 600 zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, made);
  return made;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
