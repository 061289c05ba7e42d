const ageMsMax = 60_000;

/** Answers to what is asked again and again, as they were within the last minute. Whoever asks meanwhile waits for the same one; one that failed is asked for anew. */
export class KeptAnswers<Answer> {
  readonly #kept = new Map<string, { readonly atMs: number; readonly answer: Promise<Answer> }>();
  readonly #keptMax: number;

  constructor(keptMax: number) {
    this.#keptMax = keptMax;
  }

  /** `nowMs`: by a clock that is never put back. */
  async read(key: string, nowMs: number, ask: () => Promise<Answer>): Promise<Answer> {
    for (const [old, { atMs }] of this.#kept)
      if (nowMs - atMs > ageMsMax || this.#kept.size > this.#keptMax) this.#kept.delete(old);
    const known = this.#kept.get(key);
    if (known !== undefined) return known.answer;
    const answer = ask();
    this.#kept.set(key, { atMs: nowMs, answer });
    try {
      return await answer;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }
}
