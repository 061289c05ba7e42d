/** Half-open range of UTF-16 offsets in the filter's text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** `attr.`, `resource.` and `scope.` name one place; `any` is a bare name: a built-in field, or an attribute anywhere. */
export type FieldSource = 'any' | 'attr' | 'resource' | 'scope';

export interface FieldRef {
  readonly source: FieldSource;
  readonly name: string;
  readonly range: TextRange;
}

export type FilterOperator = ':' | '>' | '>=' | '<' | '<=';

export type FilterValue =
  | { readonly type: 'string'; readonly text: string; readonly range: TextRange }
  /** The pieces between the stars: `gpt-4*` is `['gpt-4', '']`. Always two or more. */
  | { readonly type: 'wildcard'; readonly parts: readonly string[]; readonly range: TextRange }
  | { readonly type: 'regex'; readonly source: string; readonly range: TextRange }
  | { readonly type: 'exists'; readonly range: TextRange };

export interface TermNode {
  readonly type: 'term';
  readonly field: FieldRef;
  readonly operator: FilterOperator;
  readonly value: FilterValue;
}

/** Free text; the pieces between stars must appear in this order. */
export interface TextNode {
  readonly type: 'text';
  readonly parts: readonly string[];
  readonly range: TextRange;
}

/** `span( … )`: one span meets all of it, where conditions would otherwise be met by any spans of a trace. */
export interface SpanNode {
  readonly type: 'span';
  readonly item: FilterNode;
  readonly range: TextRange;
}

/**
 * A filter as written, in normal form: `and` and `or` have two items or more and none of their own kind, `not` never
 * holds a `not`, `a!=b` is `not a:b`, and `service:(a OR b)` is `service:a OR service:b`.
 */
export type FilterNode =
  | { readonly type: 'everything' }
  | { readonly type: 'and' | 'or'; readonly items: readonly FilterNode[] }
  | { readonly type: 'not'; readonly item: FilterNode }
  | SpanNode
  | TermNode
  | TextNode;

export function allOf(items: readonly FilterNode[]): FilterNode {
  return combine('and', items);
}

export function anyOf(items: readonly FilterNode[]): FilterNode {
  return combine('or', items);
}

export function negate(item: FilterNode): FilterNode {
  return item.type === 'not' ? item.item : { type: 'not', item };
}

function combine(type: 'and' | 'or', items: readonly FilterNode[]): FilterNode {
  const flat = items.flatMap((item) => (item.type === type ? item.items : [item]));
  const [only] = flat;
  if (only === undefined) return { type: 'everything' };
  return flat.length === 1 ? only : { type, items: flat };
}
