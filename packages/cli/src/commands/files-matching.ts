/** Files that a pattern as in `rule_files` names: `*`, `?` and `[a-z]` stand for parts of a name, and for no slash, as in Prometheus. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** In the order of their names. A path without a pattern names itself, whether it is there or not. */
export async function filesMatching(pattern: string): Promise<string[]> {
  if (!/[*?[]/.test(pattern)) return [pattern];
  const { root } = path.parse(pattern);
  let found = [root === '' ? '.' : root];
  for (const part of pattern.slice(root.length).split(path.sep)) {
    if (part === '') continue;
    const matches = nameTest(part);
    const next = await Promise.all(
      found.map(async (folder) => {
        if (!/[*?[]/.test(part)) return [path.join(folder, part)];
        const names = await readdir(folder).catch(() => []);
        return names.filter((name) => matches.test(name)).map((name) => path.join(folder, name));
      }),
    );
    found = next.flat();
  }
  return found.toSorted();
}

/** As Go's filepath.Match. */
function nameTest(part: string): RegExp {
  const written = part.replaceAll(
    /\[(\^?)([^\]]+)\]|[^]/g,
    (all, not: string | undefined, among: string | undefined) => {
      if (among !== undefined) return `[${not}${among.replaceAll(/[\\[^]/g, String.raw`\$&`)}]`;
      if (all === '*') return '.*';
      return all === '?' ? '.' : all.replace(/[\\^$.+()[\]{}|]/, String.raw`\$&`);
    },
  );
  return new RegExp(`^${written}$`, 's');
}
