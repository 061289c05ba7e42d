import { readFileSync } from 'node:fs';

/** What the marks in the lists stand for. */
export interface Canaries {
  readonly file: string;
  readonly folder: string;
  readonly port: number;
  readonly url: string;
  readonly database: string;
  readonly mine: string;
  readonly others: string;
}

export interface Escapes {
  readonly tables: readonly string[];
  readonly functions: readonly string[];
  readonly positions: readonly string[];
  /** Statements of their own. */
  readonly statements: readonly string[];
}

export function readEscapes(canaries: Canaries): Escapes {
  const fill = (text: string): string =>
    Object.entries(canaries).reduce(
      (filled, [mark, value]) => filled.replaceAll(`{{${mark}}}`, String(value)),
      text,
    );
  const lines = (name: string): readonly string[] =>
    readFileSync(new URL(`${name}.txt`, import.meta.url), 'utf8')
      // A line that begins with a comma or blank belongs to the one before.
      .split(/\n(?![, ])/)
      .filter((line) => line !== '')
      .map(fill);
  return {
    tables: lines('table-functions'),
    functions: lines('functions'),
    positions: lines('positions'),
    statements: lines('statements'),
  };
}

/** Each table and function in each position, and the statements of their own. */
export function* escapesIn({ tables, functions, positions, statements }: Escapes): Generator<string> {
  yield* statements;
  for (const position of positions) {
    if (position.includes('{{table}}'))
      for (const table of tables) yield position.replaceAll('{{table}}', table);
    if (position.includes('{{scalar}}'))
      for (const call of functions) yield position.replaceAll('{{scalar}}', call);
  }
}
