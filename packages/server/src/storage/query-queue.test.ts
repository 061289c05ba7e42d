import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { QueryQueue, type Turn } from './query-queue.ts';
import type { QueueState } from './query-share.ts';

const idle = { running: 0, waiting: 0 };

function stateOf(queue: QueryQueue, share: QueueState['share']): QueueState | undefined {
  return queue.state().find((state) => state.share === share);
}

/** A task that lasts until its signal, or until it is told. */
function lasting(): { readonly task: (turn: Turn) => Promise<string>; readonly end: () => void } {
  const { promise, resolve } = Promise.withResolvers<string>();
  return {
    task: async ({ signal }) => {
      signal.addEventListener('abort', () => resolve('ended'));
      return promise;
    },
    end: () => resolve('done'),
  };
}

describe('the queue of queries', () => {
  it('lets no share wait behind another', async () => {
    const queue = new QueryQueue();
    const heavy = Array.from({ length: 50 }, () => lasting());
    const answers = heavy.map(async ({ task }) => queue.run({ share: 'sql', timeMsMax: 60_000 }, task));
    expect(stateOf(queue, 'sql')).toMatchObject({ running: 2, waiting: 48 });
    for (const share of ['page', 'watch', 'search', 'background'] as const)
      expect(await queue.run({ share, timeMsMax: 1000 }, async () => share)).toBe(share);
    for (const { end } of heavy) end();
    expect(await Promise.all(answers)).toEqual(heavy.map(() => 'done'));
    expect(stateOf(queue, 'sql')).toMatchObject({ ...idle, refused: 0 });
  });

  it('refuses what is too much at once', async () => {
    const queue = new QueryQueue();
    const heavy = Array.from({ length: 50 }, () => lasting());
    const answers = heavy.map(async ({ task }) => queue.run({ share: 'sql', timeMsMax: 60_000 }, task));
    await expect(queue.run({ share: 'sql', timeMsMax: 60_000 }, async () => 'never')).rejects.toMatchObject({
      kind: 'busy',
      retryAfterS: expect.any(Number),
    });
    for (const { end } of heavy) end();
    await Promise.all(answers);
    expect(stateOf(queue, 'sql')).toMatchObject({ ...idle, refused: 1 });
  });

  it('counts waiting against the time', async () => {
    const queue = new QueryQueue();
    const first = [lasting(), lasting()];
    const running = first.map(async ({ task }) => queue.run({ share: 'sql', timeMsMax: 200 }, task));
    const outcome = async (promise: Promise<unknown>) =>
      promise.then(
        () => 'answered',
        (error: { kind: string }) => error.kind,
      );
    const late = outcome(queue.run({ share: 'sql', timeMsMax: 100 }, async () => 'never'));
    const inTime = queue.run({ share: 'sql', timeMsMax: 10_000 }, async ({ timeMsLeft }) => timeMsLeft);
    expect(await late).toBe('busy');
    expect(await Promise.all(running.map(outcome))).toEqual(['limit', 'limit']);
    expect(await inTime).toBeLessThanOrEqual(9_850);
    expect(stateOf(queue, 'sql')).toMatchObject({ ...idle, refused: 1 });
  });

  it('forgets who is gone, and tells what runs for them to end', async () => {
    const queue = new QueryQueue();
    const gone = new AbortController();
    const all = Array.from({ length: 10 }, async () =>
      queue.run({ share: 'sql', timeMsMax: 60_000, signal: gone.signal }, lasting().task),
    );
    gone.abort();
    for (const each of await Promise.allSettled(all))
      expect(each).toMatchObject({ status: 'rejected', reason: { kind: 'cancelled' } });
    await delay(0);
    expect(stateOf(queue, 'sql')).toMatchObject({ ...idle, refused: 0 });
    await expect(
      queue.run({ share: 'sql', timeMsMax: 60_000, signal: gone.signal }, async () => 'never'),
    ).rejects.toMatchObject({ kind: 'cancelled' });
    expect(stateOf(queue, 'sql')).toMatchObject(idle);
  });

  it('keeps the place of what cannot be ended', async () => {
    const queue = new QueryQueue();
    const gone = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const deaf = queue.run({ share: 'watch', timeMsMax: 60_000, signal: gone.signal }, async () => promise);
    await delay(0);
    gone.abort();
    await expect(deaf).rejects.toMatchObject({ kind: 'cancelled' });
    expect(stateOf(queue, 'watch')).toMatchObject({ running: 1 });
    resolve();
    await delay(0);
    expect(stateOf(queue, 'watch')).toMatchObject(idle);
  });
});
