import { type Place, PromqlSyntaxError } from './ast.ts';

export interface Token extends Place {
  readonly kind: 'identifier' | 'metric' | 'number' | 'duration' | 'string' | 'operator' | 'end';
  readonly text: string;
  /** The value of a number; a duration in seconds. */
  readonly number: number;
  /** For a string, the text within its quotes. For the end, why the text cannot end there or cannot be read further. */
  readonly value: string;
}

const space = /[ \t\r\n]+|#[^\n]*/y;
const duration = /\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*/y;
const number = /0[xX][0-9a-fA-F_]+|0[bB][01_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y;
const identifier = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const operator = /==|!=|=~|!~|<=|>=|<\/|>\/|[-+*/%^=<>(){}[\],:@]/y;
const infinite = /^(?:inf|nan)$/i;

const secondsOf: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};
const unitOrder = ['y', 'w', 'd', 'h', 'm', 's', 'ms'];

/** Seconds of a duration such as `1h30m`; units from large to small, each once. Undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  let seconds = 0;
  let last = -1;
  let rest = text;
  while (rest !== '') {
    const [all = '', amount = '', unit = ''] = /^(\d+)(ms|[smhdwy])/.exec(rest) ?? [];
    const order = unitOrder.indexOf(unit);
    if (all === '' || order <= last) return undefined;
    last = order;
    seconds += Number(amount) * (secondsOf[unit] ?? 0);
    rest = rest.slice(all.length);
  }
  return text === '' ? undefined : seconds;
}

/** The tokens of a query and an end. What cannot be read ends them too, so that a parser first finds the mistakes before it. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  try {
    readTokens(text, tokens);
  } catch (error) {
    if (!(error instanceof PromqlSyntaxError)) throw error;
    const { place, reason } = error;
    tokens.push({ kind: 'end', from: place.from, to: place.to, text: '', number: 0, value: reason });
  }
  return tokens;
}

function readTokens(text: string, tokens: Token[]): void {
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const push = (kind: Token['kind'], length: number, extra: Partial<Token> = {}): void => {
    tokens.push({
      kind,
      from: at,
      to: at + length,
      text: text.slice(at, at + length),
      number: 0,
      value: '',
      ...extra,
    });
    at += length;
  };
  let brackets = 0;
  let parens = 0;
  let isInBraces = false;
  const failAt = (reason: string, from: number): never => {
    throw new PromqlSyntaxError(reason, { from, to: from + 1 }, text);
  };
  while (at < text.length) {
    const skipped = match(space);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    const char = text[at] ?? '';
    if (char === '"' || char === "'" || char === '`') {
      const { length, value } = readString(text, at);
      push('string', length, { value });
      continue;
    }
    if (isInBraces && !/[a-zA-Z_,=!}]/.test(char))
      failAt(`unexpected character inside braces: ${quoteChar(text, at)}`, at);
    const period = match(duration);
    if (period !== undefined) {
      const seconds = parseDuration(period);
      if (seconds === undefined || /[a-zA-Z_]/.test(text[at + period.length] ?? ''))
        throw new PromqlSyntaxError(
          `bad number or duration syntax: ${JSON.stringify(period)}`,
          { from: at, to: at + period.length },
          text,
        );
      push('duration', period.length, { number: seconds });
      continue;
    }
    const digits = match(number);
    if (digits !== undefined) {
      const value = parseNumber(digits);
      if (value === Infinity)
        throw new PromqlSyntaxError(
          `error parsing number: ${JSON.stringify(digits)} is out of range`,
          { from: at, to: at + digits.length },
          text,
        );
      if (value === undefined || /[a-zA-Z_]/.test(text[at + digits.length] ?? ''))
        throw new PromqlSyntaxError(
          `bad number or duration syntax: ${JSON.stringify(text.slice(at, at + digits.length + 1))}`,
          { from: at, to: at + digits.length },
          text,
        );
      push('number', digits.length, { number: value });
      continue;
    }
    // Within brackets a colon stands between the range and the step.
    const word = brackets > 0 ? match(/[a-zA-Z_][a-zA-Z0-9_]*/y) : match(identifier);
    if (word !== undefined && !(char === ':' && brackets > 0)) {
      if (infinite.test(word)) push('number', word.length, { number: /^i/i.test(word) ? Infinity : NaN });
      else push(word.includes(':') ? 'metric' : 'identifier', word.length);
      continue;
    }
    const sign: string | undefined = isInBraces ? match(/=~|!~|!=|[=,}]/y) : match(operator);
    if (sign === undefined || (!isInBraces && sign.endsWith('~')) || (sign === '}' && !isInBraces)) {
      const next = at + 1 < text.length ? quoteChar(text, at + 1) : 'end of input';
      return failAt(
        char === '!' || char === '='
          ? `unexpected character after '${char}': ${next}`
          : `unexpected character: ${quoteChar(text, at)}`,
        at,
      );
    }
    if (sign === '[') brackets += 1;
    if (sign === ']') brackets -= 1;
    if (sign === '(') parens += 1;
    if (sign === ')') parens -= 1;
    if (parens < 0) failAt("unexpected right parenthesis ')'", at + 1);
    if (sign === '{' || sign === '}') isInBraces = sign === '{';
    push(sign === ':' && brackets === 0 ? 'metric' : 'operator', sign.length);
  }
  push('end', 0, { value: whyUnfinished({ isInBraces, parens, brackets }) });
}

