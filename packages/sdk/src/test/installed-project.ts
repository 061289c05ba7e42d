/** An empty project of a new user, with the SDK as it would be published. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, packageRoot } from './built-package.ts';

const run = promisify(execFile);

/** The path of the packed SDK. */
export async function packSdk(): Promise<string> {
  await ensureBuilt();
  const folder = mkdtempSync(join(tmpdir(), 'sightline-pack-'));
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: packageRoot });
  return join(folder, stdout.trim());
}

/** The project's folder, with these packages installed. */
export async function installProject(...packages: readonly string[]): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), 'sightline-user-'));
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'user', version: '1.0.0', private: true }),
  );
  await run('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: project });
  return project;
}

/** Runs a program of the project with the SDK registered, and says how it ended. */
export async function runInProject(project: string, program: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ['--import', '@sightline/sdk/register', program], {
    cwd: project,
    env,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (part: Buffer) => (stdout += part.toString()));
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}
