import { describe, expect, it } from 'vitest';
import { type Clock, nanosFromMs } from '@sightline/base';
import type { ClickHouseEngine } from './engine.ts';
import { WritesUnderWay } from './writes-under-way.ts';

class SetClock implements Pick<Clock, 'now'> {
  ms = 1_000_000;
  now(): ReturnType<Clock['now']> {
    return nanosFromMs(this.ms);
  }
}

const embedded = { kind: 'embedded' } as ClickHouseEngine;

describe('what is settled in the embedded engine', () => {
  it('is all before now while nothing is written', async () => {
    const clock = new SetClock();
    const writes = new WritesUnderWay(embedded, clock);
    expect(await writes.settledMs()).toEqual({ certainMs: 999_999n, visibleMs: 999_999n });
    clock.ms += 10;
    expect(await writes.settledMs()).toEqual({ certainMs: 1_000_009n, visibleMs: 1_000_009n });
  });

  it('ends before the oldest write under way, also where the clock was set back since', async () => {
    const clock = new SetClock();
    const writes = new WritesUnderWay(embedded, clock);
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const done = [writes.during(async () => first.promise)];
    clock.ms += 500;
    done.push(writes.during(async () => second.promise));
    clock.ms += 500;
    expect(await writes.settledMs()).toEqual({ certainMs: 999_999n, visibleMs: 999_999n });
    first.resolve();
    await done[0];
    expect(await writes.settledMs()).toEqual({ certainMs: 1_000_499n, visibleMs: 1_000_499n });
    clock.ms -= 900;
    expect(await writes.settledMs()).toEqual({ certainMs: 1_000_099n, visibleMs: 1_000_099n });
    second.reject(new Error('It failed.'));
    await expect(done[1]).rejects.toThrow('It failed.');
    clock.ms += 900;
    expect(await writes.settledMs()).toEqual({ certainMs: 1_000_999n, visibleMs: 1_000_999n });
  });
});

describe('what is settled in an engine that others may write to', () => {
  const engineMs = 5_000_000n;
  const server = {
    kind: 'clickhouse',
    select: async () => ({ data: [{ ms: String(engineMs) }] }),
  } as unknown as ClickHouseEngine;

  it('is certain when no write of anybody can take longer, and visible where this process writes nothing', async () => {
    const clock = new SetClock();
    const writes = new WritesUnderWay(server, clock);
    const certainMs = engineMs - 150_000n;
    expect(await writes.settledMs()).toEqual({ certainMs, visibleMs: engineMs - 1n });
    const written = Promise.withResolvers<void>();
    const done = writes.during(async () => written.promise);
    clock.ms += 700;
    expect(await writes.settledMs()).toEqual({ certainMs, visibleMs: engineMs - 701n });
    clock.ms += 1_000_000;
    expect(await writes.settledMs()).toEqual({ certainMs, visibleMs: certainMs });
    written.resolve();
    await done;
    expect(await writes.settledMs()).toEqual({ certainMs, visibleMs: engineMs - 1n });
  });
});
