/** A schedule of reports as a form has it, and in words. */
import { type ReportSchedule, type ReportScheduleInput, reportScheduleInput } from '@sightline/schema/api';

export const weekdays = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
] as const;
export const everyLabels = { day: 'Every day', week: 'Every week', month: 'Every month' } as const;

export function newSchedule(timeZone: string, q: string): ReportScheduleInput {
  return {
    name: q === '' ? 'Weekly report' : `Weekly report: ${q}`.slice(0, 100),
    timing: { every: 'week', weekday: 1, dayOfMonth: 1, time: '09:00', timeZone },
    ...(q === '' ? {} : { q }),
    channels: [],
    file: false,
    enabled: true,
  };
}

export function inputOf(schedule: ReportSchedule): ReportScheduleInput {
  const { name, timing, q, channels, file, enabled } = schedule;
  return { name, timing, ...(q === undefined ? {} : { q }), channels, file, enabled };
}

/** As the API takes it, or why it does not. */
export function readSchedule(
  draft: ReportScheduleInput,
): { readonly schedule: ReportScheduleInput } | { readonly problem: string } {
  const { q, ...rest } = draft;
  const read = reportScheduleInput.safeParse({ ...rest, ...(q === undefined || q === '' ? {} : { q }) });
  if (read.success) return { schedule: read.data };
  const [issue] = read.error.issues;
  return { problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be read'}` };
}

/** `Mondays at 09:00, Europe/Berlin` */
export function timingWords({
  every,
  weekday,
  dayOfMonth,
  time,
  timeZone,
}: ReportScheduleInput['timing']): string {
  const when = {
    day: 'Every day',
    week: `${weekdays[weekday - 1] ?? ''}s`,
    month:
      dayOfMonth >= 29 ? `Day ${dayOfMonth} of the month, or its last` : `Day ${dayOfMonth} of the month`,
  }[every];
  return `${when} at ${time}, ${timeZone}`;
}
