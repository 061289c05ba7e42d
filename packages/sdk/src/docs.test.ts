/** Every TypeScript block of docs/sdk runs, as it stands, against the built package. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt, packageRoot } from './test/built-package.ts';
import { programEnv } from './test/program-env.ts';

const run = promisify(execFile);
const folder = join(packageRoot, '../../docs/sdk');
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'));

beforeAll(ensureBuilt, 60_000);

describe('docs/sdk', () => {
  it.each(pages)('%s: its program runs', async (page) => {
    const text = readFileSync(join(folder, page), 'utf8');
    const blocks = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] ?? '');
    // A block in another spelling of the language, or indented, would not be run.
    const programs =
      text.match(/^[ \t>]*(?:```|~~~) *(?:[cm]?[jt]sx?|javascript|typescript|node)\b/gim) ?? [];
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks).toHaveLength(programs.length);
    const snippets = join(packageRoot, 'dist/snippets');
    mkdirSync(snippets, { recursive: true });
    for (const [index, block] of blocks.entries()) {
      const path = join(snippets, `${page.replace('.md', '')}-${index}.ts`);
      writeFileSync(path, block);
      const env = {
        ...programEnv,
        SIGHTLINE_EXIT_FLUSH_MS_MAX: '200',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      };
      const { stdout } = await run(process.execPath, [path], { env, timeout: 15_000 });
      // Where the page shows a plain text as what is printed, that is what is printed.
      for (const [, shown] of block.matchAll(/^ *console\.log\(.*\); \/\/ ([\w-]+)$/gm))
        expect(stdout.split('\n')).toContain(shown);
    }
  });

  it('links every page from its index', () => {
    const index = readFileSync(join(folder, 'README.md'), 'utf8');
    for (const page of pages.filter((name) => name !== 'README.md')) expect(index).toContain(`(${page})`);
  });
});
