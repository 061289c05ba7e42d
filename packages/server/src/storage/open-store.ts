import type { Clock } from '@sightline/base';
import { clickHouseStore } from './clickhouse/clickhouse-store.ts';
import { type EmbeddedOptions, openEmbedded } from './clickhouse/embedded-engine.ts';
import { openServer, type ServerOptions } from './clickhouse/server-engine.ts';
import type { TelemetryStore } from './telemetry-store.ts';

export const databaseName = 'sightline';

export type StoreOptions =
  | ({ readonly kind: 'embedded' } & Omit<EmbeddedOptions, 'database'> & { readonly database?: string })
  | ({ readonly kind: 'clickhouse' } & Omit<ServerOptions, 'database'> & { readonly database?: string });

/**
 * Opens the telemetry store and brings its schema to this version.
 * @throws SightlineError `data_directory_locked`, `data_from_newer_version`, `data_from_older_version`, `store_unavailable`, `bad_option`.
 */
export async function openStore(options: StoreOptions, clock: Clock): Promise<TelemetryStore> {
  const database = options.database ?? databaseName;
  const engine =
    options.kind === 'embedded'
      ? openEmbedded({ ...options, database })
      : await openServer({ ...options, database });
  const store = clickHouseStore(engine, clock);
  try {
    await store.migrate();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
