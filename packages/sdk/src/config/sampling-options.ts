/** How much is recorded. The decision is made once per trace, at its root, and is the same in every process. */
export interface SamplingOptions {
  /** Share of traces kept, 0 to 1. Default 1. */
  readonly rate?: number;
  /** Keep a trace that the rate would drop when one of its spans has an error. Default true. */
  readonly keepErrors?: boolean;
  /** … or when it took at least this long. Default 10,000 ms; `false` for never. */
  readonly keepSlowerThanMs?: number | false;
  /** Spans of undecided traces held in memory, over all traces. Oldest traces out first. Default 4,096. */
  readonly pendingSpansMax?: number;
}

export interface ResolvedSampling {
  readonly rate: number;
  /** False when a remote parent's decision must be ignored (`traceidratio` without `parentbased_`). */
  readonly parentBased: boolean;
  readonly keepErrors: boolean;
  readonly keepSlowerThanMs: number | false;
  readonly pendingSpansMax: number;
  /** Every trace is kept, whatever the rate. */
  readonly force: boolean;
}
