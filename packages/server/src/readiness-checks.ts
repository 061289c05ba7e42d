/** What must be well for the server to do its work: the checks behind `/ready`. */
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { telemetrySignal } from '@sightline/schema/api';
import type { Catalog } from './catalog/catalog.ts';
import type { DamageKeeper } from './damage-keeper.ts';
import type { Ingest } from './ingest/index.ts';
import type { CheckToRun } from './readiness.ts';
import type { TelemetryStore } from './storage/telemetry-store.ts';

export interface ReadinessSources {
  readonly dataDirectory: string;
  readonly ingest: Ingest;
  readonly store: Pick<TelemetryStore, 'missingTables'>;
  readonly damage: Pick<DamageKeeper, 'failure'>;
  readonly catalog: Pick<Catalog, 'query'>;
}

/** What a segment of the journal of each signal takes before it is loaded. */
const freeBytesMin = 64 * 2 ** 20;
const probeBytes = Buffer.alloc(4096, 1);

export function readinessChecks(sources: ReadinessSources): readonly CheckToRun[] {
  const { dataDirectory, ingest, store, damage, catalog } = sources;
  return [
    {
      name: 'disk',
      look: async () => {
        const { bavail, bsize } = await statfs(dataDirectory);
        if (bavail * bsize < freeBytesMin)
          return `Only ${((bavail * bsize) / 1e6).toFixed(0)} MB are free on the disk of the data directory.`;
        for (const signal of telemetrySignal.options)
          await probeWrite(join(dataDirectory, 'journal', signal));
        return undefined;
      },
    },
    { name: 'journal', look: async () => ingest.journalFailure },
    {
      name: 'store',
      look: async () => {
        const missing = await store.missingTables();
        if (missing.length > 0) return `The tables ${missing.join(', ')} are missing.`;
        return ingest.isStoreAway ? 'It does not take in what is received.' : undefined;
      },
    },
    { name: 'stored_data', look: async () => damage.failure() },
    {
      name: 'canary',
      look: async () => {
        const { state, error } = ingest.canaryState;
        return state === 'failing'
          ? (error ?? 'A span that was accepted did not become visible.')
          : undefined;
      },
    },
    {
      name: 'control_plane',
      // Telemetry is received and answered without it.
      isOptional: true,
      look: async () => {
        await catalog.query('SELECT 1');
        return undefined;
      },
    },
  ];
}

/** Throws where a file cannot be made, filled and made durable in the directory. */
async function probeWrite(directory: string): Promise<void> {
  const path = join(directory, 'ready.tmp');
  const file = await open(path, 'w');
  try {
    await file.write(probeBytes);
    await file.datasync();
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
