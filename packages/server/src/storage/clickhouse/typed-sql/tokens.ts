import { refusal } from './refusal.ts';

/** UTF-16 units of a statement. */
export const textLengthMax = 65_536;
export const tokensMax = 10_000;

export type TokenKind = 'word' | 'quoted' | 'number' | 'string' | 'sign' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The word, the name without quotes, the number or sign as it stands, or the text of the string as `stringText` prints it. */
  readonly text: string;
  /** The word in upper case; of others as `text`. */
  readonly upper: string;
  readonly at: number;
}

const spaces = /[\s\uFEFF]+/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const number =
  /(?:0[xX][0-9a-fA-F]+|0[bB][01]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_])/y;
const sign = /<=>|->|::|\|\||==|!=|<>|<=|>=|[-+*/%=<>?:.,()[\];]/y;
const wholeNumber = /[0-9]+/y;

/**
 * The tokens of a statement, in one pass. Strings come out with the few escapes that mean one character and nothing else, so that
 * they can be printed between quotes as they are.
 */
export function tokenize(sql: string): readonly Token[] {
  if (sql.length > textLengthMax)
    throw refusal(
      `The statement has ${sql.length} characters, and at most ${textLengthMax} are read.`,
      'Shorten its lists, or ask for a table and join it.',
    );
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0];
  };
  const add = (kind: TokenKind, text: string, end: number): void => {
    if (tokens.length === tokensMax)
      throw refusal(
        `${place(sql, at)}: the statement has more than ${tokensMax} words and signs.`,
        'Shorten it.',
      );
    tokens.push({ kind, text, upper: kind === 'word' ? text.toUpperCase() : text, at });
    at = end;
  };
  while (at < sql.length) {
    const space = match(spaces);
    const character = sql[at] ?? '';
    const commentEnd = space === undefined ? endOfComment(sql, at) : undefined;
    if (space !== undefined) at += space.length;
    else if (commentEnd !== undefined) at = commentEnd;
    else if (character === "'") {
      const { text, end } = readQuoted(sql, at, stringEscapes);
      add('string', text, end);
    } else if (character === '`' || character === '"') {
      const { text, end } = readQuoted(sql, at, {});
      if (text === '') throw refusal(`${place(sql, at)}: a name cannot be empty.`);
      add('quoted', text, end);
    } else {
      // After a dot a number is the place in a tuple: `t.1.2` has no 1.2 in it.
      const before = tokens.at(-1);
      const isPlace = before?.text === '.' && before.kind === 'sign';
      const digits = match(isPlace ? wholeNumber : number);
      const name = digits === undefined ? match(word) : undefined;
      const found = digits ?? name ?? match(sign);
      if (found === undefined)
        throw refusal(
          `${place(sql, at)}: "${String.fromCodePoint(sql.codePointAt(at) ?? 0)}" cannot stand here.`,
          hintOf(character),
        );
      // `t.1` is a place in a tuple, not the name t and the number .1.
      if (digits?.startsWith('.') === true && isOperandEnd(before, sql, at)) add('sign', '.', at + 1);
      else
        add(digits !== undefined ? 'number' : name !== undefined ? 'word' : 'sign', found, at + found.length);
    }
  }
  add('end', '', at);
  return tokens;
}

/** `Line 2, column 7`: where a person finds it. */
export function place(sql: string, at: number): string {
  const before = sql.slice(0, at);
  const line = before.split('\n').length;
  return `Line ${line}, column ${at - (before.lastIndexOf('\n') + 1) + 1}`;
}

function hintOf(character: string): string {
  if (character === '{') return 'Parameters are not known here: write the value. A map is map(key, value).';
  return character === '$' || character === '@' ? 'Write a text between single quotes.' : '';
}

function isOperandEnd(before: Token | undefined, sql: string, at: number): boolean {
  if (before === undefined || /\s/.test(sql[at - 1] ?? ' ')) return false;
  return before.kind === 'word' || before.kind === 'quoted' || before.text === ')' || before.text === ']';
}

/** `-- …`, `# …`, `#! …` to the end of the line, and nested comments between slashes and stars. */
function endOfComment(sql: string, at: number): number | undefined {
  if (sql.startsWith('--', at) || sql.startsWith('# ', at) || sql.startsWith('#!', at)) {
    const end = sql.indexOf('\n', at);
    return end < 0 ? sql.length : end;
  }
  if (!sql.startsWith('/*', at)) return undefined;
  const edge = /\/\*|\*\//g;
  edge.lastIndex = at;
  let open = 0;
  for (let found = edge.exec(sql); found !== null; found = edge.exec(sql)) {
    open += found[0] === '/*' ? 1 : -1;
    if (open === 0) return edge.lastIndex;
  }
  throw refusal(`${place(sql, at)}: this comment does not end.`);
}

/** What a backslash and this letter mean, as it is printed again. Others keep their backslash, as in the engine. */
const stringEscapes: Readonly<Record<string, string>> = {
  "'": "\\'",
  '\\': '\\\\',
  a: '\\a',
  b: '\\b',
  e: '\\e',
  f: '\\f',
  n: '\\n',
  r: '\\r',
  t: '\\t',
  v: '\\v',
  '0': '\\0',
  '"': '"',
  '`': '`',
  '/': '/',
  '=': '=',
};

/** The text between the quotes at `at`: of a string as it is printed, of a name (no escapes given) as it is. */
function readQuoted(
  sql: string,
  at: number,
  escapes: Readonly<Record<string, string>>,
): { readonly text: string; readonly end: number } {
  const quote = sql[at] ?? '';
  const isString = quote === "'";
  const plain = isString ? /[^'\\]+/y : quote === '`' ? /[^`\\\p{Cc}]+/uy : /[^"\\\p{Cc}]+/uy;
  let text = '';
  let end = at + 1;
  while (end < sql.length) {
    plain.lastIndex = end;
    const run = plain.exec(sql)?.[0];
    const next = sql[end + 1] ?? '';
    if (run !== undefined) {
      text += isString ? run.replaceAll('\0', '\\0') : run;
      end += run.length;
    } else if (sql[end] === quote && next === quote) {
      text += isString ? "\\'" : quote;
      end += 2;
    } else if (sql[end] === quote) {
      return { text, end: end + 1 };
    } else if (!isString || sql[end] !== '\\' || next === '') {
      break;
    } else {
      const hex = /^x[0-9a-fA-F]{2}/.exec(sql.slice(end + 1, end + 4))?.[0];
      text +=
        hex === undefined
          ? Object.hasOwn(escapes, next)
            ? (escapes[next] ?? '')
            : `\\\\${next}`
          : `\\${hex}`;
      end += 1 + (hex?.length ?? next.length);
    }
  }
  throw refusal(
    `${place(sql, at)}: this ${isString ? 'text' : 'name'} does not end, or has a character that cannot stand in it.`,
    isString ? '' : 'Names have no backslashes and no control characters.',
  );
}
