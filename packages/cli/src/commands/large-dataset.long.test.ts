/** A dataset as large as one may be, through the doors users have: every item comes in once and goes out again, and one more is refused. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetItemsMax, datasetItemsResponse, experiment } from '@sightline/schema/api';
import { expect, test } from 'vitest';
import { startLiveServer } from '../testing/live-server.ts';
import { sightline } from '../testing/run-sightline.ts';

test(
  '100,000 items are imported, paged, exported, split, and an experiment over them begins',
  { timeout: 900_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sightline-large-'));
    const server = await startLiveServer(['--canary-interval', 'off']);
    const run = async (...words: string[]) => sightline(words, { url: server.url });
    try {
      const file = join(folder, 'items.jsonl');
      const items = Array.from({ length: datasetItemsMax }, (_, nr) => ({
        id: `n${nr}`,
        input: { question: `number ${nr} `.repeat(20) },
        expected: `answer ${nr}`,
      }));
      await writeFile(file, items.map((item) => JSON.stringify(item)).join('\n'));
      expect((await run('datasets', 'import', 'large', file)).stdout).toBe(
        '100000 added, 0 changed, 0 as before, 0 duplicates left out: version 1 with 100000 items.\n',
      );
      const more = join(folder, 'more.jsonl');
      await writeFile(more, '{"input": "one more"}');
      expect(await run('datasets', 'import', 'large', more)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('A dataset has at most 100000 items.'),
      });
      const read = async (query: string) =>
        datasetItemsResponse.parse(
          await (await fetch(`${server.url}/api/v1/datasets/large/items?${query}`)).json(),
        );
      const page = await read('limit=1000&search=number%209999%20');
      expect(page.items.map(({ id }) => id)).toEqual(['n9999']);
      const { stdout } = await run('datasets', 'export', 'large');
      const ids = stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id);
      expect(ids).toEqual(items.map(({ id }) => id));
      const splits = (await run('datasets', 'split', 'large', 'train=8', 'test=2')).stdout;
      const counts = [...splits.matchAll(/(\d+) items/g)].map(([, count]) => Number(count));
      expect(counts).toHaveLength(2);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(datasetItemsMax);
      const begun = await fetch(`${server.url}/api/v1/experiments`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'all', dataset: 'large', target: { kind: 'program' } }),
      });
      expect(experiment.parse(await begun.json())).toMatchObject({
        planned: datasetItemsMax,
        datasetVersion: 2,
      });
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
