import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackgroundLooks } from './background-looks.ts';

const retryMs = 5_000;

function looksAfter(look: () => Promise<void>): { looks: BackgroundLooks; warn: ReturnType<typeof vi.fn> } {
  const warn = vi.fn();
  return { looks: new BackgroundLooks({ look, retryMs, log: { warn }, failure: 'It failed.' }), warn };
}

describe('background looks', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('look once, when the first asked for it', async () => {
    const look = vi.fn(async () => {});
    const { looks } = looksAfter(look);
    looks.lookIn(100);
    looks.lookIn(0);
    await vi.advanceTimersByTimeAsync(99);
    expect(look).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    expect(look).toHaveBeenCalledTimes(1);
  });

  it('try again after a failure, and say so', async () => {
    const look = vi.fn(async () => {}).mockRejectedValueOnce(new Error('away'));
    const { looks, warn } = looksAfter(look);
    looks.lookIn(-1);
    await vi.advanceTimersByTimeAsync(retryMs - 1);
    expect(warn).toHaveBeenCalledWith({ err: new Error('away') }, 'It failed.');
    expect(look).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(10 * retryMs);
    expect(look).toHaveBeenCalledTimes(2);
  });

  it('say once why they fail, and again when the reason changes or they failed anew', async () => {
    const look = vi
      .fn(async () => {})
      .mockRejectedValueOnce(new Error('away'))
      .mockRejectedValueOnce(new Error('away'))
      .mockRejectedValueOnce(new Error('full'))
      .mockResolvedValueOnce()
      .mockRejectedValueOnce(new Error('full'));
    const { looks, warn } = looksAfter(look);
    looks.lookIn(0);
    await vi.advanceTimersByTimeAsync(4 * retryMs);
    expect(look).toHaveBeenCalledTimes(4);
    looks.lookIn(0);
    await vi.advanceTimersByTimeAsync(1);
    const reasons = warn.mock.calls.map(([{ err }]) => (err as Error).message);
    expect(reasons).toEqual(['away', 'full', 'full']);
  });

  it('wait for work that is under way, failed or not, and do not begin once stopped', async () => {
    const look = vi.fn(async () => {});
    const { looks } = looksAfter(look);
    const { promise, reject } = Promise.withResolvers<void>();
    const work = looks.inTurn(async () => promise);
    const failed = expect(work).rejects.toThrow('no');
    looks.lookIn(0);
    await vi.advanceTimersByTimeAsync(100);
    expect(look).not.toHaveBeenCalled();
    reject(new Error('no'));
    await failed;
    await vi.advanceTimersByTimeAsync(0);
    expect(look).toHaveBeenCalledTimes(1);

    looks.lookIn(10);
    await looks.stop();
    looks.lookIn(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(look).toHaveBeenCalledTimes(1);
    expect(looks.isStopped).toBe(true);
  });
});
