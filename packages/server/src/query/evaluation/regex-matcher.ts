import { type QueryContext, Reader } from '../reader.ts';
import { sql, string, strings } from '../sql/sql.ts';

/** Texts of one statement, in characters. */
const charactersMax = 1_000_000;

interface Asked {
  readonly text: string;
  readonly answer: (found: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Whether texts match patterns, by the engine's RE2: in time linear in the text, whatever the pattern. Texts are collected and asked for together, at the latest at
 * `flush`, without which an answer may never come.
 */
export class RegexMatcher {
  readonly #context: QueryContext;
  readonly #asked = new Map<string, Asked[]>();
  readonly #running: Promise<void>[] = [];
  #characters = 0;

  constructor(context: QueryContext) {
    this.#context = context;
  }

  async match(text: string, pattern: string): Promise<boolean> {
    return new Promise((answer, fail) => {
      this.#asked.set(pattern, [...(this.#asked.get(pattern) ?? []), { text, answer, fail }]);
      this.#characters += text.length;
      if (this.#characters >= charactersMax) this.#start();
    });
  }

  /** Resolves once whatever was asked is answered. */
  async flush(): Promise<void> {
    this.#start();
    await Promise.all(this.#running.splice(0));
  }

  #start(): void {
    for (const [pattern, asked] of this.#asked) this.#running.push(this.#ask(pattern, asked));
    this.#asked.clear();
    this.#characters = 0;
  }

  async #ask(pattern: string, asked: readonly Asked[]): Promise<void> {
    try {
      const texts = strings(asked.map(({ text }) => text));
      const rows = await new Reader(this.#context, 5_000).rows<{ found: number | boolean }>(
        sql`SELECT match(arrayJoin(${texts}) AS text, ${string(pattern)}) AS found`,
      );
      for (const [at, { answer }] of asked.entries()) answer(Boolean(rows[at]?.found));
    } catch (error) {
      for (const { fail } of asked) fail(error);
    }
  }
}
