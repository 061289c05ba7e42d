/** Answers of one moment: rules of one tick that ask the same get one answer. Of failures, too. */
import type { QueryLimits, QueryResult, Statement } from '../storage/telemetry-store.ts';

/** Answers beyond are asked again. */
const keptBytesMax = 32 * 1024 ** 2;

export class AskedOnce {
  readonly #answers = new Map<string, Promise<unknown>>();
  #bytesLeft = keptBytesMax;

  async rows<Row>(
    statement: Statement,
    limits: Partial<QueryLimits>,
    ask: () => Promise<QueryResult<Row>>,
  ): Promise<QueryResult<Row>> {
    return this.#once(['rows', statement, limits], ask, ({ rows }) => JSON.stringify(rows).length);
  }

  async binary(
    statement: Statement,
    limits: Partial<QueryLimits>,
    ask: () => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    return this.#once(['binary', statement, limits], ask, (bytes) => bytes.byteLength);
  }

  async #once<Answer>(
    asked: readonly unknown[],
    ask: () => Promise<Answer>,
    sizeOf: (answer: Answer) => number,
  ): Promise<Answer> {
    const key = JSON.stringify(asked, (_name, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    const known = this.#answers.get(key);
    if (known !== undefined) return known as Promise<Answer>;
    const answer = ask();
    this.#answers.set(key, answer);
    const size = sizeOf(await answer);
    if (size > this.#bytesLeft) this.#answers.delete(key);
    else this.#bytesLeft -= size;
    return answer;
  }
}
