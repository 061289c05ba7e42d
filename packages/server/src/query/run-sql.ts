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
    const result = await store.queryUntrusted<Record<string, Cell>>({ sql: query, project }, limits);
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
