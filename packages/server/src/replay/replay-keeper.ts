/**
 * Runs what waits for targets that the server asks itself, gives work to programs that ask for it, and closes what is over. A claim is in the control
 * plane before anybody runs it, and is never given out again: a server or program that dies over it leaves it lost, not run twice.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@sightline/base';
import type { ReplayWhatIf, WorkRequest, WorkResponse, WorkResult } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { Logger } from 'pino';
import { BackgroundLooks } from '../background/background-looks.ts';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import {
  claimReplays,
  type Claimed,
  closeBatches,
  finishReplays,
  forgetWorker,
  listBudgets,
  listServedTargets,
  loseClaims,
  loseClaimsOf,
  loseExpired,
  noteWorker,
  renewClaims,
  stopAtBudget,
} from '../catalog/replays.ts';
import type { Reach } from '../outbound/reach.ts';
import { callTarget, type ServedTarget } from './call-target.ts';

export interface ReplayKeeperOptions {
  readonly catalog: CatalogDatabase;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  readonly owner: string;
  readonly reach: Reach;
  readonly readVariable: (name: string) => string | undefined;
  /** What the traces cost so far. */
  readonly costOf: (project: string, traceIds: readonly string[]) => Promise<number>;
  /** Takes telemetry as if it came through a receiver. */
  readonly send: (telemetry: {
    readonly project: string;
    readonly signal: 'traces';
    readonly request: Uint8Array;
  }) => Promise<unknown>;
}

/** Replays that this server runs at one time, over all targets. */
const atOnceMax = 200;
const lookMs = 1_000;
const retryMs = 5_000;
const leaseSlackS = 30;
/** A program says every 10 s that its replays go on. */
const workerLeaseS = 40;
const resultsPerWrite = 200;
/** A statement takes the control plane milliseconds, however many results it writes down. */
const collectMs = 20;

interface Running {
  readonly work: Claimed;
  readonly abort: AbortController;
}

export class ReplayKeeper {
  readonly #options: ReplayKeeperOptions;
  readonly #looks: BackgroundLooks;
  readonly #running = new Map<string, Running>();
  readonly #ended = new Set<Promise<void>>();
  readonly #results: WorkResult[] = [];
  readonly #waiting = new Set<() => void>();
  #writing: Promise<void> | undefined;
  #isStopping = false;
  /** Somebody is going to look for what waits. */
  #takes = false;
  /** What died with the server before this one is told. */
  #hasBegun = false;

