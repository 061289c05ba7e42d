import { z } from 'zod';
import type { ChannelType } from './channels.ts';
import { filterParameter, timestamp } from './common.ts';
import { timeZone } from './report.ts';

/** Kinds of channels that take reports: a receiver of incidents would open one. */
export const reportChannelTypes: readonly ChannelType[] = [
  'email',
  'slack_webhook',
  'slack_bot',
  'teams',
  'discord',
  'webhook',
  'log',
];
export const takesReports = (type: ChannelType): boolean => reportChannelTypes.includes(type);

export const reportEvery = z.enum(['day', 'week', 'month']);

/** When a report is due, by the wall clock of a time zone. */
export const reportTiming = z.strictObject({
  every: reportEvery.describe('The report is about the day, the seven days, or the calendar month before.'),
  weekday: z.number().int().min(1).max(7).default(1).describe('Where `every` is `week`: 1 is Monday.'),
  dayOfMonth: z
    .number()
    .int()
    .min(1)
    .max(31)
    .default(1)
    .describe('Where `every` is `month`; the last day of months that are shorter.'),
  time: z
    .string()
    .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time such as 09:00')
    .default('09:00'),
  timeZone: timeZone.default('UTC'),
});

export const reportScheduleInput = z.strictObject({
  name: z.string().trim().min(1).max(100).describe('Also the title of the report.'),
  timing: reportTiming,
  q: filterParameter.optional().describe('Only runs, errors and users of traces that meet this filter.'),
  channels: z
    .array(z.string().min(1).max(64))
    .max(10)
    .default([])
    .describe('Ids of channels; `log` is the server’s own log.'),
  file: z
    .boolean()
    .default(false)
    .describe('Whether the server also keeps it as HTML in `reports` of its data directory.'),
  enabled: z.boolean().default(true),
});

export const reportSchedule = reportScheduleInput.extend({
  id: z.string(),
  nextTime: timestamp.nullable().describe('null while it is paused.'),
  lastTime: timestamp.nullable().describe('When its newest report was made.'),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export const reportSchedulesResponse = z.object({ schedules: z.array(reportSchedule) });

export const reportDelivery = z.object({
  channel: z.string(),
  state: z.enum(['waiting', 'sending', 'delivered', 'replaced', 'dead']),
  attempts: z.number().int(),
  deliveredAt: timestamp.nullable(),
  lastError: z.string().nullable(),
});

/** A report as it was made. */
export const madeReport = z.object({
  id: z.string(),
  scheduleId: z.string(),
  name: z.string(),
  dueTime: timestamp.nullable().describe('null where somebody sent it by hand.'),
  madeAt: timestamp,
  startTime: timestamp,
  endTime: timestamp,
  missed: z.number().int().describe('Reports before it that were due while no server ran.'),
  summary: z.string(),
  deliveries: z.array(reportDelivery),
});
export const madeReportsResponse = z.object({
  reports: z.array(madeReport).describe('The newest first, at most 100.'),
});

export type ReportTiming = z.output<typeof reportTiming>;
export type ReportScheduleInput = z.output<typeof reportScheduleInput>;
export type ReportSchedule = z.infer<typeof reportSchedule>;
export type ReportSchedulesResponse = z.infer<typeof reportSchedulesResponse>;
export type MadeReport = z.infer<typeof madeReport>;
export type MadeReportsResponse = z.infer<typeof madeReportsResponse>;
