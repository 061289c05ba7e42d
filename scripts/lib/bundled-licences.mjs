// The licences of packages whose code went into a bundle, as each of them asks for.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} file
 * @param {Iterable<string>} moduleIds The paths of all modules in the bundle.
 */
export function writeLicences(file, moduleIds) {
  const folders = new Set();
  for (const id of moduleIds) {
    const folder = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
    if (folder !== undefined) folders.add(folder);
  }
  // One text once.
  const packagesByText = new Map();
  for (const folder of [...folders].toSorted((one, other) => one.localeCompare(other))) {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const licence = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = licence === undefined ? '' : readFileSync(join(folder, licence), 'utf8').trim();
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${name} ${version}`]);
  }
  const parts = [...packagesByText].map(([text, packages]) => `${packages.join('\n')}\n\n${text}\n`);
  writeFileSync(file, parts.join(`\n${'-'.repeat(80)}\n\n`));
}
