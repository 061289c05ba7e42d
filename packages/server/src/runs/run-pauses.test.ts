import { expect, test } from 'vitest';
import { RunPauses, waitingMax } from './run-pauses.ts';

const trace = (spans: number, isRooted = false, traceId = 'a') => ({
  project: 'default',
  traceId,
  from: 5n,
  spans,
  isRooted,
});

/** How often a run is settled that gets something new every second for so long, and how long after its end it is settled whole. */
function settleEverySecond(seconds: number): { readonly times: number; readonly lagS: number } {
  const pauses = new RunPauses();
  let times = 0;
  let lastS = 0;
  for (let second = 1; ; second += 1) {
    const nowMs = second * 1000;
    const isOver = second > seconds;
    const size = trace(1000 * Math.min(second, seconds));
    const due = isOver ? pauses.over(nowMs) : pauses.due([size], nowMs);
    if (due.length > 0) {
      times += 1;
      lastS = second;
      pauses.settled([size], nowMs);
    }
    if (isOver && pauses.waiting().length === 0) return { times, lagS: Math.max(0, lastS - seconds) };
  }
}

test('a run that goes on is settled a number of times that grows with the logarithm of its length, and whole soon after it ends', () => {
  const minute = settleEverySecond(60);
  const hour = settleEverySecond(3_600);
  const day = settleEverySecond(86_400);
  expect(minute.times).toBeLessThan(15);
  expect(hour.times).toBeLessThan(minute.times + 15);
  expect(day.times).toBeLessThan(hour.times + 12);
  // A second is the step of the time here.
  expect(hour.lagS).toBeLessThanOrEqual(61);
  expect(day.lagS).toBeLessThanOrEqual(61);
});

test('a short run, and one whose root came, do not wait', () => {
  const pauses = new RunPauses();
  for (const nowMs of [0, 100_000]) pauses.settled([trace(99), trace(500, false, 'b')], nowMs);
  const due = pauses.due([trace(99), trace(501, false, 'b')], 100_001);
  expect(due.map(({ traceId }) => traceId)).toEqual(['a']);
  expect(pauses.waiting()).toMatchObject([{ traceId: 'b', from: 5n }]);
  expect(pauses.due([trace(502, true, 'b')], 100_002)).toHaveLength(1);
});

test('those that waited when the server ended are settled at its start', () => {
  const pauses = new RunPauses();
  pauses.restore([trace(0), trace(0, false, 'b')]);
  expect(pauses.dueInMs(7)).toBe(0);
  expect(pauses.over(7)).toHaveLength(2);
  pauses.settled([trace(500)], 7);
  pauses.gone([trace(0, false, 'b')]);
  expect(pauses.dueInMs(7)).toBeUndefined();
});

test('only so many wait', () => {
  const pauses = new RunPauses();
  const many = Array.from({ length: waitingMax + 3 }, (_, index) => trace(500, false, String(index)));
  for (const nowMs of [0, 100_000]) pauses.settled(many, nowMs);
  expect(pauses.due(many, 100_001)).toHaveLength(3);
  expect(pauses.waiting()).toHaveLength(waitingMax);
});
