/**
 * Data that most tests begin with, made once for all tests of a run and copied for each: to make the schema takes the engine a second of CPU, the
 * first start of a server three more than another one. Tests of first starts begin with an empty folder.
 */
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@sightline/base';
import { openCatalog } from '../catalog/catalog.ts';
import { openStore } from '../storage/open-store.ts';
import { runMain } from './run-main.ts';

/** Fills `directory`, which need not be there, with a telemetry store that has this version's schema and no rows. */
export async function prepareStore(directory: string): Promise<void> {
  await copyShared('store', directory, async (path) => {
    const store = await openStore(
      { kind: 'embedded', directory: path, writers: 1, readers: 1 },
      systemClock(),
    );
    await store.close();
  });
}

/** The same for the control plane. */
export async function prepareCatalog(directory: string): Promise<void> {
  await copyShared('control', directory, async (path) => (await openCatalog({ directory: path })).close());
}

/** Fills `directory` with what a server leaves that was started once and stopped: schemas and prices, no telemetry. */
export async function prepareData(directory: string): Promise<void> {
  await copyShared('data', directory, async (path) => {
    const main = runMain(['--data', path, '--canary-interval', 'off']);
    await main.ready();
    main.kill('SIGTERM');
    if ((await main.ended()) !== 0) throw new Error(`The server did not stop: ${main.stderr()}`);
  });
}

async function copyShared(
  name: string,
  directory: string,
  make: (path: string) => Promise<void>,
): Promise<void> {
  const shared = process.env['SIGHTLINE_TESTS_SHARED'];
  // Outside of a test run there is nobody to share with.
  if (shared === undefined) return;
  const made = join(shared, name);
  while (!existsSync(made) && !(await tryMake(made, make))) await delay(waitStepMs);
  cpSync(made, directory, { recursive: true, verbatimSymlinks: true });
}

const waitStepMs = 20;

/** False where another worker is about to make it. */
async function tryMake(made: string, make: (path: string) => Promise<void>): Promise<boolean> {
  const path = `${made}-begun`;
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    await make(path);
    renameSync(path, made);
    return true;
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
