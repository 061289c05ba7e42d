/** Runs a coding agent in an empty home and folder, with its own telemetry on. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export async function runCodingAgent({ command, args, environment = {}, files = {} }) {
  const home = mkdtempSync(join(tmpdir(), 'coding-agent-'));
  const folder = join(home, 'project');
  mkdirSync(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  }
  const child = spawn(join(import.meta.dirname, 'coding-agents/node_modules/.bin', command), args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: home, CI: '1', ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 90_000);
  const code = await new Promise((resolve) => child.on('exit', resolve));
  clearTimeout(limit);
  rmSync(home, { recursive: true, force: true });
  if (code !== 0) console.error(`${command} ended with ${code}`);
}
