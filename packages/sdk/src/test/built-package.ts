/** The built package, for tests that need it as a user gets it; built once per test run that asks. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const packageRoot = join(import.meta.dirname, '../..');

export function buildPackage(): void {
  execFileSync(process.execPath, ['build.ts'], { cwd: packageRoot, stdio: 'pipe' });
}
