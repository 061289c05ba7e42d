import { describe, expect, it } from 'vitest';
import { CircuitOpenError, trackedCache, trackedCircuitBreaker, trackedPool } from '../index.ts';
import { metricPoints, startSdk } from '../test/start-sdk.ts';

describe('tracked helpers', () => {
  it('count cache hits and misses, and load a key once for concurrent misses', async () => {
    const memory = startSdk();
    const cache = trackedCache('users', new Map<string, number>());
    let loads = 0;
    const load = async () => {
      loads++;
      await Promise.resolve();
      return 7;
    };
    expect(await Promise.all([cache.getOrLoad('a', load), cache.getOrLoad('a', load)])).toEqual([7, 7]);
    expect([await cache.get('a'), loads]).toEqual([7, 1]);
    const points = await metricPoints(memory, 'cache.requests');
    expect(points.map(({ value, attributes }) => [attributes['cache.result'], value])).toEqual([
      ['miss', 2],
      ['hit', 1],
    ]);
    expect(
      memory.spans.some((span) => span.name === 'cache.get' && span.attributes['cache.hit'] === true),
    ).toBe(true);
    await expect(
      cache.getOrLoad('b', async () => {
        throw new Error('down');
      }),
    ).rejects.toThrow('down');
  });

  it('show the connections of a pool, also when their use fails', async () => {
    const memory = startSdk();
    const pool = trackedPool('db', { acquire: async () => 'c', release: () => undefined });
    await expect(
      pool.use(() => {
        expect(pool.active).toBe(1);
        throw new Error('query');
      }),
    ).rejects.toThrow('query');
    expect(pool.active).toBe(0);
    expect((await metricPoints(memory, 'pool.connections.active'))[0]?.value).toBe(0);
    expect((await metricPoints(memory, 'pool.wait.duration'))[0]?.value).toMatchObject({ count: 1 });
  });

  it('open, half open and close a circuit', async () => {
    const memory = startSdk();
    let nowMs = 0;
    const breaker = trackedCircuitBreaker('llm', { failuresMax: 2, resetAfterMs: 100, nowMs: () => nowMs });
    const fail = () =>
      breaker.run(() => {
        throw new Error('x');
      });
    await expect(fail()).rejects.toThrow('x');
    await expect(fail()).rejects.toThrow('x');
    await expect(fail()).rejects.toBeInstanceOf(CircuitOpenError);
    nowMs = 200;
    expect(await breaker.run(() => 1)).toBe(1);
    expect(breaker.state).toBe('closed');
    expect((await metricPoints(memory, 'circuit_breaker.transitions')).length).toBe(3);
    expect((await metricPoints(memory, 'circuit_breaker.refused'))[0]?.value).toBe(1);
  });
});
