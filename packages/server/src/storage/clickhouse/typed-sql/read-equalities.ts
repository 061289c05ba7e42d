import { parseTyped } from './rewrite-typed.ts';
import type { Expression, Query } from './tree.ts';

/**
 * The conditions that every row of a statement meets, where it writes them as `column = 'text'` or `column IN ('a', 'b')`: the values of each column. Only a single SELECT from one table is
 * read. `'' IN ('a')`, which a variable of a dashboard leaves behind, is evaluated. Empty for a statement that cannot be read.
 */
export function readEqualities(sql: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const condition of conditionsOf(sql)) {
    const [column, values] = equalityOf(condition) ?? [];
    if (column === undefined || values === undefined) continue;
    const known = found.get(column);
    found.set(column, known === undefined ? values : known.filter((value) => values.includes(value)));
  }
  return found;
}

function conditionsOf(sql: string): readonly Expression[] {
  let query: Query;
  try {
    const statement = parseTyped(sql);
    if (statement.kind !== 'read') return [];
    ({ query } = statement);
  } catch {
    return [];
  }
  if (query.kind !== 'select' || query.joins.length > 0 || query.from?.of.kind !== 'name') return [];
  return query.where.flatMap(allOf);
}

const allOf = (condition: Expression): readonly Expression[] =>
  condition.kind === 'chain' && condition.sign === 'AND' ? condition.items.flatMap(allOf) : [condition];

function equalityOf(condition: Expression): readonly [string, readonly string[]] | undefined {
  switch (condition.kind) {
    case 'chain': {
      if (condition.sign !== 'OR') return undefined;
      const left = condition.items.filter((item) => constantOf(item) !== false);
      const [only] = left;
      return left.length === 1 && only !== undefined ? equalityOf(only) : undefined;
    }
    case 'infix':
      return condition.sign === '=' || condition.sign === '=='
        ? named(condition.left, [condition.right])
        : undefined;
    case 'in':
      return condition.sign === 'IN' ? named(condition.left, itemsOf(condition.right)) : undefined;
    default:
      return undefined;
  }
}

/** Undefined for what depends on the row. */
function constantOf(condition: Expression): boolean | undefined {
  if (condition.kind !== 'in' || condition.sign !== 'IN') return undefined;
  const value = textOf(condition.left);
  const among = itemsOf(condition.right).map(textOf);
  return value === undefined || among.includes(undefined) ? undefined : among.includes(value);
}

const itemsOf = (right: Expression): readonly Expression[] =>
  right.kind === 'tuple' ? right.items : [right];

function named(
  left: Expression,
  right: readonly Expression[],
): readonly [string, readonly string[]] | undefined {
  const values = right.map(textOf);
  if (left.kind !== 'name' || values.some((value) => value === undefined)) return undefined;
  return [left.parts.at(-1) ?? '', values.flatMap((value) => value ?? [])];
}

function textOf(expression: Expression): string | undefined {
  if (expression.kind === 'number') return expression.text;
  // As it is printed: of the escapes, those of a quote and a backslash stand for a letter that people write.
  return expression.kind === 'string' && !/\\[^'\\]/.test(expression.text.replaceAll('\\\\', ''))
    ? expression.text.replaceAll(/\\(['\\])/g, '$1')
    : undefined;
}
