import { type ClickHouseEngine, literal } from '../engine.ts';
import { projectTables } from '../table-names.ts';
import { quoteName } from './data-types.ts';
import { didYouMean, refusal } from './refusal.ts';

/** Whose rows a statement sees, and where they are. */
export interface Readable extends Pick<ClickHouseEngine, 'database' | 'nodes'> {
  readonly project: string;
}

/** Columns that are computed when they are read, and that a star leaves out. A test compares them with the schema. */
export const computedColumns: Readonly<Record<string, readonly string[]>> = {
  spans: ['bucket', 'words', 'lowered'],
  ai_spans: ['bucket'],
  logs: ['bucket', 'words', 'lowered'],
  scores: ['bucket'],
  runs: ['bucket'],
  texts: ['words'],
};

/** Columns by whose values the engine leaves out what it need not read. */
export const indexedColumns: ReadonlySet<string> = new Set([
  'trace_id',
  'session_id',
  'user_id',
  'correlation_id',
  'score_id',
  'log_id',
  'series_id',
]);

/** What one reference to a table says beside its name. */
export interface TableUse {
  readonly alias: string;
  /** FINAL and SAMPLE, printed. */
  readonly modifiers: string;
  /** Every last part of a name in the statement: which computed columns it may want. */
  readonly names: ReadonlySet<string>;
  /** The table stands as it is, because the query that reads it has a condition on the project. */
  readonly isConditioned?: boolean;
}

/** The table of ours that these parts name, or undefined. */
export function ownTable(parts: readonly string[], { database }: Readable): string | undefined {
  const [first = '', second] = parts;
  const table = second === undefined ? first : first === database && parts.length === 2 ? second : '';
  return projectTables.includes(table) ? table : undefined;
}

export function ofProject({ project }: Readable): string {
  return `project = ${literal(project)}`;
}

/**
 * A table as it is printed. One of ours is a subquery that has the project's rows and nothing else, unless the query around it has the condition itself.
 * @throws StoreError `refused` for any other table.
 */
export function tableText(
  parts: readonly string[],
  where: string,
  readable: Readable,
  use: TableUse,
): string {
  const alias = ` AS ${quoteName(use.alias)}`;
  const name = ownTable(parts, readable);
  if (name !== undefined) {
    const table = `${quoteName(readable.database)}.${quoteName(name)}`;
    if (use.isConditioned === true) return `${table}${alias}${use.modifiers}`;
    const wanted = (computedColumns[name] ?? []).filter((column) => use.names.has(column));
    return `(SELECT ${['*', ...wanted].join(', ')} FROM ${table}${use.modifiers} WHERE ${ofProject(readable)})${alias}`;
  }
  const system = systemTable(parts.join('.').toLowerCase(), readable);
  if (system === undefined || use.modifiers !== '')
    throw refusal(
      `${where}: the table "${parts.join('.').slice(0, 80)}" cannot be read here.`,
      didYouMean(parts.at(-1) ?? '', projectTables) || 'SHOW TABLES lists those that can.',
    );
  return `${system}${alias}`;
}

/** What tells of the tables and functions that can be used, and of nothing else. */
function systemTable(name: string, readable: Readable): string | undefined {
  const tables = projectTables.map(literal).join(', ');
  const own = `database = ${literal(readable.database)}`;
  switch (name) {
    case 'system.one':
    case 'system.numbers':
    case 'system.functions':
      return `(SELECT * FROM ${name})`;
    case 'system.tables':
      return `(SELECT database, name, engine, partition_key, sorting_key, primary_key, comment FROM system.tables WHERE ${own} AND name IN (${tables}))`;
    case 'system.columns':
      return `(SELECT database, table, name, type, position, default_kind, is_in_sorting_key, is_in_primary_key, comment
        FROM system.columns WHERE ${own} AND table IN (${tables}))`;
    default:
      return undefined;
  }
}
