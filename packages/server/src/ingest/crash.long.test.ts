import { expect, test } from 'vitest';
import { crashRun } from './testing/crash-run.ts';
import { removeDirectory, temporaryDirectory } from './testing/harness.ts';
import { testSeed } from './testing/random.ts';

test('After thirty kills under load every acknowledged item is stored exactly once', async () => {
  const seed = testSeed();
  console.log(`Seed ${seed}.`);
  const dataDirectory = await temporaryDirectory();
  try {
    const { acknowledged, unanswered } = await crashRun({ seed, kills: 30, dataDirectory });
    console.log(`${acknowledged} requests acknowledged, ${unanswered} unanswered.`);
    expect(acknowledged).toBeGreaterThan(200);
  } catch (error) {
    throw new Error(
      `The crash run with SIGHTLINE_TEST_SEED=${seed} failed. Its data is in ${dataDirectory}.`,
      { cause: error },
    );
  }
  await removeDirectory(dataDirectory);
}, 900_000);
