import { pino } from 'pino';
import { SightlineError } from '@sightline/schema/errors';
import { expect, it } from 'vitest';
import { tellOnce } from './tell-once.ts';

it('says once why the control plane is away, whoever meets it, and again after it was there', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const log = tellOnce(
    pino({ base: null }, { write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg) }),
    () => nowMs,
  );
  const away = (reason: string) => ({
    err: new SightlineError('control_plane_unavailable', reason, { hint: 'Wait.' }),
  });
  log.error(away('it is gone'), 'first');
  log.warn(away('it is gone'), 'second');
  log.child({ part: 'x' }).info('third');
  for (let minute = 0; minute < 20; minute += 1) {
    nowMs += 60_000;
    log.warn(away('it is gone'), 'still');
  }
  log.warn(away('it is full'), 'fourth');
  log.warn({ err: new Error('it is gone') }, 'fifth');
  log.warn('sixth');
  nowMs += 6 * 60_000;
  log.warn(away('it is gone'), 'seventh');
  expect(lines).toEqual(['first', 'third', 'fourth', 'fifth', 'sixth', 'seventh']);
});
