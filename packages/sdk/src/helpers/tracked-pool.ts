import { upDownCounter, timer, counter } from '../metrics/instruments.ts';
import { withSpan } from '../tracing/with-span.ts';

export interface PoolLike<C> {
  acquire(): C | Promise<C>;
  release(connection: C): unknown;
}

export interface TrackedPool<C> {
  /** Runs `fn` with a connection and gives it back, also when it throws. */
  use<T>(fn: (connection: C) => T | Promise<T>): Promise<T>;
  readonly active: number;
}

const active = upDownCounter('pool.connections.active', { unit: '{connection}' });
const waiting = timer('pool.wait.duration', { description: 'Time to get a connection.' });
const failures = counter('pool.acquire.failures', { unit: '{failure}' });

/**
 * A span per use, the wait for a connection, and how many are out.
 *
 * @example
 * const pool = trackedPool('db', { acquire: async () => 'connection', release: () => {} });
 * await pool.use(async (connection) => connection.length);
 */
export function trackedPool<C>(name: string, pool: PoolLike<C>): TrackedPool<C> {
  const labels = { 'pool.name': name };
  let out = 0;
  return {
    get active() {
      return out;
    },
    use: (fn) =>
      withSpan('pool.use', labels, async (span) => {
        const stop = waiting.start(labels);
        let connection: C;
        try {
          connection = await pool.acquire();
        } catch (error) {
          failures.add(1, labels);
          throw error;
        } finally {
          span.setAttributes({ 'pool.wait_ms': Math.round(stop() * 1e6) / 1000 });
        }
        out++;
        active.add(1, labels);
        try {
          return await fn(connection);
        } finally {
          out--;
          active.add(-1, labels);
          await pool.release(connection);
        }
      }),
  };
}
