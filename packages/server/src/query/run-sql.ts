import type { SqlRequest, SqlResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { StoreError } from '../storage/telemetry-store.ts';
import { queryTimeMsMax } from './query-bounds.ts';
import type { QueryContext } from './reader.ts';
import { explainFailure } from './store-failure.ts';

type Cell = SqlResponse['rows'][number][number];

/** Runs one reading statement of a user. Throws `bad_sql` and `query_limit`. */
export async function runSql(
  { store, project, signal }: QueryContext,
  { query, maxRows }: SqlRequest,
): Promise<SqlResponse> {
  try {
    const limits = { timeMsMax: queryTimeMsMax, resultRowsMax: maxRows, signal };
    const described = describedTable(query);
    const sql = described === undefined ? asSelect(query) : columnsOf(described);
    const result = await store.queryUntrusted<Record<string, Cell>>({ sql, project }, limits);
    if (described !== undefined && result.rows.length === 0)
      throw new SightlineError('bad_sql', `There is no table "${described}".`, {
        hint: 'SHOW TABLES lists them.',
      });
    return {
      columns: result.columns.map(({ name, type }) => ({ name, type })),
      rows: result.rows.map((row) => result.columns.map(({ name }) => row[name] ?? null)),
      rowCount: result.rows.length,
      elapsedMs: result.elapsedMs,
      rowsRead: result.rowsRead,
      bytesRead: result.bytesRead,
      ...(result.truncated
        ? { limitsMet: [{ limit: 'rows', message: `The first ${maxRows} rows are shown.` }] }
        : {}),
    };
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'refused') {
      throw new SightlineError('bad_sql', `The statement was refused: ${error.message.slice(0, 1000)}`, {
        hint: 'Send one SELECT over the tables in docs/sql.md; SHOW TABLES and DESCRIBE spans list them.',
        cause: error,
      });
    }
    throw explainFailure(error);
  }
}

/** SHOW TABLES and DESCRIBE as the SELECT they stand for; the store runs nothing else than a SELECT. */
function asSelect(query: string): string {
  return /^\s*show\s+tables[\s;]*$/i.test(query)
    ? `SELECT name, total_rows AS rows FROM system.tables WHERE database = currentDatabase() AND engine NOT LIKE '%View'
      AND name IN (SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'project') ORDER BY name`
    : query;
}

function describedTable(query: string): string | undefined {
  return /^\s*desc(?:ribe)?\s+(?:table\s+)?(\w+)[\s;]*$/i.exec(query)?.[1];
}

function columnsOf(table: string): string {
  return `SELECT name, type, comment FROM system.columns WHERE database = currentDatabase() AND table = '${table}' ORDER BY position`;
}
