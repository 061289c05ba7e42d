/** When a scheduled report is due, and which period it is about: whole days of its time zone. */
import { instantOfWall, wallMs } from '@sightline/base';
import type { ReportTiming } from '@sightline/schema/api';

const dayMs = 86_400_000;
/** From any day on, each kind of schedule is due within so many: the 31st, where a month comes between. */
const daysMax = 62;

/** The first time after `afterMs` at which the report is due. */
export function nextDue(timing: ReportTiming, afterMs: number): number {
  const { time, timeZone } = timing;
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const today = dayOf(wallMs(afterMs, timeZone));
  for (let day = today; day <= today + daysMax * dayMs; day += dayMs) {
    if (!isDueOn(timing, day)) continue;
    const due = instantOfWall(day + (hours * 60 + minutes) * 60_000, timeZone);
    if (due > afterMs) return due;
  }
  throw new Error(`A schedule is never due: ${JSON.stringify(timing)}.`);
}

/** From the start of a day to the start of a day: yesterday, the last seven days, or the calendar month before. */
export function periodOf(
  { every, timeZone }: ReportTiming,
  dueMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  const day = dayOf(wallMs(dueMs, timeZone));
  const date = new Date(day);
  const firstOfMonth = day - (date.getUTCDate() - 1) * dayMs;
  const [from, to] = {
    day: [day - dayMs, day] as const,
    week: [day - 7 * dayMs, day] as const,
    month: [Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1), firstOfMonth] as const,
  }[every];
  return { fromMs: instantOfWall(from, timeZone), toMs: instantOfWall(to, timeZone) };
}

/** The newest time at which it was due up to now, how many were due before that since `fromMs`, and when it is due again. */
export function catchUp(
  timing: ReportTiming,
  { fromMs, nowMs }: { readonly fromMs: number; readonly nowMs: number },
): { readonly dueMs: number; readonly missed: number; readonly nextMs: number } {
  let dueMs = fromMs;
  let missed = 0;
  for (let next = nextDue(timing, dueMs); next <= nowMs; next = nextDue(timing, dueMs)) {
    dueMs = next;
    missed += 1;
    // Nobody counts further; the newest is found from now.
    if (missed === missedMax) dueMs = lastDue(timing, nowMs);
  }
  return { dueMs, missed, nextMs: nextDue(timing, nowMs) };
}

const missedMax = 400;

function lastDue(timing: ReportTiming, nowMs: number): number {
  let due = nextDue(timing, nowMs - daysMax * dayMs);
  for (let next = nextDue(timing, due); next <= nowMs; next = nextDue(timing, due)) due = next;
  return due;
}

const dayOf = (wall: number): number => Math.floor(wall / dayMs) * dayMs;

function isDueOn({ every, weekday, dayOfMonth }: ReportTiming, day: number): boolean {
  const date = new Date(day);
  if (every === 'day') return true;
  if (every === 'week') return (date.getUTCDay() || 7) === weekday;
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  return date.getUTCDate() === Math.min(dayOfMonth, last);
}
