import type { Logger } from 'pino';
import { gauge, type Metric } from './ingest/index.ts';
import type { RetentionPolicy, TelemetryStore } from './storage/telemetry-store.ts';

export interface RetentionKeeper {
  readonly policy: RetentionPolicy;
  /** How far the store is over its cap although all that may be dropped is: what came today stays. 0 where it is not. */
  readonly overCapBytes: number;
  metrics(): readonly Metric[];
  /** Takes a new policy and enforces it at once. */
  change(policy: RetentionPolicy): Promise<void>;
  stop(): void;
}

const intervalMs = 10 * 60_000;

/** Enforces the retention and the disk cap now and every ten minutes. A failure is logged and tried again next time. */
export function keepRetention(options: {
  readonly store: Pick<TelemetryStore, 'enforceRetention'>;
  readonly policy: RetentionPolicy;
  /** False while nobody knows whether another policy was set: nothing is dropped then. */
  readonly isCertain: boolean;
  readonly log: Logger;
}): RetentionKeeper {
  let { policy, isCertain } = options;
  let overCapBytes = 0;
  const enforce = async (): Promise<void> => {
    if (!isCertain) return;
    try {
      const { bytesLeft } = await options.store.enforceRetention(policy);
      const over = Math.max(0, bytesLeft - (policy.capBytes ?? Infinity));
      if (over > 0 && overCapBytes === 0)
        options.log.warn(
          { bytes: bytesLeft, capBytes: policy.capBytes },
          'What came today is larger than the disk cap, and today is never dropped.',
        );
      overCapBytes = over;
    } catch (error) {
      options.log.error(
        { err: error },
        'The retention could not be enforced; it is tried again in ten minutes.',
      );
    }
  };
  void enforce();
  const timer = setInterval(() => void enforce(), intervalMs).unref();
  return {
    get policy() {
      return policy;
    },
    get overCapBytes() {
      return overCapBytes;
    },
    metrics: () => [
      gauge(
        'sightline_store_cap_bytes',
        'Disk cap of the store; not there where it has none.',
        policy.capBytes,
      ),
      gauge(
        'sightline_store_over_cap_bytes',
        'What the store takes beyond its cap after all but today was dropped.',
        overCapBytes,
      ),
    ],
    change: async (changed) => {
      policy = changed;
      isCertain = true;
      await enforce();
    },
    stop: () => clearInterval(timer),
  };
}
