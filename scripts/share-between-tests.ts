import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Once per run of Vitest: a folder for what its tests share, named by `SIGHTLINE_TESTS_SHARED`. Compiled code is among it: a server starts with a
 * second of CPU less. Returns what takes it away.
 */
export function setup(): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-tests-'));
  process.env['SIGHTLINE_TESTS_SHARED'] = directory;
  process.env['NODE_COMPILE_CACHE'] ??= join(directory, 'compiled');
  return () => rmSync(directory, { recursive: true, force: true });
}
