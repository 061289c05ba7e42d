import type { Logger } from 'pino';

export interface BackgroundLooksOptions {
  readonly look: () => Promise<void>;
  /** When it is tried again after a failure. */
  readonly retryMs: number;
  readonly log: Pick<Logger, 'warn'>;
  /** What the log says of a failure. */
  readonly failure: string;
}

/**
 * Looks after something when told to, never twice at once and never while other work on the same thing goes on. A look that fails is tried again; the log says so when it
 * begins to fail and when the reason changes.
 */
export class BackgroundLooks {
  readonly #options: BackgroundLooksOptions;
  #work: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer is over, by the clock that only goes forward. */
  #timerMs = 0;
  #isStopped = false;
  #isLooking = false;
  #waiting: (() => void)[] = [];
  /** Why the last look failed; undefined where it went well. */
  #lastFailure: string | undefined;

  constructor(options: BackgroundLooksOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Looks after this time, or when it is going to anyway. */
  lookIn(waitMs: number): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timerMs = performance.now() + Math.max(0, waitMs);
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.inTurn(async () => this.#look()).then(
          () => (this.#lastFailure = undefined),
          (error: unknown) => {
            this.#tell(error);
            this.lookIn(this.#options.retryMs);
          },
        );
      },
      Math.max(0, waitMs),
    ).unref();
  }

  get isLooking(): boolean {
    return this.#isLooking;
  }

  /** In how long a look begins: 0 while one goes on, undefined where none is going to. */
  get dueInMs(): number | undefined {
    if (this.#isLooking) return 0;
    return this.#timer === undefined ? undefined : Math.max(0, this.#timerMs - performance.now());
  }

  /** Resolves when the look that is going to begin has ended, or the one that goes on where none is. */
  async nextLook(): Promise<void> {
    if (this.#timer === undefined) return this.#work.catch(() => undefined);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A reason that stays the same would fill the log. */
  #tell(error: unknown): void {
    const reason = String(error);
    if (reason !== this.#lastFailure) this.#options.log.warn({ err: error }, this.#options.failure);
    this.#lastFailure = reason;
  }

  async #look(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isLooking = true;
    try {
      await this.#options.look();
    } finally {
      this.#isLooking = false;
      for (const resolve of waiting) resolve();
    }
  }

  /** Runs a task when what is under way is done. Nothing else begins before it ends. */
  async inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#work.catch(() => undefined).then(task);
    this.#work = done;
    await done;
  }

  /** Begins no look any more. Resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const resolve of this.#waiting) resolve();
    await this.#work.catch(() => undefined);
  }
}
