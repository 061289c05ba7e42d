import { describe, expect, it } from 'vitest';
import { overdueOutcome } from './overdue.ts';

const heartbeat = { kind: 'heartbeat', graceS: 5 } as const;
const program = { kind: 'program', graceS: 5 } as const;
const pinged = (pingAgeS: number) => ({ hasPinged: true, pingAgeS, intervalS: 60 });
const awake = 100_000;

describe('a check that a program tells about', () => {
  it('is down when nothing comes for longer than it may take', () => {
    expect(overdueOutcome(pinged(65), heartbeat, awake)).toMatchObject({ ok: true });
    expect(overdueOutcome(pinged(66), heartbeat, awake)).toMatchObject({
      ok: false,
      reason: 'no ping for 66 s',
    });
    expect(overdueOutcome(pinged(66), program, awake)).toMatchObject({
      ok: false,
      reason: 'no report for 66 s',
    });
    expect(overdueOutcome(pinged(65), program, awake)).toBeUndefined();
  });

  it('is not known before anything came, or once the program said that it ends', () => {
    const never = { hasPinged: false, pingAgeS: 30, intervalS: 60 };
    expect(overdueOutcome(never, heartbeat, awake)).toBeUndefined();
    expect(overdueOutcome({ ...never, pingAgeS: 70 }, heartbeat, awake)).toMatchObject({
      reason: 'no ping came in 70 s',
    });
    expect(overdueOutcome({ ...never, pingAgeS: 70 }, program, awake)).toBeUndefined();
  });

  it('is not known right after a start of the server, which nobody could ping before', () => {
    for (const target of [heartbeat, program]) {
      expect(overdueOutcome(pinged(3_600), target, 65)).toBeUndefined();
      expect(overdueOutcome(pinged(3_600), target, 66)).toMatchObject({ ok: false });
    }
  });
});
