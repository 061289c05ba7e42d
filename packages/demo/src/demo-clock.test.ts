import { expect, test } from 'vitest';
import { DemoScheduler } from './demo-clock.ts';
import { createSeededRandom } from './seeded-random.ts';

const run = (scheduler: DemoScheduler, untilMs = Number.POSITIVE_INFINITY) =>
  scheduler.run({
    abort: new AbortController().signal,
    onStep: async () => {},
    onLive: async () => {},
    untilMs: () => untilMs,
  });

test('the past is played in the order of its times, each waking at its own', async () => {
  const startMs = Date.now() - 3_600_000;
  const scheduler = new DemoScheduler(startMs);
  const seen: string[] = [];
  const actor = async (name: string, naps: readonly number[]): Promise<void> => {
    for (const nap of naps) {
      await scheduler.sleep(nap);
      seen.push(`${name}@${scheduler.nowMs() - startMs}`);
    }
  };
  void actor('a', [100, 100, 100]);
  void actor('b', [150, 10]);
  const beganMs = performance.now();
  await run(scheduler);
  expect(seen).toEqual(['a@100', 'b@150', 'b@160', 'a@200', 'a@300']);
  expect(performance.now() - beganMs).toBeLessThan(2000);
});

test('what lies ahead waits for its time', async () => {
  const scheduler = new DemoScheduler(Date.now());
  const beganMs = performance.now();
  void scheduler.sleep(60);
  await run(scheduler);
  expect(performance.now() - beganMs).toBeGreaterThan(50);
});

test('finishing plays what is under way to its end at once', async () => {
  const scheduler = new DemoScheduler(Date.now());
  let ended = false;
  void (async () => {
    for (let i = 0; i < 50; i += 1) await scheduler.sleep(60_000);
    ended = true;
  })();
  await scheduler.finish();
  expect(ended).toBe(true);
  expect(scheduler.stopping).toBe(true);
});

test('thousands of sleepers wake in order', async () => {
  const scheduler = new DemoScheduler(0);
  const random = createSeededRandom(7);
  const woken: number[] = [];
  for (let i = 0; i < 3000; i += 1)
    void scheduler.sleep(random.between(0, 1e6)).then(() => woken.push(scheduler.nowMs()));
  await run(scheduler);
  expect(woken).toHaveLength(3000);
  expect(woken).toEqual(woken.toSorted((a, b) => a - b));
});

test('chance repeats with its seed', () => {
  const draw = (seed: number) =>
    Array.from(
      { length: 20 },
      (
        (random) => () =>
          random.next()
      )(createSeededRandom(seed)),
    );
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const latencies = Array.from(
    { length: 4000 },
    (
      (random) => () =>
        random.latencyMs(100)
    )(createSeededRandom(3)),
  ).toSorted((a, b) => a - b);
  expect(latencies[2000]).toBeGreaterThan(95);
  expect(latencies[2000]).toBeLessThan(105);
});
