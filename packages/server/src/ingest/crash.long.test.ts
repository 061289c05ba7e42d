import { expect, test } from 'vitest';
import { crashRun, ordeals } from './testing/crash-run.ts';
import { removeDirectory, temporaryDirectory } from './testing/harness.ts';
import { testSeed } from './testing/random.ts';

/** How many; a night has room for a thousand. */
const kills = Number(process.env['SIGHTLINE_KILLS'] ?? 60);

test(
  `After ${kills} kills, with all that happens beside them, every acknowledged item is stored exactly once or counted as damaged`,
  async () => {
    const seed = testSeed();
    console.log(`Seed ${seed}.`);
    const dataDirectory = await temporaryDirectory();
    try {
      const onRound = (text: string): void => console.log(text);
      const result = await crashRun({ seed, kills, dataDirectory, ordeals, onRound });
      console.log(`Seed ${seed}: ${JSON.stringify(result)}`);
      expect(result.acknowledged).toBeGreaterThan(3 * kills);
      if (kills >= 60) {
        expect(Object.values(result.aimed)).not.toContain(0);
        expect(result.deleted).toBeGreaterThan(0);
      }
    } catch (error) {
      throw new Error(
        `The crash run with SIGHTLINE_TEST_SEED=${seed} failed. Its data is in ${dataDirectory}.`,
        { cause: error },
      );
    }
    await removeDirectory(dataDirectory);
  },
  kills * 60_000,
);
