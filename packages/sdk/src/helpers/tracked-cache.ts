import { counter } from '../metrics/instruments.ts';
import { withSpan } from '../tracing/with-span.ts';

/** What a cache must offer: a Map does, and so do most cache packages and Redis wrappers. */
export interface CacheLike<K, V> {
  get(key: K): V | undefined | null | Promise<V | undefined | null>;
  set(key: K, value: V, ...more: never[]): unknown;
  delete?(key: K): unknown;
}

export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  /** 0 to 1; undefined before the first read. */
  readonly hitRate: number | undefined;
}

export interface TrackedCache<K, V> {
  get(key: K): Promise<V | undefined>;
  set(key: K, value: V): Promise<void>;
  delete(key: K): Promise<void>;
  /** Reads so far in this process. */
  getStats(): CacheStats;
  /** The cached value, or the loaded one, which is then cached. Concurrent misses of one key load once. */
  getOrLoad(key: K, load: () => V | Promise<V>): Promise<V>;
}

const requests = counter('cache.requests', {
  unit: '{request}',
  description: 'Cache reads, by result: hit or miss.',
});

/**
 * Spans and `cache.requests{cache.result=hit|miss}` for any cache; the hit rate is hits over all.
 *
 * @example
 * const cache = trackedCache('sessions', new Map<string, number>());
 * await cache.getOrLoad('a', async () => 1);
 */
export function trackedCache<K, V>(name: string, cache: CacheLike<K, V>): TrackedCache<K, V> {
  const loading = new Map<K, Promise<V>>();
  let hits = 0;
  let misses = 0;
  const operation = <T>(verb: string, fn: (setHit: (hit: boolean) => void) => T) =>
    withSpan(`cache.${verb}`, { 'cache.name': name, 'cache.operation': verb }, (span) =>
      fn((hit) => {
        if (hit) hits++;
        else misses++;
        span.setAttributes({ 'cache.hit': hit });
        requests.add(1, { 'cache.name': name, 'cache.result': hit ? 'hit' : 'miss' });
      }),
    );
  const tracked: TrackedCache<K, V> = {
    get: (key) =>
      operation('get', async (setHit) => {
        const value = (await cache.get(key)) ?? undefined;
        setHit(value !== undefined);
        return value;
      }),
    getStats: () => ({ hits, misses, hitRate: hits + misses === 0 ? undefined : hits / (hits + misses) }),
    set: (key, value) => operation('set', async () => void (await cache.set(key, value))),
    delete: (key) => operation('delete', async () => void (await cache.delete?.(key))),
    getOrLoad: async (key, load) => {
      const known = await tracked.get(key);
      if (known !== undefined) return known;
      let value = loading.get(key);
      if (value === undefined) {
        value = withSpan('cache.load', { 'cache.name': name }, async () => load());
        loading.set(key, value);
        value.finally(() => loading.delete(key)).catch(() => undefined);
        await tracked.set(key, await value);
      }
      return value;
    },
  };
  return tracked;
}
