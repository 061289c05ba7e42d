/**
 * Looks at what is due. A check is taken with a lease of the control plane's clock, so that one of any number of servers looks; a server that dies over
 * it leaves it to the next. Programs report what they looked at themselves. What was found is written down in one transaction, then told as telemetry.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, msFromNanos } from '@sightline/base';
import type { CheckReport } from '@sightline/schema/api';
import type { Logger } from 'pino';
import { BackgroundLooks } from '../background/background-looks.ts';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import {
  type CheckOutcome,
  giveCheckBack,
  nextCheckInMs,
  recordOutcome,
  recordReport,
  recordUnknown,
  type StoredCheck,
  takeDueChecks,
} from '../catalog/checks.ts';
import type { Reach } from '../outbound/reach.ts';
import { overdueOutcome } from './overdue.ts';
import { telemetryOf } from './check-telemetry.ts';
import { probe } from './probe.ts';

export interface CheckKeeperOptions {
  readonly catalog: CatalogDatabase;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  readonly reach: Reach;
  /** Takes telemetry as if it came through a receiver. */
  readonly send: (telemetry: {
    readonly project: string;
    readonly signal: 'metrics' | 'traces';
    readonly request: Uint8Array;
  }) => Promise<unknown>;
}

/** Looks that are under way at one time. */
const atOnce = 20;
/** Other servers may have made checks meanwhile. */
const lookMsMax = 5_000;
const lookMsMin = 200;
const retryMs = 10_000;
const betweenAttemptsMs = 1_000;

export class CheckKeeper {
  readonly #options: CheckKeeperOptions;
  readonly #looks: BackgroundLooks;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #startedMs: number;

  constructor(options: CheckKeeperOptions) {
    this.#options = options;
    this.#startedMs = msFromNanos(options.clock.now());
    this.#looks = new BackgroundLooks({
      look: async () => this.#look(),
      retryMs,
      log: options.log,
      failure: 'Checks could not be looked at; trying again.',
    });
  }

  start(): void {
    this.#looks.lookIn(0);
  }

  /** To be called after a check was made or changed, or a program pinged: what is due now is looked at at once. */
  async changed(): Promise<void> {
    if (!this.#looks.isStopped) await this.#looks.inTurn(async () => this.#take());
  }

  /** What a program found is written down like a look of ours. Undefined where there is no room for its check. */
  async reported(project: string, report: CheckReport): Promise<StoredCheck | undefined> {
    const { catalog } = this.#options;
    const check = await recordReport(catalog, project, report);
    if (check === undefined || !check.enabled) return check;
    const { ok, ms, reason, ended } = report;
    if (ended) await recordUnknown(catalog, check);
    else
      await this.#write(check, {
        ok,
        ms,
        reason: ok ? null : reason || 'it failed',
        certificateDays: null,
      });
    return check;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looks.stop();
    await Promise.all(this.#running);
  }

  async #look(): Promise<void> {
    await this.#take();
    const inMs = (await nextCheckInMs(this.#options.catalog)) ?? lookMsMax;
    this.#looks.lookIn(Math.min(lookMsMax, Math.max(lookMsMin, inMs)));
  }

  async #take(): Promise<void> {
    const places = atOnce - this.#running.size;
    if (places <= 0 || this.#looks.isStopped) return;
    for (const check of await takeDueChecks(this.#options.catalog, places)) {
      const done = this.#run(check)
        .catch((error: unknown) => {
          this.#options.log.warn({ err: error, check: check.name }, 'A check could not be written down.');
        })
        .finally(() => this.#running.delete(done));
      this.#running.add(done);
    }
  }

  async #run(check: StoredCheck): Promise<void> {
    const outcome = await this.#attempt(check);
    if (outcome === undefined) return giveCheckBack(this.#options.catalog, check);
    await this.#write(check, outcome);
  }

  async #write(check: StoredCheck, outcome: CheckOutcome): Promise<void> {
    const { catalog, clock, send } = this.#options;
    if (!(await recordOutcome(catalog, check, outcome))) return;
    const endMs = msFromNanos(clock.now());
    for (const telemetry of telemetryOf(check, outcome, endMs))
      await send({ project: check.project, ...telemetry });
  }

  #awakeS(): number {
    return (msFromNanos(this.#options.clock.now()) - this.#startedMs) / 1000;
  }

  /** Undefined where the server stops meanwhile: nobody knows then. */
  async #attempt(check: StoredCheck): Promise<CheckOutcome | undefined> {
    const { target, retries, timeoutMs } = check;
    const { clock, reach } = this.#options;
    if (target.kind === 'heartbeat' || target.kind === 'program')
      return overdueOutcome(check, target, this.#awakeS());
    for (let left = retries; !this.#stopping.signal.aborted; left--) {
      const nowMs = msFromNanos(clock.now());
      const outcome = await probe(target, { reach, timeoutMs, nowMs });
      if (outcome.ok || left === 0) return this.#stopping.signal.aborted ? undefined : outcome;
      await delay(betweenAttemptsMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
    return undefined;
  }
}
