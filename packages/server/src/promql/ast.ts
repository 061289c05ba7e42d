/** The tree of a PromQL expression. `from` and `to` are offsets into the text. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix';

export type MatchKind = '=' | '!=' | '=~' | '!~';

export interface Matcher {
  readonly name: string;
  readonly kind: MatchKind;
  readonly value: string;
}

/** Seconds, once it is known how long the steps and the range of the query are. */
export type Duration =
  | (Place & { readonly kind: 'seconds'; readonly seconds: number })
  | (Place & { readonly kind: 'step' | 'range' })
  | (Place & { readonly kind: 'negative'; readonly of: Duration })
  | (Place & { readonly kind: 'paren'; readonly of: Duration })
  | (Place & {
      readonly kind: 'arithmetic';
      readonly operator: '+' | '-' | '*' | '/' | '%' | '^' | 'min_of' | 'max_of';
      readonly left: Duration;
      readonly right: Duration;
    });

export type AtTime = { readonly kind: 'time'; readonly ms: number } | { readonly kind: 'start' | 'end' };

export interface Shift {
  readonly offset: Duration | undefined;
  readonly at: AtTime | undefined;
}

export interface VectorSelector extends Place, Shift {
  readonly kind: 'selector';
  /** As written before the braces; its matcher is among `matchers` as well. */
  readonly name: string | undefined;
  readonly matchers: readonly Matcher[];
  readonly extension: 'anchored' | 'smoothed' | undefined;
}

export interface MatrixSelector extends Place {
  readonly kind: 'matrix';
  readonly selector: VectorSelector;
  readonly range: Duration;
}

export interface Subquery extends Place, Shift {
  readonly kind: 'subquery';
  readonly of: Expression;
  readonly range: Duration;
  readonly step: Duration | undefined;
}

export interface NumberLiteral extends Place {
  readonly kind: 'number';
  readonly value: number;
  /** Written as a duration. */
  readonly isDuration: boolean;
}

export interface StringLiteral extends Place {
  readonly kind: 'string';
  readonly value: string;
}

export interface Call extends Place {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
}

export interface Aggregation extends Place {
  readonly kind: 'aggregation';
  readonly operator: string;
  readonly of: Expression;
  readonly parameter: Expression | undefined;
  readonly grouping: readonly string[];
  readonly without: boolean;
}

export interface VectorMatching {
  readonly cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly include: readonly string[];
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface Binary extends Place {
  readonly kind: 'binary';
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
  /** Comparisons answer 0 and 1. */
  readonly bool: boolean;
  /** Of two vectors. */
  readonly matching: VectorMatching | undefined;
}

export interface Unary extends Place {
  readonly kind: 'unary';
  readonly operator: '+' | '-';
  readonly of: Expression;
}

export interface Paren extends Place {
  readonly kind: 'paren';
  readonly of: Expression;
}

export type Expression =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Paren;

export const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
export const setOperators: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

/** The expression within parentheses. */
export function unwrap(expression: Expression): Expression {
  return expression.kind === 'paren' ? unwrap(expression.of) : expression;
}

/** A query that cannot be read: 400 `bad_data`. */
export class PromqlSyntaxError extends Error {
  override readonly name = 'PromqlSyntaxError';
  readonly place: Place;
  /** Without the position. */
  readonly reason: string;

  constructor(reason: string, place: Place, text: string) {
    super(`${positionOf(text, place.from)}: parse error: ${reason}`);
    this.reason = reason;
    this.place = place;
  }
}

/** A query that cannot be answered: 422 `execution`. */
export class PromqlExecutionError extends Error {
  override readonly name = 'PromqlExecutionError';
}

/** Line and column, both from 1. */
export function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `${line}:${offset - before.lastIndexOf('\n')}`;
}
