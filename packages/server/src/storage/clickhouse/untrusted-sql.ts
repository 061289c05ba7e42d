import { StoreError } from '../telemetry-store.ts';
import type { ClickHouseEngine } from './engine.ts';
import { ownSettings } from './query-settings.ts';
import { physicalName, tableNames } from './table-names.ts';

/** Functions in FROM that only make up rows. All others reach files, networks, other databases or processes. */
const tableFunctionsAllowed = new Set([
  'numbers',
  'zeros',
  'generate_series',
  'generateseries',
  'values',
  'view',
]);

/** Tables beside our own that tell nothing about the machine or other users. */
const systemTablesAllowed = new Set([
  'system.tables',
  'system.columns',
  'system.functions',
  'system.numbers',
  'system.one',
]);

/** Ordinary functions that read files or other tables, or only waste time. */
const functionsRefused =
  /^(file|joinget|dict|catboost|sleep|url|s3|hascolumnintable|getserversetting|getsetting|evalmlmethod|shownamedcollection|readwkt|structureto|formatquery|viewexplain|mergetreeindex|initializeaggregation$|executable|python|loop|remote)/;

/** `EXPLAIN` of a query as the engine's parser writes it: what is asked, switches that are 0 or 1, and the query. */
const explained =
  /^EXPLAIN (?<asked>(?:(?:PIPELINE|ESTIMATE) )?(?:(?:header|description|indexes|projections|actions|sorting|distributed|json|graph|compact) = [01](?:, | (?!\w+ =)))*)(?<query>(?:SELECT|WITH|\() ?.*)$/s;

/**
 * The statement as the engine's own parser writes it, once its syntax tree shows that it reads nothing but telemetry: a SELECT, or EXPLAIN of
 * one (which runs the scalar subqueries of what it explains, so the same is asked of it). The text is first rewritten by `formatQuery`, which takes exactly one statement and leaves no comment or odd quoting,
 * and then its tree is checked against lists of what is allowed: a table function, or a table that is not ours, is refused.
 * @throws StoreError `refused` with the reason.
 */
export async function checkUntrusted(engine: ClickHouseEngine, statement: string): Promise<string> {
  const { data } = await engine.select({
    sql: `SELECT formatQuerySingleLine({statement:String}) AS sql, currentDatabase() AS database,
      (SELECT groupArray(name) FROM system.tables WHERE database = currentDatabase()) AS tables`,
    params: { statement: statement.trim().replace(/;$/, '') },
    settings: ownSettings,
  });
  const { sql: formatted, database, tables } = data[0] as Asked;
  const readable = new Set(tableNames.flatMap((table) => [table, physicalName(table, engine.nodes)]));
  const hidden = new Set(tables.filter((table) => !readable.has(table)));
  const { asked, query } = explained.exec(formatted)?.groups ?? {};
  const sql = query ?? formatted;
  // As a subquery it can be nothing but a SELECT, and has no INTO OUTFILE or FORMAT.
  const tree = await engine
    .select({
      sql: `SELECT explain FROM (EXPLAIN AST SELECT * FROM (${sql}))`,
      params: {},
      settings: ownSettings,
    })
    .catch((error: unknown) => {
      if (error instanceof StoreError && error.kind === 'unavailable') throw error;
      throw new StoreError(
        'refused',
        'Only one SELECT without INTO OUTFILE and FORMAT can be run here, or EXPLAIN, EXPLAIN PIPELINE or EXPLAIN ESTIMATE of one.',
      );
    });
  checkTree(
    tree.data.map((row) => (row as { explain: string }).explain),
    { database, hidden },
  );
  return asked === undefined ? sql : `SELECT * FROM (EXPLAIN ${asked}${sql})`;
}

interface Asked {
  readonly sql: string;
  readonly database: string;
  readonly tables: readonly string[];
}

interface OwnTables {
  readonly database: string;
  /** Those that are not kept to one project: views that fill other tables, what is being made anew, prices of every project. */
  readonly hidden: ReadonlySet<string>;
}

function checkTree(lines: readonly string[], own: OwnTables): void {
  const nodes = lines.map((line) => {
    const text = line.trimStart();
    const [kind = '', name = ''] = text.split(' ');
    return { depth: line.length - text.length, kind, name: name.toLowerCase() };
  });
  for (const [at, { kind, name, depth }] of nodes.entries()) {
    const parent = nodes.slice(0, at).findLast((node) => node.depth < depth);
    if (kind === 'Set') refuse('SETTINGS cannot be used here.');
    if (kind === 'TableIdentifier') checkTable(name, own);
    if (kind === 'Function' && parent?.kind === 'TableExpression' && !tableFunctionsAllowed.has(name))
      refuse(`The table function "${name}" cannot be used here.`);
    if (kind === 'Function' && functionsRefused.test(name))
      refuse(`The function "${name}" cannot be used here.`);
    // `x IN table` names a table where a column could stand.
    if (kind === 'Function' && /^(global)?(not)?(null)?in(ignoreset)?$/i.test(name)) {
      const last = nodes
        .slice(at + 1)
        .filter((node, index, rest) => node.depth === depth + 2 && isWithin(rest, index, depth))[1];
      if (last?.kind === 'Identifier') checkTable(last.name, own);
    }
  }
}

/** Whether node `index` still belongs to the node at `depth` that stands before `rest`. */
function isWithin(rest: readonly { readonly depth: number }[], index: number, depth: number): boolean {
  return rest.slice(0, index + 1).every((node) => node.depth > depth);
}

/** A name without a database is one of ours, or one that WITH made: the connection's database holds nothing else. */
function checkTable(name: string, { database, hidden }: OwnTables): void {
  const [first, second] = name.split('.');
  const isOurs = second === undefined || first === database.toLowerCase();
  if (isOurs ? !hidden.has(second ?? name) : systemTablesAllowed.has(name)) return;
  refuse(`The table "${name}" cannot be read here.`);
}

function refuse(message: string): never {
  throw new StoreError('refused', message);
}
