import { describe, expect, it } from 'vitest';
import { droppedCounts, isKept, stableHash, withSpan } from '../index.ts';
import { startSdk } from '../test/start-sdk.ts';

describe('sampling', () => {
  it('hashes as documented, in any process and language', () => {
    // Computed by an independent implementation in Python.
    expect(['', 'thread-1', '0af7651916cd43dd8448eb211c80319c', 'größe'].map(stableHash)).toEqual([
      0xab3e7c0b, 0x7308476d, 0x146b5eaf, 0xcda1b73c,
    ]);
    const kept = Array.from({ length: 10_000 }, (_, index) => `id-${index}`).filter((id) =>
      isKept(id, 0.1),
    ).length;
    expect(kept).toBeGreaterThan(900);
    expect(kept).toBeLessThan(1100);
  });

  it('decides by the trace id, the same for every span of the trace', () => {
    const memory = startSdk({ sampling: { rate: 0.5, keepErrors: false, keepSlowerThanMs: false } });
    for (let index = 0; index < 200; index++)
      withSpan('root', {}, () => withSpan('child', {}, () => undefined));
    const traces = new Set(memory.spans.map((span) => span.spanContext().traceId));
    expect(memory.spans).toHaveLength(traces.size * 2);
    expect(traces.size).toBeGreaterThan(60);
    expect(traces.size).toBeLessThan(140);
    for (const id of traces) expect(isKept(id, 0.5)).toBe(true);
  });

  it('keeps traces that failed or were slow, whole, whatever the rate, and counts the others', async () => {
    const memory = startSdk({ sampling: { rate: 0, keepSlowerThanMs: 30 } });
    const run = (name: string, inner: () => unknown) =>
      withSpan(name, {}, async () => withSpan(`${name} child`, {}, inner));
    await run('fast', () => undefined);
    await run('failed', () => {
      throw new Error('x');
    }).catch(() => undefined);
    await run('slow', () => new Promise((resolve) => setTimeout(resolve, 40)));
    expect(memory.spans.map((span) => span.name)).toEqual(['failed child', 'failed', 'slow child', 'slow']);
    expect(droppedCounts()).toEqual([{ signal: 'traces', reason: 'not sampled', count: 2 }]);
  });

  it('keeps the end-of-trace decision within its memory bound', () => {
    const memory = startSdk({ sampling: { rate: 0, pendingSpansMax: 50 } });
    withSpan('long', {}, () => {
      for (let index = 0; index < 500; index++) withSpan('child', {}, () => undefined);
    });
    expect(memory.spans).toHaveLength(0);
    const full = droppedCounts().find((drop) => drop.reason === 'the tail buffer is full');
    expect(full?.count).toBeGreaterThan(400);
  });

  it('forces one request', () => {
    const memory = startSdk({ sampling: { rate: 0, keepErrors: false, keepSlowerThanMs: false } });
    withSpan('forced', {}, () => withSpan('child', {}, () => undefined), { force: true });
    withSpan('not', {}, () => undefined);
    expect(memory.spans.map((span) => span.name)).toEqual(['child', 'forced']);
  });
});
