// `npm run bench [-- name …]`: runs the benchmarks of bench/, one after the other, on the pinned Node. Each prints a table
// for docs/benchmarks.md with the hardware it ran on. Without names, all of them. Options after the names are those of the
// benchmarks: `npm run bench -- analysis --data <directory> --only map`.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureChromium } from './lib/debian.mjs';
import {
  childEnvironment,
  ensureInstalled,
  ensureWebBuilt,
  fail,
  nodeBinary,
  root,
  run,
} from './lib/workspace.mjs';

ensureInstalled();
ensureWebBuilt();
// A benchmark is a file that measures; the others in the folder help it.
const all = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
  .sort();
const given = process.argv.slice(2);
const firstOption = given.findIndex((argument) => argument.startsWith('-'));
const asked = firstOption < 0 ? given : given.slice(0, firstOption);
const options = given.slice(asked.length);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) fail(`There is no benchmark ${unknown.join(', ')}. There are: ${all.join(', ')}.`);
const env = childEnvironment({ SIGHTLINE_CHROMIUM: ensureChromium() ?? '' });
let status = 0;
for (const name of asked.length > 0 ? asked : all) {
  console.log(`\n## ${name}\n`);
  status ||= await run(
    nodeBinary(),
    ['--disable-warning=ExperimentalWarning', '--expose-gc', `bench/${name}.bench.ts`, ...options],
    { env },
  );
}
process.exit(status);
