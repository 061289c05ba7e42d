import { assert } from '@sightline/base';
import type { Statement } from '../../storage/telemetry-store.ts';

/** SQL text with its parameters apart. Fragments nest; the parameters are numbered when the whole is put together. */
export class Sql {
  readonly #pieces: readonly string[];
  readonly #values: readonly (Sql | Parameter)[];

  constructor(pieces: readonly string[], values: readonly (Sql | Parameter)[]) {
    this.#pieces = pieces;
    this.#values = values;
  }

  toStatement(): Statement {
    const params: Record<string, unknown> = {};
    return { sql: this.#write(params, { next: 0 }), params };
  }

  #write(params: Record<string, unknown>, counter: { next: number }): string {
    let text = this.#pieces[0] ?? '';
    for (const [index, value] of this.#values.entries()) {
      if (value instanceof Sql) text += value.#write(params, counter);
      else {
        const name = `p${counter.next++}`;
        params[name] = value.value;
        text += `{${name}:${value.type}}`;
      }
      text += this.#pieces[index + 1] ?? '';
    }
    return text;
  }
}

export interface Parameter {
  readonly type: string;
  readonly value: unknown;
}

/** `sql\`name = ${string(name)} AND ${condition}\``: what is put in is a parameter or another fragment, never bare text. */
export function sql(pieces: TemplateStringsArray, ...values: readonly (Sql | Parameter)[]): Sql {
  return new Sql([...pieces], values);
}

/** Text written by this program, such as a column name. Never what a user wrote. */
export function trusted(text: string): Sql {
  return new Sql([text], []);
}

export function joinSql(fragments: readonly Sql[], separator: string): Sql {
  const [first, ...rest] = fragments;
  if (first === undefined) return trusted('');
  return new Sql(['', ...rest.map(() => separator), ''], fragments);
}

/** The conjunction of the conditions that are there; true when none is. */
export function every(conditions: readonly (Sql | undefined)[]): Sql {
  const present = conditions.filter((condition) => condition !== undefined);
  // In parentheses, each: one may be a disjunction.
  const each = present.map((condition) => sql`(${condition})`);
  return each.length === 0 ? trusted('true') : sql`(${joinSql(each, ' AND ')})`;
}

export const string = (value: string): Parameter => ({ type: 'String', value });
export const strings = (value: readonly string[]): Parameter => ({
  type: 'Array(String)',
  value: [...value],
});
export const float = (value: number): Parameter => {
  assert(Number.isFinite(value), 'A number parameter is finite');
  return { type: 'Float64', value };
};
export const int64 = (value: bigint): Parameter => ({ type: 'Int64', value: value.toString() });
export const uint = (value: number): Parameter => ({ type: 'UInt64', value: Math.trunc(value).toString() });

/** A moment as the tables hold it. */
export const moment = (nanos: bigint): Sql => sql`fromUnixTimestamp64Nano(${int64(nanos)}, 'UTC')`;
