import { test } from 'vitest';
import { testSeed } from '../ingest/testing/random.ts';
import { serverCrashRun } from './testing/server-crash-run.ts';

test(
  'after forty kills of a server in reworks nothing is lost or doubled',
  { timeout: 1_800_000 },
  async () => {
    const seed = testSeed();
    console.log(`Seed ${seed}.`);
    await serverCrashRun({ seed, kills: 40 });
  },
);
