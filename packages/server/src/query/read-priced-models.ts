import type { TelemetryStore } from '../storage/telemetry-store.ts';
import { sql, string } from './sql/sql.ts';

/** The models whose prices are in the store, and the version under which `owner` has its mark. */
export async function readPricedModels(
  store: Pick<TelemetryStore, 'query'>,
  owner: string,
): Promise<{
  readonly models: readonly { readonly provider: string; readonly model: string }[];
  readonly fingerprint: string | undefined;
}> {
  const { rows } = await store.query<{ provider: string; model: string; mark: string }>(
    sql`SELECT splitByChar('\\n', pair)[1] AS provider, substring(pair, position(pair, '\\n') + 1) AS model, if(prices[1].project = ${string(owner)}, prices[1].version, '') AS mark
      FROM model_prices`.toStatement(),
    { share: 'background' },
  );
  return {
    models: rows.filter(({ mark }) => mark === ''),
    fingerprint: rows.find(({ mark }) => mark !== '')?.mark,
  };
}
