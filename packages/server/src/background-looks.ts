import type { Logger } from 'pino';

export interface BackgroundLooksOptions {
  readonly look: () => Promise<void>;
  /** When it is tried again after a failure. */
  readonly retryMs: number;
  readonly log: Pick<Logger, 'warn'>;
  /** What the log says of a failure. */
  readonly failure: string;
}

/** Looks after something when told to, never twice at once and never while other work on the same thing goes on. A look that fails is tried again. */
export class BackgroundLooks {
  readonly #options: BackgroundLooksOptions;
  #work: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: BackgroundLooksOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Looks after this time, or when it is going to anyway. */
  lookIn(waitMs: number): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.inTurn(this.#options.look).catch((error: unknown) => {
          this.#options.log.warn({ err: error }, this.#options.failure);
          this.lookIn(this.#options.retryMs);
        });
      },
      Math.max(0, waitMs),
    ).unref();
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
    await this.#work.catch(() => undefined);
  }
}
