import { test } from 'vitest';
import { testSeed } from '../ingest/testing/random.ts';
import { serverCrashRun } from './testing/server-crash-run.ts';

test(
  'after three kills of a server in a rework nothing is lost or doubled',
  { timeout: 240_000 },
  async () => {
    const seed = testSeed();
    console.log(`Seed ${seed}.`);
    await serverCrashRun({ seed, kills: 3 });
  },
);
