import { describe, expect, it } from 'vitest';
import {
  defaultRange,
  describeRange,
  describeRangeInSentence,
  rangeFromMs,
  tryParseMoment,
  tryResolveRange,
} from './time-range.ts';

const now = new Date(2026, 10, 21, 12, 0, 0).getTime();

describe('time ranges', () => {
  it('resolves relative and fixed ends', () => {
    expect(tryResolveRange(defaultRange, now)).toEqual({ fromMs: now - 3_600_000, toMs: now });
    expect(tryResolveRange(rangeFromMs(now - 1000.5, now), now)).toEqual({ fromMs: now - 1001, toMs: now });
  });

  it('refuses reversed and unreadable ranges', () => {
    expect(tryResolveRange({ from: 'now', to: '-1h' }, now)).toBeUndefined();
    expect(tryResolveRange({ from: 'yesterday-ish', to: 'now' }, now)).toBeUndefined();
  });

  it('is described as people say it', () => {
    expect(describeRange(defaultRange, now)).toBe('Last hour');
    expect(describeRangeInSentence(defaultRange, now)).toBe('in the last hour');
    expect(describeRange({ from: '-45m', to: 'now' }, now)).toBe('Last 45 minutes');
    expect(describeRange(rangeFromMs(now - 900_000, now - 60_000), now)).toBe('11:45 – 11:59');
    expect(describeRangeInSentence(rangeFromMs(now - 900_000, now - 60_000), now)).toBe(
      'between 11:45 and 11:59',
    );
    expect(describeRange(rangeFromMs(now - 48 * 3_600_000, now), now)).toBe('19 Nov 12:00 – 21 Nov 12:00');
  });

  it('reads what a person types', () => {
    expect(tryParseMoment(' -2h ', now)).toBe('-2h');
    expect(tryParseMoment('2026-11-21T10:00:00Z', now)).toBe('2026-11-21T10:00:00.000Z');
    expect(tryParseMoment('soon', now)).toBeUndefined();
  });
});
