import { describe, expect, it } from 'vitest';
import { formatRelative, formatTick, msFromTimestamp } from './timestamp.ts';

describe('times', () => {
  it('keeps the nanoseconds of the API as a fraction of a millisecond', () => {
    const ms = msFromTimestamp('2026-11-21T10:00:00.123456789Z');
    expect(ms - Date.parse('2026-11-21T10:00:00Z')).toBeCloseTo(123.4568, 3);
    expect(msFromTimestamp('2026-11-21T10:00:00Z')).toBe(Date.parse('2026-11-21T10:00:00Z'));
  });

  it('says how long ago in one unit', () => {
    const now = 1e12;
    const ago = [500, 12_000, 300_000, 3 * 3_600_000, 4 * 86_400_000];
    expect(ago.map((ms) => formatRelative(now - ms, now))).toEqual([
      'just now',
      '12 s ago',
      '5 min ago',
      '3 h ago',
      '4 d ago',
    ]);
    expect(formatRelative(now + 300_000, now)).toBe('in 5 min');
  });
});

it('an axis names the day at midnight, and seconds where it is short', () => {
  const midnight = new Date(2026, 10, 22).getTime();
  const hour = 3_600_000;
  expect([-1, 0, 1].map((hours) => formatTick(midnight + hours * hour, 48 * hour))).toEqual([
    '23:00',
    '22 Nov',
    '01:00',
  ]);
  expect(formatTick(midnight + 61_000, 60_000)).toBe('00:01:01');
});
