/**
 * Whether this server should get traffic: what `/ready` answers. Checks run at most once a second, however many ask, and nobody waits longer for them: a check that is
 * still under way counts as it ended last, until it has taken too long.
 */
import type { ReadyResponse } from '@sightline/schema/api';

type ReadyCheck = ReadyResponse['checks'][number];

export interface CheckToRun {
  readonly name: string;
  /** Whether the server can do its work although this fails. */
  readonly isOptional?: boolean;
  /** Resolves with what is wrong; undefined where nothing is. */
  readonly look: () => Promise<string | undefined>;
}

const freshMs = 1_000;
const answerMsMax = 1_000;
const unansweredMsMax = 5_000;

export class Readiness {
  readonly #checks: readonly RunningCheck[];

  constructor(checks: readonly CheckToRun[]) {
    this.#checks = checks.map((check) => new RunningCheck(check));
  }

  async read(): Promise<Omit<ReadyResponse, 'status'> & { readonly isReady: boolean }> {
    const checks = await Promise.all(this.#checks.map(async (check) => check.read()));
    return { isReady: checks.every(({ state }) => state !== 'failing'), checks };
  }
}

class RunningCheck {
  readonly #check: CheckToRun;
  #last: { readonly failure: string | undefined; readonly atMs: number } | undefined;
  #run: { readonly done: Promise<void>; readonly sinceMs: number } | undefined;

  constructor(check: CheckToRun) {
    this.#check = check;
  }

  async read(): Promise<ReadyCheck> {
    const { name, isOptional = false } = this.#check;
    const failure = await this.#failure();
    if (failure === undefined) return { name, state: 'ok', message: null };
    return { name, state: isOptional ? 'degraded' : 'failing', message: failure };
  }

  async #failure(): Promise<string | undefined> {
    if (this.#last !== undefined && performance.now() - this.#last.atMs < freshMs) return this.#last.failure;
    this.#run ??= { done: this.#look(), sinceMs: performance.now() };
    const { done, sinceMs } = this.#run;
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, answerMsMax).unref())]);
    const waitedMs = performance.now() - sinceMs;
    if (this.#run !== undefined && (this.#last === undefined || waitedMs > unansweredMsMax))
      return `No answer for ${(waitedMs / 1000).toFixed(0)} s.`;
    return this.#last?.failure;
  }

  async #look(): Promise<void> {
    const failure = await this.#check
      .look()
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    this.#last = { failure, atMs: performance.now() };
    this.#run = undefined;
  }
}
