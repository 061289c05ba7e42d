import type { Logger } from 'pino';
import type { RetentionPolicy, TelemetryStore } from './storage/telemetry-store.ts';

export interface RetentionKeeper {
  readonly policy: RetentionPolicy;
  /** Takes a new policy and enforces it at once. */
  change(policy: RetentionPolicy): Promise<void>;
  stop(): void;
}

const intervalMs = 10 * 60_000;

/** Enforces the retention and the disk cap now and every ten minutes. A failure is logged and tried again next time. */
export function keepRetention(options: {
  readonly store: Pick<TelemetryStore, 'enforceRetention'>;
  readonly policy: RetentionPolicy;
  readonly log: Logger;
}): RetentionKeeper {
  let policy = options.policy;
  const enforce = async (): Promise<void> => {
    try {
      await options.store.enforceRetention(policy);
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
    change: async (changed) => {
      policy = changed;
      await enforce();
    },
    stop: () => clearInterval(timer),
  };
}
