import { callNames, callRows } from '../../query/sql/call-rows-sql.ts';
import { type RunScope, runRows } from '../../query/sql/run-rows-sql.ts';
import { type Sql, sql, trusted } from '../../query/sql/sql.ts';
import { runColumnNames } from '../../query/sql/stored-runs-sql.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';

/** A run, or calls of one kind of a run. */
export interface RunOrCalls {
  readonly trace: string;
  readonly kinds?: string;
}

const all = trusted('true');
/** Lists whose order says nothing. */
const sorted = ['agentNames', 'serviceNames', 'versionNames', 'modelNames', 'models'];
/** Of the outermost step its ids are only known while the run is put together. */
const headOnly = 'tuple(head.1, head.2, head.3, head.4, head.5, head.6)';

/** What lists are made of, in one order. */
export async function readRunsAndCalls(
  store: Pick<TelemetryStore, 'query'>,
  of: RunScope,
): Promise<readonly RunOrCalls[]> {
  const columns = runColumnNames.map(
    (name) =>
      `toString(${name === 'head' ? headOnly : sorted.includes(name) ? `arraySort(${name})` : name}) AS ${name}_`,
  );
  const names = [
    ...callNames.filter((name) => name !== 'spanId'),
    'agent',
    'isCounted',
    'inputTokens',
    'outputTokens',
    'costUsd',
    'unpricedCalls',
  ];
  const calls = (kinds: 'models' | 'tools' | 'all'): Sql =>
    sql`SELECT ${trusted(`'${kinds}' AS kinds, hex(trace_id) AS trace, groupArray(tuple(${(kinds === 'tools' ? names.slice(0, -5) : names).map((name) => `toString(${name})`).join(', ')})) AS made`)}
      FROM (${callRows({ scope: of, where: all, kinds, reads: [...callNames, 'agent'] })}) GROUP BY trace_id`;
  const rows: RunOrCalls[] = [];
  const ask = async (statement: Sql): Promise<void> => {
    rows.push(...(await store.query<RunOrCalls>(statement.toStatement())).rows);
  };
  await ask(
    sql`SELECT hex(trace_id) AS trace, ${trusted(columns.join(', '))} FROM (${runRows({ scope: of, where: all })}) ORDER BY trace`,
  );
  for (const kinds of ['models', 'tools', 'all'] as const)
    await ask(sql`SELECT kinds, trace, arraySort(made) AS made FROM (${calls(kinds)}) ORDER BY trace`);
  return rows;
}
