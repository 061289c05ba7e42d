/** The built package, for tests that need it as a user gets it: built when older than its sources, by one test file at a time. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from './wait-until.ts';

export const packageRoot = join(import.meta.dirname, '../..');
const lock = join(tmpdir(), 'sightline-sdk-build.lock');

export async function ensureBuilt(): Promise<void> {
  await waitUntil(() => tryLock(), 50_000);
  try {
    if (!isFresh()) execFileSync(process.execPath, ['build.ts'], { cwd: packageRoot, stdio: 'pipe' });
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(): boolean {
  // A lock left by a killed run is older than any build.
  if ((statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < Date.now() - 60_000)
    rmSync(lock, { force: true });
  try {
    closeSync(openSync(lock, 'wx'));
    return true;
  } catch {
    return false;
  }
}

function isFresh(): boolean {
  const built =
    statSync(join(packageRoot, 'dist/types-cjs/package.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts'),
  );
  return [
    ...sources.map((name) => join('src', name)),
    'build.ts',
    'package.json',
    'tsconfig.build.json',
  ].every((name) => statSync(join(packageRoot, name)).mtimeMs <= built);
}
