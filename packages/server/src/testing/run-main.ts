import { spawn } from 'node:child_process';
import { join } from 'node:path';
import serverFlags from '../../../../scripts/lib/server-flags.json' with { type: 'json' };

/** The server as a child process: what it printed, and how it ended. */
export interface MainProcess {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves with the addresses of the ready line; rejects when the process ends before. */
  ready(): Promise<{ readonly ui: string; readonly otlpHttp: string; readonly otlpGrpc: string }>;
  /** Resolves with the exit code, null after a signal. */
  ended(): Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

const main = join(import.meta.dirname, '../main.ts');
const readyLine = /^Sightline is ready: UI (\S+) {2}OTLP\/HTTP (\S+) {2}OTLP\/gRPC (\S+)$/m;

/** Runs main.ts. Ports are free ones unless `args` say otherwise. */
export function runMain(args: readonly string[], env: Readonly<Record<string, string>> = {}): MainProcess {
  const ports = ['port', 'otlp-http-port', 'otlp-grpc-port']
    .filter((flag) => !args.includes(`--${flag}`))
    .flatMap((flag) => [`--${flag}`, '0']);
  const child = spawn(process.execPath, [...serverFlags, main, ...ports, ...args], {
    env: { ...process.env, SIGHTLINE_LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    ready: async () =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const [, ui, otlpHttp, otlpGrpc] = readyLine.exec(stdout) ?? [];
          if (ui !== undefined && otlpHttp !== undefined && otlpGrpc !== undefined)
            resolve({ ui, otlpHttp, otlpGrpc });
        };
        child.stdout.on('data', look);
        void ended.then((code) => reject(new Error(`The server ended with ${code}: ${stderr}`)));
        look();
      }),
    ended: async () => ended,
    kill: (signal) => child.kill(signal),
  };
}
