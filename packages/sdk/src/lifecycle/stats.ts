import { activeHandlers } from '../logging/pino-root.ts';
import { linesByLevel } from '../logging/logger.ts';
import type { LogLevel } from '../config/levels.ts';
import type { DropCount, Signal } from '../core/drop-counter.ts';
import { currentRuntime, type PipelineCounts } from '../runtime/runtime.ts';

/** What the SDK has done in this process. Spans and metrics count from `init`, lines from the start. */
export interface SdkStats {
  readonly logs: {
    readonly lines: Readonly<Record<LogLevel, number>>;
    /** Handlers that take lines now. */
    readonly activeHandlers: number;
    readonly queued: number;
    readonly dropped: number;
  };
  readonly traces: {
    readonly started: number;
    readonly finished: number;
    /** Finished with an error. */
    readonly failed: number;
    readonly active: number;
    readonly queued: number;
    /** Not delivered, and not sampled. */
    readonly dropped: number;
  };
  readonly metrics: {
    readonly collections: number;
    /** Data points of the last collection. */
    readonly points: number;
    /** Collections that a receiver did not take. The next carries the same sums. */
    readonly failed: number;
    readonly dropped: number;
  };
}

/**
 * @example
 * getStats().traces.started; // 3
 */
export function getStats(): SdkStats {
  const runtime = currentRuntime();
  const counts = runtime?.counts() ?? nothing;
  const drops = runtime?.drops.list() ?? [];
  const { started, finished } = counts.spans;
  return {
    logs: {
      lines: { ...linesByLevel },
      activeHandlers: activeHandlers(),
      queued: counts.logs.queued,
      dropped: droppedOf('logs', drops),
    },
    traces: { ...counts.spans, active: started - finished, dropped: droppedOf('traces', drops) },
    metrics: { ...counts.metrics, dropped: droppedOf('metrics', drops) },
  };
}

const nothing: PipelineCounts = {
  spans: { started: 0, finished: 0, failed: 0, queued: 0 },
  logs: { queued: 0 },
  metrics: { collections: 0, points: 0, failed: 0 },
};

function droppedOf(signal: Signal, drops: readonly DropCount[]): number {
  return drops.filter((drop) => drop.signal === signal).reduce((sum, drop) => sum + drop.count, 0);
}
