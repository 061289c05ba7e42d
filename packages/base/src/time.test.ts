import { afterEach, expect, it, vi } from 'vitest';
import { msFromNanos, systemClock } from './time.ts';

afterEach(() => void vi.restoreAllMocks());

it('the system clock tells less than a millisecond apart, within the millisecond of the wall clock', () => {
  const clock = systemClock();
  const times = new Set<bigint>();
  for (let round = 0; round < 10_000; round += 1) {
    const before = Date.now();
    const ms = msFromNanos(clock.now());
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThan(Date.now() + 1);
    times.add(clock.now());
  }
  expect(times.size).toBeGreaterThan(100);
});

it.each([-3_600_000, 8 * 3_600_000])(
  'the system clock follows the wall clock when it is moved by %d ms',
  (byMs) => {
    const clock = systemClock();
    const moved = Date.now() + byMs;
    vi.spyOn(Date, 'now').mockReturnValue(moved);
    expect(Math.floor(msFromNanos(clock.now()))).toBe(moved);
  },
);
