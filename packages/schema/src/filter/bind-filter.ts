/**
 * Gives every condition of a parsed filter its meaning for one signal: which field, which comparison, with values read as
 * the field's type. What comes out always compiles; what does not fit is an error at its column.
 */
import { err, ok, type Result, type UnixNano, ownValue } from '@sightline/base';
import { filterError, type FilterError } from './filter-error.ts';
import { type BuiltinField, type FilterSignal, findBuiltinField } from './filter-fields.ts';
import type { FilterNode, FilterOperator, FilterValue, SpanNode, TermNode } from './filter-node.ts';
import { parseDuration, parseNumber, parseTime } from './filter-quantity.ts';
import { parseFilter } from './parse-filter.ts';
import { findRegexProblem } from './regex-problem.ts';

export type Comparison = '=' | '>' | '>=' | '<' | '<=';

/** How a field's value is tested. `number` compares numerically: nanoseconds for times and durations. */
export type Match =
  | { readonly type: 'equals'; readonly text: string }
  | { readonly type: 'wildcard'; readonly parts: readonly string[] }
  | { readonly type: 'regex'; readonly source: string }
  | { readonly type: 'exists' }
  | { readonly type: 'compare'; readonly comparison: Comparison; readonly value: number | bigint };

export type BoundField =
  | { readonly type: 'builtin'; readonly field: BuiltinField }
  | { readonly type: 'attribute'; readonly sources: readonly AttributeSource[]; readonly key: string };

export type AttributeSource = 'attribute' | 'resource' | 'scope';

export type BoundFilter =
  | { readonly type: 'everything' }
  | { readonly type: 'and' | 'or'; readonly items: readonly BoundFilter[] }
  | { readonly type: 'not'; readonly item: BoundFilter }
  /** One span meets `item`, which is bound to spans. */
  | { readonly type: 'span'; readonly item: BoundFilter }
  | { readonly type: 'test'; readonly field: BoundField; readonly match: Match }
  | { readonly type: 'text'; readonly parts: readonly string[] };

export interface BindContext {
  readonly signal: FilterSignal;
  /** What relative times count from. */
  readonly now: UnixNano;
}

/** Parses and binds. This is what decides whether a filter is right, in the browser as in the server. */
export function readFilter(text: string, context: BindContext): Result<BoundFilter, FilterError> {
  const parsed = parseFilter(text);
  if (!parsed.ok) return parsed;
  return bindFilter(text, parsed.value, context);
}

export function bindFilter(
  text: string,
  node: FilterNode,
  context: BindContext,
): Result<BoundFilter, FilterError> {
  switch (node.type) {
    case 'everything':
      return ok(node);
    case 'text':
      return ok({ type: 'text', parts: node.parts });
    case 'not': {
      const item = bindFilter(text, node.item, context);
      return item.ok ? ok({ type: 'not', item: item.value }) : item;
    }
    case 'span':
      return bindSpanGroup(text, node, context);
    case 'term':
      return bindTerm(text, node, context);
    case 'and':
    case 'or': {
      const items: BoundFilter[] = [];
      for (const child of node.items) {
        const item = bindFilter(text, child, context);
        if (!item.ok) return item;
        items.push(item.value);
      }
      return ok(node.type === 'and' ? conjunction(items) : { type: 'or', items });
    }
  }
}

/** A condition that everything meets adds nothing to others. */
function conjunction(items: readonly BoundFilter[]): BoundFilter {
  const some = items.filter(({ type }) => type !== 'everything');
  const [only] = some;
  if (only === undefined) return { type: 'everything' };
  return some.length === 1 ? only : { type: 'and', items: some };
}

function bindSpanGroup(
  text: string,
  { item, range }: SpanNode,
  context: BindContext,
): Result<BoundFilter, FilterError> {
  if (context.signal === 'metrics') {
    const found = `\`${text.slice(range.start, range.end)}\``;
    return err(
      filterError(text, range.start, { expected: 'conditions on metrics, which have no spans', found }),
    );
  }
  const bound = bindFilter(text, item, { ...context, signal: 'spans' });
  if (!bound.ok) return bound;
  return ok({ type: 'span', item: bound.value });
}

function bindTerm(text: string, term: TermNode, context: BindContext): Result<BoundFilter, FilterError> {
  const field = bindField(term, context.signal);
  const match = field.type === 'builtin' ? matchBuiltin(field.field, term, context) : matchAttribute(term);
  if (typeof match !== 'string') return ok({ type: 'test', field, match });
  const { start, end } = term.value.range;
  return err(filterError(text, start, { expected: match, found: `\`${text.slice(start, end)}\`` }));
}

const sourceOf = { attr: 'attribute', resource: 'resource', scope: 'scope' } as const;

function bindField({ field }: TermNode, signal: FilterSignal): BoundField {
  if (field.source !== 'any')
    return { type: 'attribute', sources: [sourceOf[field.source]], key: field.name };
  const builtin = findBuiltinField(signal, field.name);
  if (builtin !== undefined) return { type: 'builtin', field: builtin };
  return { type: 'attribute', sources: ['attribute', 'resource', 'scope'], key: field.name };
}

