/** Stages of requests in memory, bounded: the oldest thread goes when there are too many, the oldest sample of a stage likewise. */
export interface StageRecord {
  readonly stageId: string;
  readonly stageName: string;
  /** Epoch milliseconds. */
  readonly startTimeMs: number;
  durationMs: number | undefined;
  success: boolean | undefined;
  errorType?: string;
  errorMessage?: string;
  readonly metadata: Record<string, unknown>;
  readonly substages: StageRecord[];
}

interface Thread {
  readonly stages: StageRecord[];
  stageCount: number;
}

interface Samples {
  readonly durationsMs: number[];
  readonly successes: boolean[];
  succeeded: number;
}

export const threadsMax = 1000;
export const stagesPerThreadMax = 1000;
export const samplesPerStageMax = 1000;
export const stageIdsMax = 1000;

export class StageStore {
  readonly #threads = new Map<string, Thread>();
  readonly #samples = new Map<string, Samples>();

  /** False when the thread is full: the stage is then a span only. */
  add(threadId: string, record: StageRecord, parent: StageRecord | undefined): boolean {
    const thread = this.#ensureThread(threadId);
    if (thread.stageCount >= stagesPerThreadMax) return false;
    thread.stageCount++;
    (parent?.substages ?? thread.stages).push(record);
    return true;
  }

  /** Returns the share of the kept samples of this stage that succeeded, 0 to 1. */
  finish(record: StageRecord): number | undefined {
    if (record.durationMs === undefined || record.success === undefined) return undefined;
    const samples = this.#ensureSamples(record.stageId);
    samples.durationsMs.push(record.durationMs);
    samples.successes.push(record.success);
    if (record.success) samples.succeeded++;
    if (samples.durationsMs.length > samplesPerStageMax) {
      samples.durationsMs.shift();
      if (samples.successes.shift() === true) samples.succeeded--;
    }
    return samples.succeeded / samples.successes.length;
  }

  stagesOf(threadId: string): readonly StageRecord[] | undefined {
    return this.#threads.get(threadId)?.stages;
  }

  samplesOf(stageId: string): Readonly<Samples> | undefined {
    return this.#samples.get(stageId);
  }

  clearThread(threadId: string): void {
    this.#threads.delete(threadId);
  }

  #ensureThread(threadId: string): Thread {
    return ensureBounded(this.#threads, threadId, threadsMax, () => ({ stages: [], stageCount: 0 }));
  }

  #ensureSamples(stageId: string): Samples {
    return ensureBounded(this.#samples, stageId, stageIdsMax, () => ({
      durationsMs: [],
      successes: [],
      succeeded: 0,
    }));
  }
}

function ensureBounded<T>(map: Map<string, T>, key: string, max: number, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) {
    map.set(key, (value = make()));
    const oldest = map.keys().next().value;
    if (map.size > max && oldest !== undefined) map.delete(oldest);
  }
  return value;
}
