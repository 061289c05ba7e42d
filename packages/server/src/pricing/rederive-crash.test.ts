import { test } from 'vitest';
import { testSeed } from '../ingest/testing/random.ts';
import { rederiveCrashRun } from './testing/rederive-crash-run.ts';

test('after a kill in a rework nothing is lost or doubled, and the next one goes through', async () => {
  const seed = testSeed();
  console.log(`Seed ${seed}.`);
  await rederiveCrashRun({ seed, kills: 1, days: 1 });
}, 180_000);
