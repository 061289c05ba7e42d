/** Builds dist: the command as one package without dependencies, so that it runs where there is no checkout, such as in CI. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { writeLicences } from '../../scripts/lib/bundled-licences.mjs';

const root = import.meta.dirname;
const dist = join(root, 'dist');
const { name, version, description, license, type } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
) as Record<string, string>;

rmSync(dist, { recursive: true, force: true });
const made = await rolldown({
  input: { sightline: join(root, 'src/main.ts') },
  platform: 'node',
  // The sources of the workspace's packages: none of them is built for this.
  resolve: { conditionNames: ['source', 'node', 'import', 'default'] },
});
const { output } = await made.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : ''),
});
await made.close();
writeLicences(
  join(dist, 'LICENSES.txt'),
  output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : [])),
);
cpSync(join(root, '../../LICENSE'), join(dist, 'LICENSE'));
const packed = {
  name,
  version,
  description,
  license,
  type,
  bin: { sightline: 'sightline.js' },
  engines: { node: '>=22' },
};
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(packed, undefined, 2)}\n`);
