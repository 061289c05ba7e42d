import { reportTiming, type ReportTiming } from '@sightline/schema/api';
import { expect, it } from 'vitest';
import { catchUp, nextDue, periodOf } from './schedule-times.ts';

const timing = (settings: object): ReportTiming => reportTiming.parse({ every: 'day', ...settings });
const due = (settings: object, after: string): string =>
  new Date(nextDue(timing(settings), Date.parse(after))).toISOString();
const period = (settings: object, at: string): string[] => {
  const { fromMs, toMs } = periodOf(timing(settings), Date.parse(at));
  return [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
};
const berlin = { timeZone: 'Europe/Berlin' };

it('is due by the wall clock, in winter and in summer', () => {
  expect(due({ ...berlin, time: '09:00' }, '2026-03-28T08:00:00Z')).toBe('2026-03-29T07:00:00.000Z');
  expect(due({ ...berlin, time: '09:00' }, '2026-03-28T07:59:59.999Z')).toBe('2026-03-28T08:00:00.000Z');
  expect(due({ ...berlin, every: 'week', weekday: 1 }, '2026-10-24T00:00:00Z')).toBe(
    '2026-10-26T08:00:00.000Z',
  );
  expect(due({ timeZone: 'America/New_York', time: '23:30' }, '2026-11-01T03:30:00Z')).toBe(
    '2026-11-02T04:30:00.000Z',
  );
});

it('is due once in the hour that is left out, and once in the hour that is twice', () => {
  // 02:30 is left out in Berlin on 29 March: the clock that was not set forward would show it at 01:30 UTC.
  expect(due({ ...berlin, time: '02:30' }, '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:30:00.000Z');
  expect(due({ ...berlin, time: '02:30' }, '2026-03-29T01:30:00Z')).toBe('2026-03-30T00:30:00.000Z');
  // 02:30 is twice on 25 October: at 00:30 and at 01:30 UTC.
  expect(due({ ...berlin, time: '02:30' }, '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
  expect(due({ ...berlin, time: '02:30' }, '2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00.000Z');
  // Half an hour is left out on Lord Howe Island, at 02:00 on 4 October.
  expect(due({ timeZone: 'Australia/Lord_Howe', time: '02:15' }, '2026-10-03T12:00:00Z')).toBe(
    '2026-10-03T15:45:00.000Z',
  );
});

it('is due on the last day of a month that is too short', () => {
  const last = { every: 'month', dayOfMonth: 31, time: '00:00' };
  expect(due(last, '2026-01-31T00:00:00Z')).toBe('2026-02-28T00:00:00.000Z');
  expect(due(last, '2028-02-01T00:00:00Z')).toBe('2028-02-29T00:00:00.000Z');
  expect(due(last, '2026-02-28T00:00:00Z')).toBe('2026-03-31T00:00:00.000Z');
  expect(due({ every: 'month' }, '2026-12-01T09:00:00Z')).toBe('2027-01-01T09:00:00.000Z');
});

it('is about whole days of the zone: 23 hours in spring, the calendar month before', () => {
  expect(period(berlin, '2026-03-30T07:00:00Z')).toEqual([
    '2026-03-28T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
  ]);
  expect(period({ ...berlin, every: 'week' }, '2026-11-23T08:00:00Z')).toEqual([
    '2026-11-15T23:00:00.000Z',
    '2026-11-22T23:00:00.000Z',
  ]);
  expect(period({ timeZone: 'Asia/Kolkata', every: 'month' }, '2026-03-15T08:00:00Z')).toEqual([
    '2026-01-31T18:30:00.000Z',
    '2026-02-28T18:30:00.000Z',
  ]);
});

it('knows after a time without a server the newest that was due, and how many before it', () => {
  const caught = (from: string, now: string) => {
    const { dueMs, missed, nextMs } = catchUp(timing({ time: '09:00' }), {
      fromMs: Date.parse(from),
      nowMs: Date.parse(now),
    });
    return [new Date(dueMs).toISOString(), missed, new Date(nextMs).toISOString()];
  };
  expect(caught('2026-11-20T09:00:00Z', '2026-11-20T09:00:01Z')).toEqual([
    '2026-11-20T09:00:00.000Z',
    0,
    '2026-11-21T09:00:00.000Z',
  ]);
  expect(caught('2026-11-20T09:00:00Z', '2026-11-23T08:59:59Z')).toEqual([
    '2026-11-22T09:00:00.000Z',
    2,
    '2026-11-23T09:00:00.000Z',
  ]);
  expect(caught('2020-01-01T09:00:00Z', '2026-11-23T09:00:00Z').filter((_, index) => index !== 1)).toEqual([
    '2026-11-23T09:00:00.000Z',
    '2026-11-24T09:00:00.000Z',
  ]);
});
