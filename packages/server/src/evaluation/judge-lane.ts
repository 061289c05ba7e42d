/**
 * Judgements by models that wait or are under way, beside the rounds that find them: a judge that hangs keeps nobody but itself waiting. Each judge has a queue and a few places of
 * its own, so that the others go on; what does not fit is refused, and stays where rounds find it again.
 */
export interface JudgeJob {
  readonly project: string;
  readonly evaluatorId: string;
  readonly traceId: string;
  /** When the last of the trace had arrived. Seconds since 1970. */
  readonly lastSeconds: number;
}

/** So many judges may hang before another one waits. */
const judgesHangingMax = 4;
export const laneBounds = { atOncePerJudge: 4, atOnce: 4 * judgesHangingMax, waitingPerJudgeMax: 2_000 };

export class JudgeLane {
  readonly #run: (job: JudgeJob) => Promise<void>;
  /** By evaluator. */
  readonly #waiting = new Map<string, Map<string, JudgeJob>>();
  readonly #underWay = new Map<string, Map<string, JudgeJob>>();
  readonly #running = new Set<Promise<void>>();
  #isStopped = false;

  /** `run` does not reject. */
  constructor(run: (job: JudgeJob) => Promise<void>) {
    this.#run = run;
  }

  get size(): number {
    return this.#jobs().length;
  }

  has(evaluatorId: string, traceId: string): boolean {
    return [this.#waiting, this.#underWay].some((jobs) => jobs.get(evaluatorId)?.has(traceId) === true);
  }

  /** False where the judge has too many waiting. */
  add(job: JudgeJob): boolean {
    const { evaluatorId, traceId } = job;
    const waiting = this.#waiting.get(evaluatorId) ?? new Map<string, JudgeJob>();
    if (this.#isStopped || waiting.size >= laneBounds.waitingPerJudgeMax) return false;
    this.#waiting.set(evaluatorId, waiting.set(traceId, job));
    this.#start();
    return true;
  }

  /** The earliest last arrival of what is not judged yet. */
  oldestOf(project: string): number {
    const ofProject = this.#jobs().filter((job) => job.project === project);
    return ofProject.reduce((oldest, { lastSeconds }) => Math.min(oldest, lastSeconds), Infinity);
  }

  hasRoom(project: string): boolean {
    return [...this.#waiting.values()].every((waiting) => {
      const [first] = waiting.values();
      return first?.project !== project || waiting.size < laneBounds.waitingPerJudgeMax / 2;
    });
  }

  /** What waits is somebody else's now; what is under way goes on. */
  forget(project: string): void {
    for (const [evaluatorId, waiting] of this.#waiting) {
      const [first] = waiting.values();
      if (first?.project === project) this.#waiting.delete(evaluatorId);
    }
  }

  /** Starts nothing more, and resolves when what is under way is over. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#waiting.clear();
    await Promise.all(this.#running);
  }

  #jobs(): readonly JudgeJob[] {
    return [this.#waiting, this.#underWay].flatMap((jobs) =>
      [...jobs.values()].flatMap((ofJudge) => [...ofJudge.values()]),
    );
  }

  #start(): void {
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      const running = this.#do(job).finally(() => {
        this.#running.delete(running);
        this.#start();
      });
      this.#running.add(running);
    }
  }

  /** Of the judges with a free place, the one that has been waiting longest: who had its turn goes to the end. */
  #next(): JudgeJob | undefined {
    if (this.#isStopped || this.#running.size >= laneBounds.atOnce) return undefined;
    for (const [evaluatorId, waiting] of this.#waiting) {
      const [job] = waiting.values();
      if (job === undefined) this.#waiting.delete(evaluatorId);
      else if ((this.#underWay.get(evaluatorId)?.size ?? 0) < laneBounds.atOncePerJudge) {
        waiting.delete(job.traceId);
        this.#waiting.delete(evaluatorId);
        if (waiting.size > 0) this.#waiting.set(evaluatorId, waiting);
        return job;
      }
    }
    return undefined;
  }

  async #do(job: JudgeJob): Promise<void> {
    const { evaluatorId, traceId } = job;
    const mine = this.#underWay.get(evaluatorId) ?? new Map<string, JudgeJob>();
    this.#underWay.set(evaluatorId, mine.set(traceId, job));
    try {
      await this.#run(job);
    } finally {
      mine.delete(traceId);
      if (mine.size === 0) this.#underWay.delete(evaluatorId);
    }
  }
}
