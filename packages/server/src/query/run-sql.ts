import type { SqlRequest, SqlResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { StoreError } from '../storage/telemetry-store.ts';
import { checkReadOnly } from './sql-guard.ts';
import type { QueryContext } from './reader.ts';
import { explainFailure } from './store-failure.ts';
import { queryTimeMsMax } from './query-bounds.ts';

/** Runs one reading statement of a user. Throws `bad_sql` and `query_limit`. */
export async function runSql(context: QueryContext, { query, maxRows }: SqlRequest): Promise<SqlResponse> {
  const statement = checkReadOnly(query);
  try {
    const result = await context.store.query<Record<string, SqlResponse['rows'][number][number]>>(
      { sql: statement },
      { timeMsMax: queryTimeMsMax, resultRowsMax: maxRows },
    );
    const rows = result.rows.slice(0, maxRows);
    const isCut = result.truncated || result.rows.length > maxRows;
    return {
      columns: result.columns.map(({ name, type }) => ({ name, type })),
      rows: rows.map((row) => result.columns.map(({ name }) => row[name] ?? null)),
      rowCount: rows.length,
      elapsedMs: result.elapsedMs,
      rowsRead: result.rowsRead,
      bytesRead: result.bytesRead,
      ...(isCut
        ? { limitsMet: [{ limit: 'rows' as const, message: `The first ${maxRows} rows are shown.` }] }
        : {}),
    };
  } catch (error) {
    if (error instanceof StoreError && error.kind === 'refused') {
      throw new SightlineError('bad_sql', `The statement was refused: ${error.message.slice(0, 1000)}`, {
        hint: 'Tables and columns are described in docs/sql.md; SHOW TABLES and DESCRIBE spans list them.',
        cause: error,
      });
    }
    throw explainFailure(error);
  }
}
