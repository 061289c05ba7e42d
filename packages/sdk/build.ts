/**
 * Builds dist: the same bundle as ES module and as CommonJS (our code only; every dependency stays an import), and types.
 * Types are bundled per entry by no tool: tsc writes them beside each other, and a copy with .d.cts names serves CommonJS.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const root = import.meta.dirname;
const dist = join(root, 'dist');
const entries = { index: join(root, 'src/index.ts'), register: join(root, 'src/register.ts') };

rmSync(dist, { recursive: true, force: true });
const bundle = await rolldown({
  input: entries,
  platform: 'node',
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
});
await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'shared-[hash].js',
});
await bundle.write({
  dir: dist,
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: 'shared-[hash].cjs',
  exports: 'named',
});
await bundle.close();

const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
cpSync(join(dist, 'types'), join(dist, 'types-cjs'), { recursive: true });
rewrite(join(dist, 'types'), (text) =>
  text.replaceAll(/(from '\.[^']*|import\("\.[^"]*|from "\.[^"]*)\.ts(['"])/g, '$1.js$2'),
);
rewrite(join(dist, 'types-cjs'), (text) =>
  text.replaceAll(/(from '\.[^']*|import\("\.[^"]*|from "\.[^"]*)\.ts(['"])/g, '$1.js$2'),
);
writeFileSync(join(dist, 'types-cjs', 'package.json'), '{ "type": "commonjs" }\n');

function rewrite(folder: string, change: (text: string) => string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts')) continue;
    const path = join(folder, name);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  }
}
