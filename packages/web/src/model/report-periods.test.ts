import { expect, it } from 'vitest';
import { rangeOfPeriod } from './report-periods.ts';

it('is whole days of the zone, weeks from Monday, across the change of the clock', () => {
  const now = Date.parse('2026-03-30T06:00:00Z');
  expect(rangeOfPeriod('yesterday', now, 'Europe/Berlin')).toEqual({
    from: '2026-03-28T23:00:00.000Z',
    to: '2026-03-29T22:00:00.000Z',
  });
  expect(rangeOfPeriod('week', now, 'Europe/Berlin')).toEqual({
    from: '2026-03-22T23:00:00.000Z',
    to: '2026-03-29T22:00:00.000Z',
  });
  expect(rangeOfPeriod('month', Date.parse('2026-01-15T00:00:00Z'), 'America/New_York')).toEqual({
    from: '2025-12-01T05:00:00.000Z',
    to: '2026-01-01T05:00:00.000Z',
  });
  expect(rangeOfPeriod('week', Date.parse('2026-11-22T12:00:00Z'), 'UTC').from).toBe(
    '2026-11-09T00:00:00.000Z',
  );
});
