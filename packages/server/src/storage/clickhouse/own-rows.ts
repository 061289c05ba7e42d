/** The store's own short reads. */
import type { ClickHouseEngine } from './engine.ts';
import { ownSettings } from './query-settings.ts';

/** Rows of a statement without parameters, as many as the limits of queries allow where `rowsMax` does not say otherwise. */
export async function ownRows<Row>(
  engine: ClickHouseEngine,
  sql: string,
  rowsMax?: number,
): Promise<readonly Row[]> {
  const settings = rowsMax === undefined ? ownSettings : { ...ownSettings, limit: rowsMax };
  const { data } = await engine.select({ sql, params: {}, settings });
  return data as readonly Row[];
}

/** Milliseconds since 1970 by the clock that stamps rows, which need not agree with ours. */
export async function engineNowMs(engine: ClickHouseEngine): Promise<bigint> {
  const [row] = await ownRows<{ ms: string }>(engine, 'SELECT toUnixTimestamp64Milli(now64(3)) AS ms');
  return BigInt(row?.ms ?? 0);
}

/** Most days of a long range hold nothing, and need none of the statements that change one. `rows` is a table, and a condition. */
export async function isEmpty(engine: ClickHouseEngine, rows: string): Promise<boolean> {
  return (await ownRows(engine, `SELECT 1 FROM ${rows} LIMIT 1`)).length === 0;
}
