import { expect, test } from 'vitest';
import { crashRun } from './testing/crash-run.ts';
import { removeDirectory, temporaryDirectory } from './testing/harness.ts';
import { testSeed } from './testing/random.ts';

test('After three kills under load every acknowledged item is stored exactly once', async () => {
  const seed = testSeed();
  const dataDirectory = await temporaryDirectory();
  try {
    const { acknowledged } = await crashRun({ seed, kills: 3, dataDirectory });
    expect(acknowledged).toBeGreaterThan(20);
  } catch (error) {
    throw new Error(
      `The crash run with SIGHTLINE_TEST_SEED=${seed} failed. Its data is in ${dataDirectory}.`,
      { cause: error },
    );
  }
  await removeDirectory(dataDirectory);
}, 180_000);
