/**
 * Builds dist: the same bundle as ES module and as CommonJS, and types. OpenTelemetry is inside, so that no other copy in the user's
 * project, of whatever version, can take the place of ours; what has no twins to fear stays an import (see docs/adr/0014).
 * Types are bundled by no tool: tsc writes them beside each other, OpenTelemetry's are copied beside them, and a second copy
 * serves CommonJS.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';
import { writeLicences } from '../../scripts/lib/bundled-licences.mjs';

const root = import.meta.dirname;
const dist = join(root, 'dist');
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const isExternal = (id: string) =>
  id.startsWith('node:') ||
  Object.keys(dependencies).some((name) => id === name || id.startsWith(`${name}/`));

rmSync(dist, { recursive: true, force: true });
const bundled = new Set<string>();
await bundle({ index: join(root, 'src/index.ts'), register: join(root, 'src/register.ts') }, ['esm', 'cjs']);
// Loaded by `require` on first use, whichever format asks.
for (const name of readdirSync(join(root, 'src/lazy')))
  await bundle({ [`lazy-${name.replace(/\.ts$/, '')}`]: join(root, 'src/lazy', name) }, ['cjs']);
writeLicences(join(dist, 'LICENSES.txt'), bundled);

const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
cpSync(join(dist, 'types'), join(dist, 'types-cjs'), { recursive: true });
finishTypes(join(dist, 'types'), 'mts');
finishTypes(join(dist, 'types-cjs'), 'cts');
writeFileSync(join(dist, 'types-cjs', 'package.json'), '{ "type": "commonjs" }\n');

async function bundle(input: Record<string, string>, formats: readonly ('esm' | 'cjs')[]): Promise<void> {
  const made = await rolldown({ input, platform: 'node', external: isExternal });
  for (const format of formats) {
    const ending = format === 'esm' ? 'js' : 'cjs';
    const { output } = await made.write({
      dir: dist,
      format,
      entryFileNames: `[name].${ending}`,
      chunkFileNames: `shared-[hash].${ending}`,
      exports: 'named',
    });
    for (const part of output)
      for (const path of part.type === 'chunk' ? part.moduleIds : []) bundled.add(path);
  }
  await made.close();
}

/** Names the files as each module system resolves them, and gives OpenTelemetry's types a place in the package. */
function finishTypes(folder: string, kind: 'mts' | 'cts'): void {
  const copied = new Set<string>();
  const copy = (name: string): void => {
    if (copied.has(name)) return;
    copied.add(name);
    const from = packageFolder(name);
    for (const file of readdirSync(join(from, 'dist'), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith(`.d.${kind}`)) continue;
      const to = join(folder, 'vendor', name, file);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, localised(to, readFileSync(join(from, 'dist', file), 'utf8')));
    }
  };
  /** Imports of OpenTelemetry's packages as paths to their copies. */
  const localised = (path: string, text: string): string =>
    text
      .replaceAll(
        /((?:from |import\()['"])(@opentelemetry\/[a-z-]+)(?=['"])/g,
        (_all, before: string, name: string) => {
          copy(name);
          const target = relative(dirname(path), join(folder, 'vendor', name, `index.${kind[0]}js`))
            .split(sep)
            .join('/');
          return `${before}${target.startsWith('.') ? target : `./${target}`}`;
        },
      )
      .replaceAll(/^\/\/# sourceMappingURL=.*$/gm, '');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.d.ts') || name.startsWith('vendor')) continue;
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8').replaceAll(
      /(from '\.[^']*|import\("\.[^"]*|from "\.[^"]*)\.ts(['"])/g,
      '$1.js$2',
    );
    writeFileSync(path, localised(path, text));
  }
}

function packageFolder(name: string): string {
  for (let at = root; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(folder)) return folder;
    if (at === dirname(at)) throw new Error(`${name} is not installed.`);
  }
}
