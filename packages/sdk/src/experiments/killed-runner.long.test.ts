/** A program whose experiment is under way is killed: the server finds out by itself, and another program goes on where it was. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LiveServer } from '../../../server/src/testing/live-server.ts';

const packageRoot = join(import.meta.dirname, '../..');

it(
  'is stopped a minute after the kill, and resumed without trying an item twice',
  { timeout: 300_000 },
  async () => {
    const server = await LiveServer.start();
    try {
      const folder = join(packageRoot, 'dist/snippets');
      mkdirSync(folder, { recursive: true });
      const [program, ran] = [join(folder, 'killed-runner.ts'), join(server.directory, 'ran.txt')];
      // The first program hangs at the item 5.
      writeFileSync(
        program,
        `import { appendFileSync } from 'node:fs';
import { experiment } from '@sightline/sdk';
const resume = process.argv[2];
const target = async (nr: number) => {
  if (nr === 5 && resume === undefined) await new Promise((resolve) => setTimeout(resolve, 1e9));
  appendFileSync(${JSON.stringify(ran)}, nr + ' ');
  return nr;
};
await experiment({ name: 'killed', dataset: 'ten', target, concurrency: 1, ...(resume === undefined ? {} : { resume }) });
`,
      );
      const start = (...words: string[]) =>
        spawn(process.execPath, ['--conditions=source', program, ...words], {
          env: { PATH: process.env['PATH'], SIGHTLINE_URL: server.ui },
          stdio: 'inherit',
        });
      await server.ask('/datasets', 'POST', { name: 'ten' });
      const items = Array.from({ length: 10 }, (_, input) => ({ input }));
      await server.ask('/datasets/ten/items', 'POST', { items });
      const first = start();
      const read = async () =>
        (
          await server.read<{
            experiments: { id: string; state: string; results: number; reason: string | null }[];
          }>('/experiments?dataset=ten')
        ).experiments[0];
      await expect.poll(async () => (await read())?.results, { timeout: 60_000 }).toBe(5);
      first.kill('SIGKILL');
      await expect
        .poll(async () => (await read())?.state, { timeout: 150_000, interval: 1_000 })
        .toBe('stopped');
      expect((await read())?.reason).toContain('left after 5 of 10 results');
      const second = start((await read())?.id ?? '');
      expect(await once(second, 'exit')).toEqual([0, null]);
      expect(await read()).toMatchObject({ state: 'done', results: 10, reason: null });
      expect(readFileSync(ran, 'utf8').trim().split(' ')).toEqual(items.map(({ input }) => String(input)));
    } finally {
      await server.close();
    }
  },
);
