import { join } from 'node:path';
import type { Clock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { clickHouseStore } from './clickhouse/clickhouse-store.ts';
import { DayChanges } from './clickhouse/day-changes.ts';
import { type EmbeddedOptions, openEmbedded } from './clickhouse/embedded-engine.ts';
import { PartInventory } from './clickhouse/part-inventory.ts';
import { openServer, type ServerOptions } from './clickhouse/server-engine.ts';
import { TableDefinitions } from './clickhouse/table-definitions.ts';
import { forgetUnwrittenParts } from './clickhouse/unwritten-parts.ts';
import { findStranger } from './find-stranger.ts';
import { StoreError, type TelemetryStore } from './telemetry-store.ts';

export const databaseName = 'sightline';

export type StoreOptions =
  | ({ readonly kind: 'embedded' } & Omit<EmbeddedOptions, 'database'> & { readonly database?: string })
  | ({
      readonly kind: 'clickhouse';
      /** Where it is noted what the server has stored. Without, and on a cluster, nothing is missed that is gone. */
      readonly directory?: string;
    } & Omit<ServerOptions, 'database'> & { readonly database?: string });

/**
 * Opens the telemetry store and brings its schema to this version.
 * @throws SightlineError `data_directory_locked`, `data_from_newer_version`, `data_from_older_version`, `store_unavailable`, `store_damaged`, `bad_option`.
 */
export async function openStore(options: StoreOptions, clock: Clock): Promise<TelemetryStore> {
  const database = options.database ?? databaseName;
  const store =
    options.kind === 'embedded'
      ? openEmbeddedStore({ ...options, database }, clock)
      : await openServerStore({ ...options, database }, clock);
  try {
    await store.migrate();
    return store;
  } catch (error) {
    await store.close();
    if (error instanceof StoreError && error.kind === 'damaged')
      throw new SightlineError('store_damaged', `Cannot open the telemetry store: ${error.message}`, {
        hint: 'Restore the data directory from a backup, or move its folder "telemetry" away to start with an empty store.',
        cause: error,
      });
    throw error;
  }
}

function openEmbeddedStore(options: EmbeddedOptions, clock: Clock): TelemetryStore {
  const { directory, database } = options;
  const stranger = findStranger(directory);
  if (stranger !== undefined)
    throw new SightlineError(
      'store_damaged',
      `Cannot open the telemetry store: "${stranger}" is no file: to read it would never end.`,
      { hint: 'Remove it, or put the file back from a backup. What is missing then is told.' },
    );
  forgetUnwrittenParts(directory);
  const definitions = new TableDefinitions(directory, database);
  const restored = definitions.restore();
  const engine = openReadable(options, definitions);
  const inventory = new PartInventory(engine, join(directory, 'parts.json'));
  return clickHouseStore(engine, clock, { kept: { inventory, definitions, restored } });
}

async function openServerStore(
  { directory, ...options }: ServerOptions & { readonly directory?: string },
  clock: Clock,
): Promise<TelemetryStore> {
  const engine = await openServer(options);
  if (directory === undefined || engine.nodes.kind === 'cluster') return clickHouseStore(engine, clock);
  // Another server, or another database, has parts of its own.
  const of = `${new URL(options.urls[0] ?? '').host}-${options.database}`.replaceAll(/[^\w.-]/g, '_');
  const inventory = new PartInventory(engine, join(directory, `parts-of-${of}.json`), new DayChanges(engine));
  return clickHouseStore(engine, clock, { kept: { inventory } });
}

/** The engine does not say why it cannot be opened. Where a definition cannot be read, that is why. */
function openReadable(
  options: EmbeddedOptions,
  definitions: TableDefinitions,
): ReturnType<typeof openEmbedded> {
  try {
    return openEmbedded(options);
  } catch (error) {
    const files = definitions.unreadable();
    if (files.length === 0) throw error;
    throw new SightlineError(
      'store_damaged',
      `Cannot open the telemetry store: definitions of tables cannot be read: ${files.join(', ')}.`,
      { hint: 'Restore these files from a backup. The rows lie beside, untouched.', cause: error },
    );
  }
}
