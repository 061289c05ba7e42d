/** Does what a snippet says, as a reader does: one shell, one empty folder, every text as it is printed. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Snippet } from '../../src/model/snippets/snippet.ts';

export interface SnippetSurroundings {
  /** Where the fake model answers; programs find it by the variables that the providers' SDKs read. */
  readonly modelUrl: string;
  readonly timeoutMs: number;
}

/** Resolves with what the shell printed; throws with it where a command fails. */
export async function runSnippet(snippet: Snippet, surroundings: SnippetSurroundings): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-snippet-'));
  for (const { role, caption, code } of snippet.parts)
    if (role === 'file') writeFileSync(join(folder, caption), `${code}\n`);
  const lines = snippet.parts.filter(({ role }) => role === 'shell').map(({ code }) => code);
  try {
    return await runShell(['set -e', ...lines].join('\n'), folder, surroundings);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Variables of the package managers: their caches and registries are those of the machine. */
const machine =
  /^(?:PATH$|HOME$|npm_config_|NPM_CONFIG_|PIP_|UV_|SSL_|NODE_EXTRA_CA|REQUESTS_CA|https?_proxy$|no_proxy$|HTTPS?_PROXY$|NO_PROXY$|PYENV)/;

async function runShell(
  script: string,
  folder: string,
  { modelUrl, timeoutMs }: SnippetSurroundings,
): Promise<string> {
  const own = Object.entries(process.env).filter(([name]) => machine.test(name));
  const child = spawn('sh', ['-c', script], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...Object.fromEntries(own),
      CI: '1',
      OPENAI_API_KEY: 'none',
      OPENAI_BASE_URL: `${modelUrl}/v1`,
      // LlamaIndex's own name for it.
      OPENAI_API_BASE: `${modelUrl}/v1`,
      ANTHROPIC_API_KEY: 'none',
      ANTHROPIC_BASE_URL: modelUrl,
    },
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), timeoutMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  if (code !== 0) throw new Error(`The snippet ended with ${code}:\n${printed}`);
  return printed;
}
