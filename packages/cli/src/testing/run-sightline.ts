import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/sightline.mjs', import.meta.url));
const waitMsMax = 30_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Resolves when standard output matches; rejects when the command ends or takes too long. */
  printed(pattern: RegExp): Promise<string>;
  interrupt(): void;
  readonly ended: Promise<Ended>;
}

export interface RunOptions {
  readonly url?: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** The command as a user runs it: a process of its own. */
export function startSightline(words: readonly string[], { url, input, env }: RunOptions = {}): Running {
  const child = spawn(process.execPath, [bin, ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      NO_COLOR: '',
      SIGHTLINE_URL: url ?? 'http://127.0.0.1:9',
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    ended,
    interrupt: () => child.kill('SIGINT'),
    printed: async (pattern) =>
      new Promise((resolve, reject) => {
        const fail = (): void => reject(new Error(`Never printed ${String(pattern)}:\n${stdout}\n${stderr}`));
        const timer = setTimeout(fail, waitMsMax);
        const look = (): void => {
          const [found] = pattern.exec(stdout) ?? [];
          if (found === undefined) return;
          clearTimeout(timer);
          resolve(found);
        };
        child.stdout.on('data', look);
        child.once('close', fail);
        look();
      }),
  };
}

export async function sightline(words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return startSightline(words, options).ended;
}
