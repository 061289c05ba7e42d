/**
 * Puts the chosen values of a dashboard's variables into a question, as values of its language: whatever a value holds, it stays one value. No value means all.
 */
import { printText } from '@sightline/schema/filter';
import type { Expression, Matcher } from '../promql/ast.ts';
import { mapMatchers } from '../promql/map-matchers.ts';

export type VariableValues = Readonly<Record<string, readonly string[]>>;

const filterTerm =
  /(-?(?:"(?:[^"\\]|\\.)*"|[\w.@/-]+))(:|=|!=|>=|<=|>|<)(?:\$(\w+)|\$\{(\w+)\}|\[\[(\w+)\]\])|"(?:[^"\\]|\\.)*"/g;

/** `model:$model` becomes `model:(a OR b)`; where all are meant, `*`. For filters, and for values in the words of rules. */
export function fillFilter(text: string, values: VariableValues): string {
  return text.replaceAll(
    filterTerm,
    (whole, field: string | undefined, operator, plain?: string, braced?: string, grafana?: string) => {
      const chosen = chosenOf(values, plain ?? braced ?? grafana);
      if (field === undefined || chosen === undefined) return whole;
      const [only = ''] = chosen;
      if (chosen.length === 0) return '*';
      if (chosen.length === 1) return `${field}${operator}${printText(only)}`;
      const isNot = field.startsWith('-') || operator === '!=';
      return `${isNot ? '-' : ''}${field.replace(/^-/, '')}:(${chosen.map(printText).join(' OR ')})`;
    },
  );
}

const sqlPiece = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`[^`]*`|\$(\w+)|\$\{(\w+)\}|\{(\w+)\}/g;

/**
 * `$model` becomes `'a', 'b'`, and `''` where all are meant: `'' IN ($model) OR model IN ($model)`. `{from}` and the like become what `pieces` says. Quoted
 * texts stay as they are.
 */
export function fillSql(
  text: string,
  values: VariableValues,
  pieces: Readonly<Record<string, string>>,
): string {
  return text.replaceAll(sqlPiece, (whole, plain?: string, braced?: string, piece?: string) => {
    if (piece !== undefined) return Object.hasOwn(pieces, piece) ? (pieces[piece] ?? whole) : whole;
    const chosen = chosenOf(values, plain ?? braced);
    if (chosen === undefined) return whole;
    return (chosen.length === 0 ? [''] : chosen)
      .map((value) => `'${value.replaceAll(/['\\]/g, (char) => `\\${char}`)}'`)
      .join(', ');
  });
}

const inMatcher = /\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]/g;

/** Values of matchers, in the tree: `model=~"$model"`. A matcher in which all are meant is left out. */
export function fillPromql(expression: Expression, values: VariableValues): Expression {
  return mapMatchers(expression, (matcher): Matcher | undefined => {
    const names = [...matcher.value.matchAll(inMatcher)].map(
      ([, braced, plain, old]) => braced ?? plain ?? old,
    );
    const chosen = names.map((name) => chosenOf(values, name));
    if (names.length === 0 || chosen.every((one) => one === undefined)) return matcher;
    const isWhole = matcher.value.replaceAll(inMatcher, '') === '';
    if (isWhole && chosen.some((one) => one?.length === 0)) return undefined;
    const isRegex = matcher.kind === '=~' || matcher.kind === '!~' || chosen.some((one) => one?.length !== 1);
    const kind = isRegex ? (matcher.kind.startsWith('!') ? '!~' : '=~') : matcher.kind;
    let last = 0;
    let value = '';
    const isWritten = matcher.kind === '=~' || matcher.kind === '!~';
    for (const found of matcher.value.matchAll(inMatcher)) {
      const piece = matcher.value.slice(last, found.index);
      const one = chosenOf(values, found[1] ?? found[2] ?? found[3]);
      value += isRegex && !isWritten ? quoteRegex(piece) : piece;
      value += one === undefined ? found[0] : inRegex(one, isRegex);
      last = found.index + found[0].length;
    }
    const rest = matcher.value.slice(last);
    return { name: matcher.name, kind, value: value + (isRegex && !isWritten ? quoteRegex(rest) : rest) };
  });
}

function inRegex(chosen: readonly string[], isRegex: boolean): string {
  if (!isRegex) return chosen[0] ?? '';
  return chosen.length === 0 ? '.*' : `(?:${chosen.map(quoteRegex).join('|')})`;
}

function quoteRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

/** Undefined for a name that is no variable: it stays as it is written. */
function chosenOf(values: VariableValues, name: string | undefined): readonly string[] | undefined {
  return name !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}

/** `$__rate_interval`, `$__interval` and `$__range`, which Grafana's panels have, as durations; with `_s` and `_ms` as numbers. */
export function fillIntervals(
  text: string,
  { stepS, rangeS }: { readonly stepS: number; readonly rangeS: number },
): string {
  const seconds: Readonly<Record<string, number>> = {
    rate_interval: Math.max(4 * 15, stepS + 15),
    interval: Math.max(15, stepS),
    range: Math.max(1, Math.round(rangeS)),
  };
  return text.replaceAll(
    /\$(?:__(rate_interval|interval|range)(_m?s)?\b|\{__(rate_interval|interval|range)(_m?s)?\})/g,
    (_whole, plain?: string, plainUnit?: string, braced?: string, bracedUnit?: string) => {
      const value = seconds[plain ?? braced ?? 'interval'] ?? 0;
      const unit = plainUnit ?? bracedUnit;
      return unit === undefined ? `${value}s` : String(unit === '_ms' ? value * 1000 : value);
    },
  );
}
