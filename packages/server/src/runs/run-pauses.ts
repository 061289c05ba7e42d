/**
 * Lets a run that goes on wait before it is settled again: it is read whole each time, so to settle it with every piece that comes would cost a square. It waits a share of
 * the time since it was first settled, so it is read a number of times that grows with the logarithm of that time.
 */

/** A trace with something new, as far as its spans are known. */
export interface GoingTrace {
  readonly project: string;
  readonly traceId: string;
  /** Of its first span. Nanoseconds since 1970. */
  readonly from: bigint;
}

export interface TraceSize {
  readonly spans: number;
  /** Its root came: mostly the last span of all. */
  readonly isRooted: boolean;
}

interface SettledTrace {
  readonly firstMs: number;
  readonly settledMs: number;
  readonly isRooted: boolean;
}

interface WaitingTrace extends GoingTrace {
  readonly dueMs: number;
}

/** A shorter trace is settled with whatever comes. */
const spansMin = 100;
/** Of the time since it was first settled: until it is settled again while more comes, and once nothing more comes. */
const goingShare = 1 / 2;
const quietShare = 1 / 10;
/** Not longer once nothing more comes: so a run that pauses is read once a minute at most, and one that ended is whole a minute later. */
const quietMsMax = 60_000;
/** Beyond, the one that was settled longest ago is forgotten: it is settled with what comes next. */
const settledMax = 10_000;
/** Beyond, none waits: all are written down with the progress of runs. */
export const waitingMax = 1_000;

export class RunPauses {
  readonly #settled = new Map<string, SettledTrace>();
  readonly #waiting = new Map<string, WaitingTrace>();

  /** Those that are to be settled now. The others wait. */
  due<Trace extends GoingTrace & TraceSize>(traces: readonly Trace[], nowMs: number): readonly Trace[] {
    return traces.filter((trace) => {
      const key = keyOf(trace);
      const settled = this.#settled.get(key);
      if (settled === undefined || trace.spans < spansMin || trace.isRooted !== settled.isRooted) return true;
      const dueMs = dueOf(settled, nowMs);
      if (dueMs <= nowMs || (this.#waiting.size >= waitingMax && !this.#waiting.has(key))) return true;
      this.#waiting.set(key, { project: trace.project, traceId: trace.traceId, from: trace.from, dueMs });
      return false;
    });
  }

  settled(traces: readonly (GoingTrace & TraceSize)[], nowMs: number): void {
    for (const trace of traces) {
      const key = keyOf(trace);
      this.#waiting.delete(key);
      if (trace.spans < spansMin) continue;
      const firstMs = this.#settled.get(key)?.firstMs ?? nowMs;
      this.#settled.delete(key);
      this.#settled.set(key, { firstMs, settledMs: nowMs, isRooted: trace.isRooted });
      const [oldest] = this.#settled.keys();
      if (oldest !== undefined && this.#settled.size > settledMax) this.#settled.delete(oldest);
    }
  }

  /** Whose time has come. They wait until `settled` or `gone` is called. */
  over(nowMs: number): readonly GoingTrace[] {
    return [...this.#waiting.values()].filter(({ dueMs }) => dueMs <= nowMs);
  }

  /** To be called where a trace that waited is not stored any more. */
  gone(traces: readonly GoingTrace[]): void {
    for (const trace of traces) this.#waiting.delete(keyOf(trace));
  }

  waiting(): readonly GoingTrace[] {
    return [...this.#waiting.values()];
  }

  /** In how long the first of them is due; undefined where none waits. */
  dueInMs(nowMs: number): number | undefined {
    if (this.#waiting.size === 0) return undefined;
    return Math.max(0, Math.min(...[...this.#waiting.values()].map(({ dueMs }) => dueMs)) - nowMs);
  }

  /** Begins anew with those that waited when it was written down. */
  restore(waiting: readonly GoingTrace[]): void {
    this.#settled.clear();
    this.#waiting.clear();
    for (const trace of waiting) this.#waiting.set(keyOf(trace), { ...trace, dueMs: -Infinity });
  }
}

function dueOf({ firstMs, settledMs }: SettledTrace, changedMs: number): number {
  const ageMs = settledMs - firstMs;
  return Math.min(settledMs + goingShare * ageMs, changedMs + Math.min(quietMsMax, quietShare * ageMs));
}

const keyOf = ({ project, traceId }: GoingTrace): string => `${traceId} ${project}`;
