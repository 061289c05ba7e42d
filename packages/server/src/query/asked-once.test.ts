import { describe, expect, it } from 'vitest';
import type { QueryResult } from '../storage/telemetry-store.ts';
import { AskedOnce } from './asked-once.ts';

const statement = (value: string) => ({ sql: 'SELECT {p0:String} AS a', params: { p0: value } });

function asking(rows: readonly unknown[]): {
  readonly ask: () => Promise<QueryResult<unknown>>;
  readonly count: () => number;
} {
  let count = 0;
  return {
    ask: async () => {
      count++;
      return { rows, columns: [], rowsRead: 1, bytesRead: 1, elapsedMs: 1, truncated: false };
    },
    count: () => count,
  };
}

describe('what is asked at one moment', () => {
  it('is asked once, also at the same time; other values and limits are asked', async () => {
    const [once, { ask, count }] = [new AskedOnce(), asking([{ a: 'x' }])];
    const [first, second] = await Promise.all([
      once.rows(statement('x'), {}, ask),
      once.rows(statement('x'), {}, ask),
    ]);
    expect([first.rows, second.rows, count()]).toEqual([[{ a: 'x' }], [{ a: 'x' }], 1]);
    await once.rows(statement('y'), {}, ask);
    await once.rows(statement('x'), { resultRowsMax: 5 }, ask);
    expect(count()).toBe(3);
  });

  it('fails for all who ask, once', async () => {
    const once = new AskedOnce();
    let count = 0;
    const fail = async (): Promise<QueryResult<unknown>> => {
      count++;
      throw new Error('the engine stopped');
    };
    for (const _each of [1, 2])
      await expect(once.rows(statement('x'), {}, fail)).rejects.toThrow('the engine stopped');
    expect(count).toBe(1);
  });

  it('is asked again where the answer is too large to be kept', async () => {
    const once = new AskedOnce();
    let count = 0;
    const ask = async (): Promise<Uint8Array> => {
      count++;
      return new Uint8Array(33 * 1024 ** 2);
    };
    for (const _each of [1, 2]) await once.binary(statement('x'), {}, ask);
    expect(count).toBe(2);
  });
});
