import { expect, it } from 'vitest';
import { uptimeOf } from './uptime.ts';

it('counts time that is known, in each period alone', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  const ago = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000);
  const uptime = uptimeOf(
    [
      { status: 'up', from: ago(6), to: null },
      { status: 'unknown', from: ago(12), to: ago(6) },
      { status: 'down', from: ago(18), to: ago(12) },
      { status: 'up', from: ago(48), to: ago(18) },
    ],
    now,
  );
  expect(uptime.day).toEqual({ share: 12 / 18, knownS: 18 * 3600 });
  expect(uptime.week).toEqual({ share: 36 / 42, knownS: 42 * 3600 });
  expect(uptimeOf([], now).month).toEqual({ share: null, knownS: 0 });
});
