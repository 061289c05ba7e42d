import type { Clock } from '@sightline/base';

/** Keys whose requests are counted at a time; beyond, the one that asked longest ago begins anew. */
const keysMax = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Holds each key to its requests a minute: a bucket that holds one minute's requests and refills evenly. In memory, so
 * each server counts for itself.
 */
export class RequestRates {
  readonly #clock: Clock;
  /** In the order of their last request. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one request. Gives the seconds to wait where it is one too many. */
  take(key: string, requestsPerMinute: number): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    const perMs = requestsPerMinute / 60_000;
    const bucket = this.#buckets.get(key) ?? { tokens: requestsPerMinute, atMs: nowMs };
    bucket.tokens = Math.min(requestsPerMinute, bucket.tokens + (nowMs - bucket.atMs) * perMs);
    bucket.atMs = nowMs;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > keysMax && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perMs / 1000));
    bucket.tokens -= 1;
    return undefined;
  }
}
