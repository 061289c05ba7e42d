import { projectTables } from '../table-names.ts';
import { parseExpression } from './parse-expression.ts';
import { parseQuery } from './parse-query.ts';
import { type Names, QueryPrinter } from './print-query.ts';
import { ownTable, type Readable, tableText } from './readable-tables.ts';
import { didYouMean, refusal } from './refusal.ts';
import { TokenReader } from './token-reader.ts';
import type { Explain, Statement } from './tree.ts';

/** Nodes within one another, chains of operators included. The engine takes 1,000. */
const treeDepthMax = 400;

/**
 * A statement that somebody typed as the engine runs it: read with a grammar of our own, each part checked against lists of what is
 * allowed, and printed anew. The time it takes is linear in the text, which is bounded.
 * @throws StoreError `refused`, which says where and what to write instead.
 */
export function rewriteTyped(sql: string, readable: Readable): string {
  const statement = parseTyped(sql);
  const noTables = { alias: 't', modifiers: '', names: new Set<string>() };
  switch (statement.kind) {
    case 'show tables':
      return `SELECT name, sorting_key AS sorted_by, comment FROM ${tableText(['system', 'tables'], '', readable, noTables)} ORDER BY name`;
    case 'describe': {
      const name = statement.table.parts.join('.');
      const table = ownTable(statement.table.parts, readable);
      if (table === undefined)
        throw refusal(
          `There is no table "${name.slice(0, 80)}".`,
          didYouMean(name, projectTables) || 'SHOW TABLES lists them.',
        );
      return `SELECT name, type, comment FROM ${tableText(['system', 'columns'], '', readable, noTables)} WHERE table = '${table}' ORDER BY position`;
    }
    case 'read': {
      const text = new QueryPrinter(sql, readable, namesIn(statement.query)).query(statement.query);
      const { explain } = statement;
      if (explain === undefined) return text;
      return ['EXPLAIN', explain.what, explain.options.join(', '), text]
        .filter((part) => part !== '')
        .join(' ');
    }
  }
}

/** @throws StoreError `refused` */
export function parseTyped(sql: string): Statement {
  const reader = new TokenReader(sql, { query: parseQuery, expression: parseExpression });
  const statement = parseOne(reader);
  while (reader.trySign(';'));
  if (reader.peek().kind !== 'end') throw reader.unexpected('the end of the statement');
  return statement;
}

function parseOne(reader: TokenReader): Statement {
  if (reader.tryWords('SHOW TABLES')) return { kind: 'show tables' };
  if (reader.tryAnyWords(['DESCRIBE', 'DESC']) !== undefined) {
    reader.tryWords('TABLE');
    const { at } = reader.peek();
    const parts = [reader.name()];
    if (reader.trySign('.')) parts.push(reader.name());
    return { kind: 'describe', table: { kind: 'name', parts, at } };
  }
  const explain = reader.tryWords('EXPLAIN') ? parseExplain(reader) : undefined;
  if (!reader.isQuery() && !reader.isSign('('))
    throw reader.refuse(
      reader.peek().at,
      'only one SELECT can be run here, EXPLAIN [PIPELINE | ESTIMATE] of one, SHOW TABLES or DESCRIBE.',
    );
  return { kind: 'read', explain, query: reader.query() };
}

const explainOptions: Readonly<Record<string, readonly string[]>> = {
  PLAN: ['header', 'description', 'indexes', 'projections', 'actions', 'sorting', 'distributed', 'json'],
  PIPELINE: ['header', 'graph', 'compact'],
  ESTIMATE: [],
};

function parseExplain(reader: TokenReader): Explain {
  const what = reader.tryAnyWords(['PLAN', 'PIPELINE', 'ESTIMATE']) ?? 'PLAN';
  const options: string[] = [];
  while (reader.peek().kind === 'word' && reader.isSign('=', 1)) {
    const { text, at } = reader.take();
    const name = text.toLowerCase();
    if (explainOptions[what]?.includes(name) !== true)
      throw reader.refuse(
        at,
        `EXPLAIN ${what} has no option "${text.slice(0, 40)}".`,
        didYouMean(name, explainOptions[what] ?? []),
      );
    reader.take();
    const value = reader.take();
    if (value.text !== '0' && value.text !== '1')
      throw reader.refuse(value.at, `the option ${name} is 0 or 1.`);
    options.push(`${name} = ${value.text}`);
    if (!reader.trySign(',')) break;
  }
  return { what, options };
}

/** Names in the tree. Refuses one that is deeper than it can be printed and read again. */
function namesIn(tree: object): Names {
  const read = new Set<string>();
  const given = new Set<string>();
  const left: [object, number][] = [[tree, 1]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [node, depth] = next;
    if (depth > treeDepthMax)
      throw refusal(
        `The statement has more than ${treeDepthMax} operators and brackets within one another.`,
        'Use a list with IN, an array, or WITH.',
      );
    const { kind, parts, name } = node as { kind?: unknown; parts?: readonly string[]; name?: unknown };
    if (kind === 'name') read.add(parts?.at(-1) ?? '');
    else if (kind !== 'call' && typeof name === 'string') given.add(name);
    // A list is no level of its own.
    for (const child of Object.values(node))
      if (typeof child === 'object' && child !== null)
        left.push([child as object, Array.isArray(child) ? depth : depth + 1]);
  }
  return { read, given };
}
