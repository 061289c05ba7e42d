import { joinSql, type Sql, sql, string, strings, trusted } from '../sql/sql.ts';
import { likePattern } from './compile-condition.ts';
import type { StoredSignal } from './signal-columns.ts';

/**
 * Free text, in any case. The words are found in the `words` index; only where the order or the signs between words
 * matter (`"rate limit"`, `foo-bar`) are the texts of the found rows read to check. A star matches within a text.
 */
export function compileText(signal: StoredSignal, parts: readonly string[]): Sql {
  if (signal === 'metrics') return sql`lowerUTF8(name) LIKE ${string(contains(lower(parts)))}`;
  const exact = (pattern: Sql): Sql => sql`arrayExists(text -> text LIKE ${pattern}, lowered)`;
  return compileWords(parts, { words: trusted('words'), exact });
}

interface Words {
  /** What the index is over, just as it says there. */
  readonly words: Sql;
  /** The comparison with a pattern for LIKE. */
  readonly exact: (pattern: Sql) => Sql;
}

/** The condition on a table with an index over words. */
export function compileWords(parts: readonly string[], { words, exact }: Words): Sql {
  const lowered = lower(parts);
  const tokens = tokensOf(lowered);
  const found = tokens.length === 0 ? undefined : sql`hasAllTokens(${words}, ${strings(tokens)})`;
  const [only = ''] = lowered;
  const isOneWord = lowered.length === 1 && tokens.length === 1 && tokens[0] === only;
  if (found !== undefined && isOneWord) return found;
  const compared = exact(sql`${string(contains(lowered))}`);
  return found === undefined ? compared : sql`(${joinSql([found, compared], ' AND ')})`;
}

const lower = (parts: readonly string[]): string[] => parts.map((part) => part.toLowerCase());

/** Whole words of the text. The pieces of a word next to a star may be parts of longer words, so they are left out. */
function tokensOf(parts: readonly string[]): string[] {
  const tokens = parts.flatMap((part, index) => {
    const words = part.split(/[^\p{L}\p{N}]+/u);
    const isCut = {
      start: index > 0 && /^[\p{L}\p{N}]/u.test(part),
      end: index < parts.length - 1 && /[\p{L}\p{N}]$/u.test(part),
    };
    return words.slice(isCut.start ? 1 : 0, isCut.end ? -1 : words.length);
  });
  return [...new Set(tokens)].filter((token) => token !== '');
}

function contains(parts: readonly string[]): string {
  return likePattern(['', ...parts, '']);
}
