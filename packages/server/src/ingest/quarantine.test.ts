/** What was set aside stays counted, also where the disk damages the files that say why. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeStore, refusal } from './testing/fake-store.ts';
import { fileFaults } from './testing/file-faults.ts';
import { drained, openTestIngest, removeDirectory, temporaryDirectory } from './testing/harness.ts';
import { protobufOf, spansJson } from './testing/payloads.ts';
import { seededRandom, testSeed } from './testing/random.ts';

let directory: string;
const store = new FakeStore();
store.beforeLoad = (_segment, envelopes) => {
  if (envelopes.some(({ accepted }) => accepted > 0)) throw refusal('CANNOT_PARSE_TEXT');
};
beforeEach(async () => {
  directory = await temporaryDirectory();
  const ingest = await openTestIngest(directory, store);
  await ingest.accept({ signal: 'traces', project: 'p', request: protobufOf('traces', spansJson(3)) });
  await drained(ingest);
  await ingest.close();
});
afterEach(async () => removeDirectory(directory));

const reasons = async (ending: string): Promise<readonly string[]> =>
  (await readdir(join(directory, 'quarantine')))
    .filter((file) => file.endsWith(ending))
    .map((file) => join(directory, 'quarantine', file));

const seed = testSeed();

test.each(Object.entries(fileFaults))(
  `%s in one of the two files of a reason costs nothing (seed ${seed})`,
  async (_name, fault) => {
    const random = seededRandom(seed);
    for (const ending of ['.json', '.copy']) {
      const kept = await reasons(ending === '.json' ? '.copy' : '.json');
      expect(kept).toHaveLength(3);
      for (const file of await reasons(ending)) await fault(file, random);
      const ingest = await openTestIngest(directory, store);
      expect(ingest.ledger().rows).toMatchObject([{ project: 'p', accepted: 3, quarantined: 3 }]);
      expect(ingest.unreadableReasons).toEqual([]);
      // The next round damages the other files of pieces that are written anew.
      await ingest.close();
      await removeDirectory(join(directory, 'quarantine'));
      const again = await openTestIngest(directory, store);
      await again.accept({ signal: 'traces', project: 'p', request: protobufOf('traces', spansJson(3)) });
      await drained(again);
      await again.close();
    }
  },
);

test('A reason of which both files are damaged is named, in the log and the metrics too', async () => {
  const random = seededRandom(seed);
  const [first] = await reasons('.json');
  for (const file of [first, first?.replace(/json$/, 'copy')])
    await fileFaults['a file of noise']?.(file ?? '', random);
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line) => lines.push(line) });
  const ingest = await openTestIngest(directory, store, { log });
  expect(ingest.ledger().rows).toMatchObject([{ project: 'p', quarantined: 2 }]);
  expect(ingest.unreadableReasons).toEqual([first]);
  expect(lines.join('')).toContain('the ledger lacks what they count');
  expect(ingest.metrics()).toContainEqual(
    expect.objectContaining({
      name: 'sightline_quarantine_unreadable_pieces',
      samples: [{ labels: {}, value: 1 }],
    }),
  );
  await ingest.close();
});
