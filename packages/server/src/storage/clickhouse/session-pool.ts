/**
 * A few sessions of which each runs one statement at a time. Callers wait in line; the sessions themselves run in parallel.
 */
export class SessionPool<Session> {
  readonly #idle: Session[];
  readonly #waiting: ((session: Session) => void)[] = [];
  readonly #size: number;
  #drained: (() => void) | undefined;

  constructor(sessions: readonly Session[]) {
    this.#idle = [...sessions];
    this.#size = sessions.length;
  }

  async run<T>(task: (session: Session) => Promise<T>): Promise<T> {
    const session =
      this.#idle.pop() ?? (await new Promise<Session>((resolve) => this.#waiting.push(resolve)));
    try {
      return await task(session);
    } finally {
      const next = this.#waiting.shift();
      if (next !== undefined) next(session);
      else {
        this.#idle.push(session);
        if (this.#idle.length === this.#size) this.#drained?.();
      }
    }
  }

  /** Resolves with all sessions once none of them works; what was waiting is served first. */
  async drain(): Promise<readonly Session[]> {
    if (this.#idle.length < this.#size) await new Promise<void>((resolve) => (this.#drained = resolve));
    return this.#idle;
  }
}