  constructor(options: ReplayKeeperOptions) {
    this.#options = options;
    this.#looks = new BackgroundLooks({
      look: async () => this.#look(),
      retryMs,
      log: options.log,
      failure: 'Replays could not be looked after; trying again.',
    });
  }

  start(): void {
    this.#looks.lookIn(0);
  }

  /** To be called after replays were made, changed or cancelled. */
  changed(): void {
    for (const wake of this.#waiting) wake();
    if (this.#looks.isStopped || this.#takes) return;
    this.#takes = true;
    void this.#looks
      .inTurn(async () => {
        this.#takes = false;
        await this.#take();
      })
      .catch((error: unknown) => this.#options.log.warn({ err: error }, 'Replays could not be begun.'));
  }

  /** A program that offers a target asks for work, and waits a while for it. */
  async giveWork(
    project: string,
    target: string,
    { worker, places, free, running, waitMs, leaves, whatIf }: WorkRequest,
    signal: AbortSignal | undefined,
  ): Promise<WorkResponse> {
    const { catalog } = this.#options;
    if (leaves) {
      await forgetWorker(catalog, project, target, worker);
      return { work: [], cancelled: [] };
    }
    if (!(await noteWorker(catalog, { project, target, worker, places })))
      throw new SightlineError(
        'bad_request',
        `The target ${JSON.stringify(target)} is asked by the server itself.`,
        {
          hint: 'Give the target of the program another name.',
        },
      );
    const cancelled = await renewClaims(catalog, running, workerLeaseS);
    const untilMs = performance.now() + (cancelled.length > 0 ? 0 : waitMs);
    for (;;) {
      const work = await claimReplays(catalog, {
        project,
        target,
        worker,
        limit: free,
        leaseS: workerLeaseS,
        whatIf,
      });
      if (work.length > 0 || performance.now() >= untilMs || this.#isStopping || signal?.aborted === true)
        return {
          work: work.map(({ id, ...rest }) => ({
            replayId: id,
            claim: rest.claim,
            sourceTraceId: rest.sourceTraceId,
            input: rest.input as never,
            context: rest.context as never,
            whatIf: rest.whatIf === null ? null : withoutStep(rest.whatIf),
          })),
          cancelled: [...cancelled],
        };
      await this.#wakened(Math.min(lookMs, untilMs - performance.now()));
    }
  }

  async takeResult(result: WorkResult): Promise<boolean> {
    const taken = (await finishReplays(this.#options.catalog, [result])) > 0;
    this.changed();
    return taken;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const wake of this.#waiting) wake();
    await this.#looks.stop();
    const claims = [...this.#running.keys()];
    for (const { abort } of this.#running.values()) abort.abort();
    await Promise.all(this.#ended);
    await this.#writing?.catch(() => undefined);
    if (claims.length > 0) await loseClaims(this.#options.catalog, claims);
  }

  async #look(): Promise<void> {
    const { catalog, owner } = this.#options;
    if (!this.#hasBegun) await loseClaimsOf(catalog, owner);
    this.#hasBegun = true;
    await loseExpired(catalog);
    await this.#keepBudgets();
    // What could not be written the last time.
    if (this.#results.length > 0) await this.#write();
    await this.#take();
    await this.#endCancelled();
    await closeBatches(catalog);
    this.#looks.lookIn(lookMs);
  }

  async #keepBudgets(): Promise<void> {
    const { catalog, costOf } = this.#options;
    for (const { id, project, budgetUsd, traces } of await listBudgets(catalog))
      if ((await costOf(project, traces)) >= budgetUsd) await stopAtBudget(catalog, id);
  }

  async #take(): Promise<void> {
    if (this.#isStopping || !this.#hasBegun || this.#running.size >= atOnceMax) return;
    const { catalog, owner } = this.#options;
    for (const { project, name, settings } of await listServedTargets(catalog)) {
      if (settings.kind === 'sdk') continue;
      const own = [...this.#running.values()].filter(
        ({ work }) => work.project === project && work.target === name,
      );
      const limit = Math.min(settings.concurrency - own.length, atOnceMax - this.#running.size);
      const leaseS = settings.timeoutMs / 1000 + leaseSlackS;
      const claimed = await claimReplays(catalog, {
        project,
        target: name,
        worker: owner,
        limit,
        leaseS,
        whatIf: false,
      });
      for (const work of claimed) this.#run(settings, work);
    }
  }

  #run(settings: ServedTarget, work: Claimed): void {
    const abort = new AbortController();
    this.#running.set(work.claim, { work, abort });
    const { reach, readVariable, clock, send, log } = this.#options;
    const nowMs = (): number => Number(clock.now() / 1_000_000n);
    const done = callTarget(settings, work, { reach, readVariable, nowMs, signal: abort.signal })
      .then(async ({ result, telemetry }) => {
        if (abort.signal.aborted) return;
        if (telemetry !== undefined)
          await send({ project: work.project, signal: 'traces', request: telemetry }).catch(
            (error: unknown) =>
              log.warn({ err: error }, 'The call of a replayed model could not be stored as a trace.'),
          );
        this.#results.push(result);
        await this.#write();
      })
      .catch((error: unknown) =>
        log.warn({ err: error }, 'The result of a replay could not be written down.'),
      )
      .finally(() => {
        this.#running.delete(work.claim);
        this.#ended.delete(done);
      });
    this.#ended.add(done);
  }

  /** Results that come meanwhile are written together, and the places they leave are filled at once. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll();
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#results.length > 0) {
        await delay(collectMs);
        const results = this.#results.slice(0, resultsPerWrite);
        await finishReplays(this.#options.catalog, results);
        this.#results.splice(0, results.length);
        for (const { claim } of results) this.#running.delete(claim);
        this.changed();
      }
    } finally {
      // At once: what comes from here on begins a new writing.
      this.#writing = undefined;
    }
  }

  async #endCancelled(): Promise<void> {
    const claims = [...this.#running.keys()];
    for (const claim of await renewClaims(this.#options.catalog, claims, leaseSlackS))
      this.#running.get(claim)?.abort.abort();
  }

  async #wakened(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(waitMs, 0));
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }
}

function withoutStep({ step: _step, ...whatIf }: NonNullable<Claimed['whatIf']>): ReplayWhatIf {
  return whatIf;
}
