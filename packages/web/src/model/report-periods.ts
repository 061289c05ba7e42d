/** The periods that people look back on, as whole days of a time zone. */
import { instantOfWall, wallMs } from '@sightline/base';
import type { TimeRange } from './time-range.ts';

export const reportPeriods = [
  { value: 'yesterday', label: 'Yesterday' },
  { value: 'week', label: 'Last week' },
  { value: 'month', label: 'Last month' },
  { value: 'days', label: 'Last 7 days' },
] as const;
export type ReportPeriod = (typeof reportPeriods)[number]['value'];

const dayMs = 86_400_000;

/** Weeks begin on Monday. The last seven days end now. */
export function rangeOfPeriod(period: ReportPeriod, nowMs: number, zone: string): TimeRange {
  if (period === 'days') return { from: '-7d', to: 'now' };
  const today = Math.floor(wallMs(nowMs, zone) / dayMs) * dayMs;
  const date = new Date(today);
  const monday = today - ((date.getUTCDay() + 6) % 7) * dayMs;
  const [from, to] = {
    yesterday: [today - dayMs, today] as const,
    week: [monday - 7 * dayMs, monday] as const,
    month: [
      Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1),
      Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1),
    ] as const,
  }[period];
  const at = (wall: number): string => new Date(instantOfWall(wall, zone)).toISOString();
  return { from: at(from), to: at(to) };
}

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
