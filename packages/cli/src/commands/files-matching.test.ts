import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { filesMatching } from './files-matching.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sightline-matching-'));
  for (const part of ['a', 'b', '[c]']) mkdirSync(path.join(folder, part));
  for (const file of ['a/1.yml', 'a/2.yml', 'a/2.yaml', 'b/1.yml', 'b/x+1.yml', '[c]/1.yml'])
    writeFileSync(path.join(folder, file), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['a/*.yml', ['a/1.yml', 'a/2.yml']],
  ['*/1.yml', ['[c]/1.yml', 'a/1.yml', 'b/1.yml']],
  ['a/[2-9].y?ml', ['a/2.yaml']],
  ['a/[^1].yml', ['a/2.yml']],
  ['b/x+*.yml', ['b/x+1.yml']],
  ['b/x+.yml', ['b/x+.yml']],
  ['*.yml', []],
  ['nothing/*.yml', []],
])('%s', async (pattern, expected) => {
  const found = await filesMatching(path.join(folder, pattern));
  expect(found.map((file) => path.relative(folder, file))).toEqual(expected);
});
