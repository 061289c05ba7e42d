/**
 * Error budgets and how fast they are spent, from counts of good and all events. Pure.
 *
 * The windows are those of the SRE workbook ("Alerting on SLOs", table 5-8): a page where 2 % of the budget of 30 days are gone in an hour or 5 % in six, a
 * ticket where 10 % are gone in a day or in three.
 */
import type { SloBurn, SloInput, SloWindow } from '@sightline/schema/api';
import type { StoredHour } from '../../catalog/slos.ts';

export interface Counts {
  readonly good: number;
  readonly total: number;
}

export interface BurnWindow {
  readonly key: SloBurn['key'];
  readonly severity: SloBurn['severity'];
  readonly longS: number;
  readonly shortS: number;
  readonly factor: number;
}

const table: readonly BurnWindow[] = [
  { key: 'page_fast', severity: 'critical', longS: 3_600, shortS: 300, factor: 14.4 },
  { key: 'page_slow', severity: 'critical', longS: 21_600, shortS: 1_800, factor: 6 },
  { key: 'ticket_fast', severity: 'warning', longS: 86_400, shortS: 7_200, factor: 3 },
  { key: 'ticket_slow', severity: 'warning', longS: 259_200, shortS: 21_600, factor: 1 },
];
const daysOfTable = 30;
/** An SLO of a month has the windows of the table, however long the month. */
const monthDays = 31;

const calendarDays = { week: 7, month: 30, quarter: 90 } as const;

export function windowDays(window: SloWindow): number {
  return window.kind === 'rolling' ? window.days : calendarDays[window.unit];
}

/** Longer SLOs have longer windows, so that a window is the same share of the budget; of shorter ones the windows that are longer than half of the SLO are left out. */
export function burnWindows(window: SloWindow): readonly BurnWindow[] {
  const days = windowDays(window);
  const scale = days > monthDays ? days / daysOfTable : 1;
  return table
    .map((each) => ({ ...each, longS: scaled(each.longS, scale), shortS: scaled(each.shortS, scale) }))
    .filter(({ longS }) => longS <= days * 43_200);
}

/** In whole minutes. */
const scaled = (seconds: number, scale: number): number => Math.round((seconds * scale) / 60) * 60;

/** Windows of which a rule is made. */
export function alertWindows(slo: Pick<SloInput, 'alerts' | 'window'>): readonly BurnWindow[] {
  const { alerts } = slo;
  return burnWindows(slo.window).filter(
    ({ key }) => alerts === 'page_and_ticket' || (alerts !== 'none' && key.startsWith(alerts)),
  );
}

/** The share of bad events as a multiple of what the objective allows; null where nothing was counted. */
export function burnRate({ good, total }: Counts, objective: number): number | null {
  return total <= 0 ? null : (total - good) / total / (1 - objective);
}

/** Too few events, or too few bad ones, to wake somebody. */
export function isHeld(
  { good, total }: Counts,
  { badEventsMin, eventsMin }: Pick<SloInput, 'badEventsMin' | 'eventsMin'>,
): boolean {
  return total < eventsMin || total - good < badEventsMin;
}

/** Of the budget of these events: 1 is all of it, below 0 more was spent than there is. Null where nothing was counted. */
export function budgetLeft(counts: Counts, objective: number): number | null {
  const rate = burnRate(counts, objective);
  return rate === null ? null : 1 - rate;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** What was counted in `from ≤ time < to`: minutes where they are kept, else whole hours that begin in it. */
export function countBetween(hours: readonly StoredHour[], fromMs: number, toMs: number): Counts {
  let good = 0;
  let total = 0;
  for (const hour of hours) {
    if (hour.hourMs + hourMs <= fromMs || hour.hourMs >= toMs) continue;
    const isWhole = hour.hourMs >= fromMs && hour.hourMs + hourMs <= toMs;
    if (isWhole || hour.minutes === null) {
      if (hour.hourMs < fromMs) continue;
      good += hour.good;
      total += hour.total;
      continue;
    }
    for (const [minute, goodThen, totalThen] of hour.minutes) {
      const atMs = hour.hourMs + minute * minuteMs;
      if (atMs < fromMs || atMs >= toMs) continue;
      good += goodThen;
      total += totalThen;
    }
  }
  return { good, total };
}
