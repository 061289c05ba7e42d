import type { TraceExtent } from '../trace-extent.ts';
import type { RunFlags } from './run-flags.ts';
import type { RunTree } from './run-tree.ts';

/** What tells whether the steps of a run are still the same. */
export interface StepsState {
  readonly count: number;
  readonly changedMs: string;
}

export interface StoredRun {
  readonly tree: RunTree;
  readonly extent: TraceExtent;
  readonly state: StepsState;
  /** Where they were asked for. */
  readonly flags: RunFlags | undefined;
}