/** A match, or a string saying what was expected instead of this value. */
function matchBuiltin(field: BuiltinField, term: TermNode, { now }: BindContext): Match | string {
  const { operator, value } = term;
  if (value.type === 'exists' && operator === ':') return { type: 'exists' };
  switch (field.type) {
    case 'string':
      return operator === ':' ? matchText(value) : `\`:\` with \`${field.name}\`, which has no order`;
    case 'number':
      return compare(operator, value, parseNumber) ?? 'a number';
    case 'duration':
      return compare(operator, value, parseDuration) ?? 'a duration such as 150ms, 2s or 1h30m';
    case 'time':
      return (
        compare(operator, value, (written) => parseTime(written, now)) ??
        'a time such as 2026-11-21T10:00:00Z or -15m'
      );
    case 'id':
      return matchId(field, term);
    case 'enum':
      return matchEnum(field, term);
    case 'score':
      return matchScore(term);
    case 'severity':
      return matchSeverity(term) ?? 'a severity: UNSET, TRACE, DEBUG, INFO, WARN, ERROR or FATAL, or 1 to 24';
  }
}

function matchAttribute({ operator, value }: TermNode): Match | string {
  if (operator === ':') return matchText(value);
  return (
    compare(operator, value, parseNumber) ?? 'a number (attributes are compared as numbers, without a unit)'
  );
}

/** `score.x<0.5` and `score.x:1` ask for the value, `score.x:fail` for the label. */
function matchScore({ operator, value }: TermNode): Match | string {
  const compared = compare(operator, value, parseNumber);
  if (compared !== undefined) return compared;
  return operator === ':' ? matchText(value) : 'a number';
}

function matchText(value: FilterValue): Match | string {
  switch (value.type) {
    case 'string':
      return { type: 'equals', text: value.text };
    case 'wildcard':
      return { type: 'wildcard', parts: value.parts };
    case 'exists':
      return { type: 'exists' };
    case 'regex': {
      const problem = findRegexProblem(value.source);
      return problem === undefined ? { type: 'regex', source: value.source } : problem;
    }
  }
}

function compare(
  operator: FilterOperator,
  value: FilterValue,
  read: (text: string) => number | bigint | undefined,
): Match | undefined {
  if (value.type !== 'string') return undefined;
  const operand = read(value.text);
  if (operand === undefined) return undefined;
  return { type: 'compare', comparison: operator === ':' ? '=' : operator, value: operand };
}

function matchId(field: BuiltinField, { operator, value }: TermNode): Match | string {
  const length = field.idLength ?? 0;
  const others = field.name === 'span' ? '; conditions on one span are `span( … )` without a colon' : '';
  const expected = `${length} hex digits, or fewer and a \`*\`${others}`;
  if (operator !== ':' || value.type === 'regex') return expected;
  if (value.type === 'wildcard') {
    const parts = value.parts.map((part) => part.toLowerCase());
    return parts.every((part) => /^[0-9a-f]*$/.test(part)) ? { type: 'wildcard', parts } : expected;
  }
  if (value.type === 'exists') return { type: 'exists' };
  const text = value.text.toLowerCase();
  return /^[0-9a-f]*$/.test(text) && text.length === length ? { type: 'equals', text } : expected;
}

function matchEnum(field: BuiltinField, { operator, value }: TermNode): Match | string {
  const values = field.values ?? [];
  const expected = `one of ${values.join(', ')}`;
  if (operator !== ':') return `\`:\` with \`${field.name}\`, which has no order`;
  if (value.type !== 'string') return matchText(value);
  const text = value.text.toLowerCase();
  return values.includes(text) ? { type: 'equals', text } : expected;
}

/** First number of each severity's range. */
const severityNumbers: Readonly<Record<string, number>> = {
  unset: 0,
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  warning: 13,
  error: 17,
  fatal: 21,
  critical: 21,
};

/** A word stands for its four numbers: `severity:WARN` is `equals` on the first of them, `severity>WARN` is above the last. */
function matchSeverity({ operator, value }: TermNode): Match | undefined {
  if (value.type === 'wildcard' || value.type === 'regex') {
    const match = matchText(value);
    return typeof match === 'string' ? undefined : match;
  }
  if (value.type !== 'string') return undefined;
  const exact = parseNumber(value.text);
  if (exact !== undefined) {
    const isNumber = Number.isInteger(exact) && exact >= 0 && exact <= 24;
    return isNumber
      ? { type: 'compare', comparison: operator === ':' ? '=' : operator, value: exact }
      : undefined;
  }
  const first = ownValue(severityNumbers, value.text.toLowerCase());
  if (first === undefined) return undefined;
  const last = first === 0 ? 0 : first + 3;
  if (operator === ':') return { type: 'equals', text: String(first) };
  return {
    type: 'compare',
    comparison: operator,
    value: operator === '>' || operator === '<=' ? last : first,
  };
}
