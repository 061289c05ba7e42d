/**
 * Fills in texts of alerts. An action stands in double braces and is written as in Prometheus' templates: values and labels of the alert, pipes, functions that need nothing
 * else, and `if`. Whatever cannot be read, or asks for more, stays as it is written.
 */
import { RE2JS } from 're2js';
import { parseDuration } from '../promql/lexer.ts';

export interface Filling {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | null;
  /** A value without a function, for people. */
  readonly describe: (value: number) => string;
  /** What Prometheus knows of itself, where a test says it. */
  readonly external?: { readonly labels: Readonly<Record<string, string>>; readonly url: string };
}

type Value = number | string | boolean | null | Filling['labels'];

/** Braces within quotes do not end an action. */
export const templateAction = /\{\{(?:[^"`}]|"(?:[^"\\]|\\.)*"|`[^`]*`|\}(?!\}))*\}\}/g;

/** Characters that one function may give. */
const textLengthMax = 4_000;

export function fillTemplate(text: string, filling: Filling): string {
  if (!text.includes('{{')) return text;
  const pieces = piecesOf(text);
  const reader = { pieces, at: 0 };
  let filled = '';
  while (reader.at < pieces.length) filled += fillBlock(reader, filling, true);
  return filled;
}

/** Texts and actions in turns, as they stand in `text`. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let read = 0;
  for (const { 0: action, index } of text.matchAll(templateAction)) {
    pieces.push(text.slice(read, index), action);
    read = index + action.length;
  }
  return [...pieces, text.slice(read)];
}

interface Pieces {
  readonly pieces: readonly string[];
  at: number;
}

const actionOf = (piece: string): string | undefined => /^\{\{-?\s*([^]*?)\s*-?\}\}$/.exec(piece)?.[1];
const wordOf = (piece: string): string => /^\w+/.exec(actionOf(piece) ?? '')?.[0] ?? '';

/** Up to the `else` or `end` of the block, or to the end of the text. */
function fillBlock(reader: Pieces, filling: Filling, isOutermost: boolean): string {
  let filled = '';
  for (; reader.at < reader.pieces.length; reader.at++) {
    const piece = reader.pieces[reader.at] ?? '';
    const word = wordOf(piece);
    if (!isOutermost && (word === 'else' || word === 'end')) return filled;
    if (word === 'if') filled = trimmed(filled, piece) + fillIf(reader, filling);
    else if (['range', 'with', 'define', 'block'].includes(word)) filled += skipBlock(reader);
    else {
      const shown = actionOf(piece) === undefined ? piece : fillAction(piece, filling);
      filled = trimmed(filled, piece) + (isTrimming(reader) ? shown.trimStart() : shown);
    }
  }
  return filled;
}

/** Blanks before an action that begins with `{{-` go, as do those after one that ends with `-}}`. */
const trimmed = (before: string, piece: string): string =>
  piece.startsWith('{{-') ? before.trimEnd() : before;
const isTrimming = ({ pieces, at }: Pieces): boolean => pieces[at - 1]?.endsWith('-}}') === true;

/** Leaves the reader at its `end`. */
function fillIf(reader: Pieces, filling: Filling): string {
  const began = reader.at;
  let chosen: string | undefined;
  for (let condition = /^if\s+([^]*)$/.exec(actionOf(reader.pieces[reader.at] ?? '') ?? '')?.[1]; ;) {
    const verdict = condition === undefined ? undefined : evaluate(condition, filling);
    reader.at++;
    const branch = fillBlock(reader, filling, false);
    if (reader.at >= reader.pieces.length || (verdict === undefined && condition !== undefined)) {
      while (reader.at < reader.pieces.length && wordOf(reader.pieces[reader.at] ?? '') !== 'end') {
        reader.at++;
        fillBlock(reader, filling, false);
      }
      return reader.pieces.slice(began, reader.at + 1).join('');
    }
    if (chosen === undefined && (condition === undefined || isTrue(verdict ?? null))) chosen = branch;
    const action = actionOf(reader.pieces[reader.at] ?? '') ?? '';
    if (action === 'end') return chosen ?? '';
    condition = /^else\s+if\s+([^]*)$/.exec(action)?.[1];
  }
}

function skipBlock(reader: Pieces): string {
  const began = reader.at;
  for (let depth = 0; reader.at < reader.pieces.length; reader.at++) {
    const word = wordOf(reader.pieces[reader.at] ?? '');
    if (['if', 'range', 'with', 'define', 'block'].includes(word)) depth++;
    if (word === 'end' && --depth === 0) break;
  }
  return reader.pieces.slice(began, reader.at + 1).join('');
}

function fillAction(piece: string, filling: Filling): string {
  const action = actionOf(piece) ?? '';
  if (action.startsWith('/*') && action.endsWith('*/')) return '';
  const found = evaluate(action, filling);
  if (found === undefined || (typeof found === 'object' && found !== null)) return piece;
  if (found === null) return 'no value';
  return typeof found === 'number' ? filling.describe(found) : String(found);
}

const isTrue = (value: Value): boolean =>
  typeof value === 'object' ? value !== null && Object.keys(value).length > 0 : Boolean(value);

/** Undefined where it cannot be had. */
function evaluate(action: string, filling: Filling): Value | undefined {
  const tokens = action.match(token) ?? [];
  if (tokens.join('').replaceAll(/\s/g, '') !== action.replaceAll(/\s/g, '')) return undefined;
  try {
    const reader = { tokens, at: 0 };
    const value = readPipeline(reader, filling);
    return reader.at === tokens.length ? value : undefined;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

class Unreadable extends Error {}

const token = /"(?:[^"\\]|\\.)*"|`[^`]*`|[-+]?\d[\w.]*|[$.]?\w[\w.]*|[|()]/g;

interface Tokens {
  readonly tokens: readonly string[];
  at: number;
}

/** Each command has the value of the one before it as its last argument. */
function readPipeline(reader: Tokens, filling: Filling): Value {
  let value: Value | undefined;
  do {
    const words: (Value | { readonly name: string })[] = [];
    while (reader.at < reader.tokens.length && !/^[|)]$/.test(reader.tokens[reader.at] ?? ''))
      words.push(readOperand(reader, filling));
    const [first, ...rest] = words;
    if (first === undefined) throw new Unreadable();
    const values = rest.map((each) => {
      if (isName(each)) throw new Unreadable();
      return each;
    });
    if (isName(first)) value = call(first.name, value === undefined ? values : [...values, value]);
    else if (values.length > 0 || value !== undefined) throw new Unreadable();
    else value = first;
  } while (reader.tokens[reader.at++] === '|');
  reader.at--;
  return value;
}

const isName = (each: Value | { readonly name: string }): each is { readonly name: string } =>
  each instanceof FunctionName;
class FunctionName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

function readOperand(reader: Tokens, { labels, value, external }: Filling): Value | FunctionName {
  const text = reader.tokens[reader.at++] ?? '';
  if (text === '(') {
    const inner = readPipeline(reader, { labels, value, describe: String, ...(external && { external }) });
    if (reader.tokens[reader.at++] !== ')') throw new Unreadable();
    return inner;
  }
  if (text.startsWith('"')) {
    try {
      return JSON.parse(text) as string;
    } catch {
      throw new Unreadable();
    }
  }
  if (text.startsWith('`')) return text.slice(1, -1);
  if (/^(?:\$?value|\.Value)$/.test(text)) return value;
  const label = /^(?:\$?labels|\.Labels)(?:\.([\w.]+))?$/.exec(text);
  if (label !== null) return label[1] === undefined ? labels : (labels[label[1]] ?? '');
  if (external !== undefined) {
    if (/^(?:\$externalURL|\.ExternalURL)$/.test(text)) return external.url;
    const outer = /^(?:\$externalLabels|\.ExternalLabels)(?:\.([\w.]+))?$/.exec(text);
    if (outer !== null) return outer[1] === undefined ? external.labels : (external.labels[outer[1]] ?? '');
  }
  if (/^[-+]?\d/.test(text)) {
    const number = Number(text);
    if (Number.isNaN(number)) throw new Unreadable();
    return number;
  }
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^[a-z]\w*$/i.test(text)) return new FunctionName(text);
  throw new Unreadable();
}

type Call = (...args: readonly Value[]) => Value;

/** Numbers as Prometheus' functions take them, from texts too. Without a value there is nothing to say of it. */
const ofNumber =
  (show: (value: number) => string): Call =>
  (given) => {
    if (given === null) return null;
    const value = typeof given === 'string' && given !== '' ? Number(given) : given;
    if (typeof value !== 'number' || (typeof given === 'string' && Number.isNaN(value)))
      throw new Unreadable();
    return show(value);
  };
const ofText =
  (show: (text: string) => string): Call =>
  (text) => {
    if (typeof text !== 'string') throw new Unreadable();
    return show(text);
  };
const compare =
  (holds: (order: number) => boolean): Call =>
  (a, b) => {
    if (a === null || b === null || typeof a !== typeof b || typeof a === 'object' || typeof b === 'object')
      throw new Unreadable();
    return a < b ? holds(-1) : a > b ? holds(1) : a === b && holds(0);
  };

const functions: Readonly<Record<string, { readonly takes: number; readonly call: Call }>> = {
  humanize: { takes: 1, call: ofNumber(humanize) },
  humanize1024: { takes: 1, call: ofNumber(humanize1024) },
  humanizeDuration: { takes: 1, call: ofNumber(humanizeDuration) },
  humanizePercentage: { takes: 1, call: ofNumber((value) => `${general(value * 100)}%`) },
  humanizeTimestamp: { takes: 1, call: ofNumber(humanizeTimestamp) },
  toUpper: { takes: 1, call: ofText((text) => text.toUpperCase()) },
  toLower: { takes: 1, call: ofText((text) => text.toLowerCase()) },
  title: {
    takes: 1,
    call: ofText((text) => text.replaceAll(/(?<![\p{L}\p{Nd}_])\p{Ll}/gu, (letter) => letter.toUpperCase())),
  },
  stripPort: { takes: 1, call: ofText((text) => text.replace(/^\[(.*)\]:\d+$|^([^:]*):\d+$/, '$1$2')) },
  stripDomain: { takes: 1, call: ofText((text) => text.replace(/^([^.:]+)\.[^:]*(:\d+)?$/, '$1$2')) },
  urlquery: { takes: 1, call: ofText(encodeURIComponent) },
  parseDuration: {
    takes: 1,
    call: (text) => {
      const seconds = typeof text === 'string' ? parseDuration(text) : undefined;
      if (seconds === undefined) throw new Unreadable();
      return seconds;
    },
  },
  match: { takes: 2, call: (pattern, text) => patternOf(pattern).matcher(asText(text)).find() },
  reReplaceAll: {
    takes: 3,
    call: (pattern, replacement, text) =>
      patternOf(pattern)
        .matcher(asText(text))
        .replaceAll(asText(replacement).replaceAll(/\$\{(\d+)\}/g, '$$$1')),
  },
  index: {
    takes: 2,
    call: (labels, name) => {
      if (typeof labels !== 'object' || labels === null || typeof name !== 'string') throw new Unreadable();
      return labels[name] ?? '';
    },
  },
  eq: { takes: 2, call: compare((order) => order === 0) },
  ne: { takes: 2, call: compare((order) => order !== 0) },
  lt: { takes: 2, call: compare((order) => order < 0) },
  le: { takes: 2, call: compare((order) => order <= 0) },
  gt: { takes: 2, call: compare((order) => order > 0) },
  ge: { takes: 2, call: compare((order) => order >= 0) },
  not: { takes: 1, call: (value) => !isTrue(value ?? null) },
};

function call(name: string, args: readonly Value[]): Value {
  if (name === 'and') return args.find((value) => !isTrue(value)) ?? args.at(-1) ?? false;
  if (name === 'or') return args.find(isTrue) ?? args.at(-1) ?? false;
  if (name === 'print')
    return args
      .map((value) => shortest(value))
      .join('')
      .slice(0, textLengthMax);
  if (name === 'printf') return printf(args).slice(0, textLengthMax);
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (known === undefined || known.takes !== args.length) throw new Unreadable();
  const value = known.call(...args);
  return typeof value === 'string' ? value.slice(0, textLengthMax) : value;
}

function asText(value: Value | undefined): string {
  if (typeof value !== 'string') throw new Unreadable();
  return value;
}

function patternOf(value: Value | undefined): RE2JS {
  try {
    return RE2JS.compile(asText(value));
  } catch {
    throw new Unreadable();
  }
}

const widthMax = 100;

/** The verbs of Go's `printf` that templates of alerts use. */
function printf([format, ...args]: readonly Value[]): string {
  let next = 0;
  const text = asText(format).replaceAll(
    /%([-+ 0]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g,
    (_all, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = args[next++];
      if (value === undefined || Number(width ?? 0) > widthMax || Number(precision ?? 0) > widthMax)
        throw new Unreadable();
      const shown = printed(value, verb, precision === undefined ? undefined : Number(precision));
      const signed = flags.includes('+') && typeof value === 'number' && value >= 0 ? `+${shown}` : shown;
      if (flags.includes('-')) return signed.padEnd(Number(width ?? 0));
      return signed.padStart(Number(width ?? 0), flags.includes('0') ? '0' : ' ');
    },
  );
  if (next !== args.length) throw new Unreadable();
  return text;
}

function printed(value: Value, verb: string, precision: number | undefined): string {
  if (verb === 'v') return shortest(value);
  if (verb === 's' && typeof value === 'string') return value.slice(0, precision ?? textLengthMax);
  if (verb === 'q' && typeof value === 'string') return JSON.stringify(value);
  if (verb === 't' && typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) && 'fgedF'.includes(verb)) return infinite(value);
    if (verb === 'f' || verb === 'F') return fixed(value, precision ?? 6);
    if (verb === 'g') return precision === undefined ? shortest(value) : general(value, precision);
    if (verb === 'e') return twoDigits(value.toExponential(precision ?? 6));
    if (verb === 'd' && Number.isInteger(value)) return String(value);
  }
  throw new Unreadable();
}

/** As Go rounds: of two that are as near, to the even one. */
function fixed(value: number, digits: number): string {
  const shown = value.toFixed(digits);
  const all = value.toFixed(Math.min(100, digits + 50));
  const isBetween = /^50*$/.test(all.slice(all.length - (Math.min(100, digits + 50) - digits)));
  const isOdd = /[13579]$/.test(shown);
  return isBetween && isOdd ? all.slice(0, shown.length) : shown;
}

/** As Go prints it. */
export function shortest(value: Value): string {
  if (value === null) return 'no value';
  if (typeof value === 'object') throw new Unreadable();
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) return infinite(value);
  const isLong = value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4);
  return isLong ? twoDigits(value.toExponential()) : String(value);
}

const infinite = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf');
const twoDigits = (text: string): string => text.replace(/e([-+])(\d)$/, 'e$10$2');

/** `%.4g`: so many digits, without zeros at the end. */
function general(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return infinite(value);
  if (value === 0) return '0';
  const [mantissa = '', exponent = '0'] = value.toExponential(Math.max(1, digits) - 1).split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  if (Number(exponent) < -4 || Number(exponent) >= Math.max(1, digits))
    return twoDigits(`${short}e${exponent}`);
  return String(Number(`${short}e${exponent}`));
}

function scaled(value: number, by: number, prefixes: readonly string[]): string {
  let [left, prefix] = [value, ''];
  for (const each of prefixes) {
    if (by > 1 ? Math.abs(left) < by : Math.abs(left) >= 1) break;
    prefix = each;
    left /= by;
  }
  return `${general(left)}${prefix}`;
}

const small = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];

function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return general(value);
  return Math.abs(value) >= 1
    ? scaled(value, 1000, ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'])
    : scaled(value, 1 / 1000, small);
}

function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return general(value);
  return scaled(value, 1024, ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi']);
}

function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return general(value);
  if (value === 0) return '0s';
  if (Math.abs(value) < 1) return `${scaled(value, 1 / 1000, small)}s`;
  const [sign, whole] = [value < 0 ? '-' : '', Math.trunc(Math.abs(value))];
  const [s, m, h, d] = [
    whole % 60,
    Math.trunc(whole / 60) % 60,
    Math.trunc(whole / 3600) % 24,
    Math.trunc(whole / 86_400),
  ];
  if (d > 0) return `${sign}${d}d ${h}h ${m}m ${s}s`;
  if (h > 0) return `${sign}${h}h ${m}m ${s}s`;
  if (m > 0) return `${sign}${m}m ${s}s`;
  return `${general(value)}s`;
}

function humanizeTimestamp(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return general(seconds);
  const [day = '', time = ''] = date.toISOString().split('T');
  return `${day} ${time.replace(/\.?0*Z$/, '')} +0000 UTC`;
}
