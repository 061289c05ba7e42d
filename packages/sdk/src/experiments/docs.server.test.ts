/** Every TypeScript block of docs/prompts.md and docs/datasets.md runs, as it stands, against a server. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LiveServer } from '../../../server/src/testing/live-server.ts';
import { programEnv } from '../test/program-env.ts';

const run = promisify(execFile);
const packageRoot = join(import.meta.dirname, '../..');
let server: LiveServer;
beforeAll(async () => {
  server = await LiveServer.start();
  await server.ask('/evaluators', 'POST', {
    name: 'helpfulness',
    enabled: false,
    settings: { type: 'refusal' },
  });
}, 60_000);
afterAll(async () => server?.close());

/** What a reader has: a client of a model, and a function of their own. */
const prelude: Readonly<Record<string, string>> = {
  prompts: 'const client = { chat: { completions: { create: async (request: unknown) => request } } };',
  datasets: `const answer = async (country: string): Promise<string> => (country === 'France' ? 'Paris' : 'Rome');`,
};

it.each(['datasets', 'prompts'])('docs/%s.md', { timeout: 60_000 }, async (page) => {
  const text = readFileSync(join(packageRoot, `../../docs/${page}.md`), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, block = '']) => block);
  expect(blocks.length).toBeGreaterThan(0);
  const folder = join(packageRoot, 'dist/snippets');
  mkdirSync(folder, { recursive: true });
  const printed: string[] = [];
  for (const [nr, block] of blocks.entries()) {
    const path = join(folder, `${page}-quality-${nr}.ts`);
    writeFileSync(path, `${prelude[page] ?? ''}\n${block}`);
    const env = { ...programEnv, SIGHTLINE_URL: server.ui };
    const { stdout } = await run(process.execPath, ['--conditions=source', path], { env, timeout: 30_000 });
    printed.push(stdout);
  }
  if (page === 'datasets') {
    expect(printed.at(-1)).toContain(`${server.ui}/experiments?dataset=capitals&ids=`);
    const { experiments } = await server.read<{
      experiments: { state: string; results: number; scores: { name: string; passed: number }[] }[];
    }>('/experiments?dataset=capitals');
    expect(experiments[0]).toMatchObject({ state: 'done', results: 4 });
    expect(experiments[0]?.scores.find(({ name }) => name === 'right')?.passed).toBe(4);
  }
});
