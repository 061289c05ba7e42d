/** Runs a small program in a child process, with the SDK from its sources, and says how it ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { programEnv } from './program-env.ts';

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Node's own arguments, such as `--import`. */
  readonly nodeArguments?: readonly string[];
  readonly whileRunning?: (child: ChildProcess) => void;
}

export function runProgram(name: string, options: ProgramOptions = {}): Promise<ProgramEnd> {
  const started = performance.now();
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  const path = join(import.meta.dirname, 'programs', name);
  const child = spawn(process.execPath, [...(options.nodeArguments ?? []), path], {
    env: { ...programEnv, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const killer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  child.on('close', (code, signal) => {
    clearTimeout(killer);
    resolve({ code, signal, stdout, stderr, ms: performance.now() - started });
  });
  options.whileRunning?.(child);
  return promise;
}
