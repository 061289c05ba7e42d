import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorCatalogue } from '@sightline/schema/errors';
import { optionTable } from '../../packages/server/src/config/options.ts';
import { isTest, root, sourceFiles } from './source-files.ts';

/** What is not written here, and what to write instead. */
const banned: readonly { readonly pattern: RegExp; readonly instead: string; readonly only?: RegExp }[] = [
  { pattern: /\benum\s+\w+\s*\{/, instead: 'a union of string literals' },
  { pattern: /\bas any\b|: any[\s;,)>[\]|]/, instead: 'unknown, and a check' },
  { pattern: /@ts-ignore/, instead: '@ts-expect-error with the reason' },
  { pattern: /\bTODO\b|\bFIXME\b|\bXXX\b/, instead: 'an issue' },
  {
    pattern: /\b(?:it|describe|test)\.(?:only|skip)\(/,
    instead: 'a test that runs, or skipIf with a loud reason',
  },
];

const code = ['packages', 'scripts', 'bench', 'conformance', 'examples'].flatMap((folder) =>
  sourceFiles(folder, ['.ts', '.tsx', '.mjs']),
);
const documents = sourceFiles('.', ['.md']);

describe('the tree is tidy', () => {
  it('has no banned words', () => {
    const found = code
      .filter(({ path }) => path !== 'scripts/checks/tidy.test.ts')
      .flatMap(({ path, text }) =>
        banned.filter(({ pattern }) => pattern.test(text)).map(({ instead }) => `${path}: write ${instead}`),
      );
    expect(found).toEqual([]);
  });

  it('has an entry in docs/errors.md for each error code, and no entry without a code', () => {
    const headings = [
      ...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^### `([a-z_]+)`/gm),
    ].map(([, name = '']) => name);
    expect(headings.toSorted()).toEqual(Object.keys(errorCatalogue).toSorted());
  });

  it('describes every option in docs/configuration.md', () => {
    const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
    const missing = Object.values(optionTable).filter(
      ({ flag, env }) => !page.includes(`--${flag}`) || !page.includes(env),
    );
    expect(missing.map(({ flag }) => flag)).toEqual([]);
  });

  it('links only to files that exist', () => {
    const broken = documents.flatMap(({ path, text }) =>
      [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(path), target)))
        .map((target) => `${path} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('keeps files small, or says why not', () => {
    const long = code.filter(
      ({ path, text }) =>
        !isTest(path) && text.split('\n').length > 500 && !/^(?:#!.*\n)?\s*(?:\/\*\*|\/\/)/.test(text),
    );
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});
