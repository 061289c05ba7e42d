/** The host program's own package.json, for the name and version of the service when nobody gave them. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export function findPackage(): { readonly name?: string; readonly version?: string } | undefined {
  const script = process.argv[1];
  let directory = script === undefined ? process.cwd() : dirname(script);
  for (let level = 0; level < 12; level++) {
    const found = tryRead(join(directory, 'package.json'));
    if (found?.name !== undefined) return found;
    const parent = dirname(directory);
    if (parent === directory) return undefined;
    directory = parent;
  }
  return undefined;
}

function tryRead(path: string): { name?: string; version?: string } | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const { name, version } = parsed as { name?: unknown; version?: unknown };
    return {
      ...(typeof name === 'string' && name !== '' ? { name } : {}),
      ...(typeof version === 'string' ? { version } : {}),
    };
  } catch {
    return undefined;
  }
}