function whyUnfinished(open: {
  readonly isInBraces: boolean;
  readonly parens: number;
  readonly brackets: number;
}): string {
  if (open.isInBraces) return 'unexpected end of input inside braces';
  if (open.parens > 0) return 'unclosed left parenthesis';
  return open.brackets > 0 ? 'unclosed left bracket' : '';
}

/** A number as PromQL and its files write it. */
export function parseNumber(text: string): number | undefined {
  const plain = /^[+-]?(?:inf|nan)$/i.exec(text)
    ? text.replace(/inf/i, 'Infinity').replace(/nan/i, 'NaN').replace('+', '').replace('-NaN', 'NaN')
    : text.replaceAll(/(?<=[0-9a-fA-F])_(?=[0-9a-fA-F])/g, '');
  if (plain === 'NaN') return NaN;
  // An octal number as Go reads it.
  if (/^0[0-7]+$/.test(plain)) return Number.parseInt(plain, 8);
  if (/^[+-]?0[xX]/.test(plain)) {
    const value = Number(plain.replace(/^[+-]/, ''));
    return Number.isNaN(value) ? undefined : plain.startsWith('-') ? -value : value;
  }
  const value = Number(plain);
  return Number.isNaN(value) || plain === '' ? undefined : value;
}

function quoteChar(text: string, at: number): string {
  return `'${String.fromCodePoint(text.codePointAt(at) ?? 0)}'`;
}

function readString(text: string, from: number): { length: number; value: string } {
  const quote = text[from] ?? '';
  const fail = (reason: string, to: number): never => {
    throw new PromqlSyntaxError(reason, { from, to }, text);
  };
  let at = from + 1;
  const bytes: number[] = [];
  let value = '';
  const flush = (): void => {
    if (bytes.length > 0) value += new TextDecoder().decode(new Uint8Array(bytes.splice(0)));
  };
  for (;;) {
    const char = text[at];
    if (char === undefined || (char === '\n' && quote !== '`'))
      return fail(`unterminated ${quote === '`' ? 'raw' : 'quoted'} string`, at);
    if (char === quote) {
      flush();
      return { length: at + 1 - from, value };
    }
    if (char !== '\\' || quote === '`') {
      flush();
      value += char;
      at += 1;
      continue;
    }
    const [all, byte, octal, short, long, simple] =
      /^\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/s.exec(
        text.slice(at, at + 10),
      ) ?? [];
    if (all === undefined) return fail('escape sequence not terminated', at + 1);
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else if (octal !== undefined) {
      const value = Number.parseInt(octal, 8);
      if (value > 255) return fail('escape sequence is an invalid Unicode code point', at + all.length);
      bytes.push(value);
    } else {
      flush();
      const code = short ?? long;
      if (code !== undefined) {
        const point = Number.parseInt(code, 16);
        if (point > 0x10_ff_ff)
          return fail('escape sequence is an invalid Unicode code point', at + all.length);
        value += String.fromCodePoint(point);
      } else {
        const escaped = escapes[simple ?? ''] ?? (simple === quote || simple === '\\' ? simple : undefined);
        if (escaped === undefined)
          return fail(
            `unknown escape sequence U+${(simple ?? '').charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} '${simple ?? ''}'`,
            at + 2,
          );
        value += escaped;
      }
    }
    at += all.length;
  }
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
