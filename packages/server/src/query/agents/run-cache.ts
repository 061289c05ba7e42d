import type { StoredRun } from './stored-run.ts';

/** What a run was read under; as long as it is the same, so is the run. */
export interface RunState {
  readonly start: string;
  readonly end: string;
  readonly spanCount: number;
  readonly steps: number;
  readonly changedMs: string;
  /** A rederived day begins a new generation. */
  readonly generation: number;
}

export interface KnownRun {
  readonly run: StoredRun;
  readonly state: RunState;
}

const runsMax = 8;
const spansMax = 100_000;
/** Somebody goes from tab to tab. */
const ageMsMax = 60_000;

/** Runs as they were read lately. Who takes one out asks whether its state is still the same: see `open-run.ts`. */
export class RunCache {
  readonly #runs = new Map<string, { readonly known: KnownRun; readonly readMs: number }>();

  find(key: string, nowMs: number): KnownRun | undefined {
    this.#forgetOld(nowMs);
    return this.#runs.get(key)?.known;
  }

  keep(key: string, known: KnownRun, nowMs: number): void {
    this.#runs.delete(key);
    this.#runs.set(key, { known, readMs: nowMs });
    let spans = 0;
    for (const each of this.#runs.values()) spans += each.known.run.tree.nodes.length;
    for (const [oldest, each] of this.#runs) {
      if (this.#runs.size <= runsMax && spans <= spansMax) break;
      this.#runs.delete(oldest);
      spans -= each.known.run.tree.nodes.length;
    }
    this.#forgetOld(nowMs);
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { readMs }] of this.#runs) if (nowMs - readMs > ageMsMax) this.#runs.delete(key);
  }
}
