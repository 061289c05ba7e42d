import { SightlineError } from '@sightline/schema/errors';

export interface MissingPart<Name extends string> {
  readonly part: Name;
  readonly code: string;
  readonly message: string;
}

/** What another try, or a shorter range, may answer. Anything else is wrong with the whole question, or with the program. */
const mayPass: ReadonlySet<string> = new Set(['query_limit', 'too_many_queries', 'store_damaged']);

/** The parts of one answer that fail each by itself. */
export class Parts<Name extends string> {
  readonly #failures = new Map<Name, SightlineError>();

  /** What `read` answers; undefined where it failed, and `missing` says why. */
  async try<Answer>(part: Name, read: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      const answer = await read();
      this.#failures.delete(part);
      return answer;
    } catch (error) {
      if (!(error instanceof SightlineError) || !mayPass.has(error.code)) throw error;
      this.#failures.set(part, error);
      return undefined;
    }
  }

  /** Throws what the first of these parts failed with, where none of them is there. */
  assertSome(parts: readonly Name[]): void {
    const failures = parts.flatMap((part) => this.#failures.get(part) ?? []);
    const [first] = failures;
    if (first !== undefined && failures.length === parts.length) throw first;
  }

  get missing(): MissingPart<Name>[] {
    return [...this.#failures].map(([part, { code, message }]) => ({ part, code, message }));
  }
}
