import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Readiness } from './readiness.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

it('runs its checks once a second at most, however many ask', async () => {
  let runs = 0;
  const readiness = new Readiness([
    { name: 'disk', look: async () => ((runs += 1) > 1 ? 'Full.' : undefined) },
  ]);
  const answers = await Promise.all([readiness.read(), readiness.read(), readiness.read()]);
  expect(runs).toBe(1);
  expect(answers[0]).toEqual({ isReady: true, checks: [{ name: 'disk', state: 'ok', message: null }] });
  await vi.advanceTimersByTimeAsync(1_001);
  expect(await readiness.read()).toEqual({
    isReady: false,
    checks: [{ name: 'disk', state: 'failing', message: 'Full.' }],
  });
});

it('answers within a second although a check does not, and keeps its last word for five', async () => {
  let isStuck = false;
  const readiness = new Readiness([
    {
      name: 'store',
      look: async () => (isStuck ? new Promise<undefined>(() => undefined) : undefined),
    },
  ]);
  const ask = async (): Promise<boolean> => {
    const answer = readiness.read();
    await vi.advanceTimersByTimeAsync(1_000);
    return (await answer).isReady;
  };
  expect(await ask()).toBe(true);
  isStuck = true;
  await vi.advanceTimersByTimeAsync(1_001);
  expect(await ask()).toBe(true);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await ask()).toBe(false);
});

it('is ready without what it can do without, and takes a check that throws for one that fails', async () => {
  const failing = async (): Promise<string | undefined> => Promise.reject(new Error('Away.'));
  const optional = new Readiness([{ name: 'control_plane', isOptional: true, look: failing }]);
  expect(await optional.read()).toEqual({
    isReady: true,
    checks: [{ name: 'control_plane', state: 'degraded', message: 'Away.' }],
  });
  expect((await new Readiness([{ name: 'disk', look: failing }]).read()).isReady).toBe(false);
});
