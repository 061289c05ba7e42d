/** A started server as a child process, watched through /proc. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import serverFlags from '../scripts/lib/server-flags.json' with { type: 'json' };

/** CPU and memory that a process uses. */
export interface WatchedProcess {
  /** CPU seconds used so far, user and system. */
  cpuS(): number;
  /** The most memory it has had resident since `forgetPeak`, and what it has now. */
  memory(): { readonly peakBytes: number; readonly bytes: number };
  /** The peak of a start is not that of what is measured after it. */
  forgetPeak(): void;
}

export interface ServerProcess extends WatchedProcess {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly ui: string;
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
  readonly readyMs: number;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const mainFile = join(import.meta.dirname, '../packages/server/src/main.ts');
const ready = /Sightline is ready: UI (?<ui>\S+)\s+OTLP\/HTTP (?<http>\S+)\s+OTLP\/gRPC (?<grpc>\S+)/;

const running = new Set<ChildProcess>();

/** A bench that a signal ends leaves no server behind. */
const endRunning = (signal: 'SIGINT' | 'SIGTERM'): void => {
  for (const child of running) child.kill('SIGKILL');
  process.exit(128 + constants.signals[signal]);
};

export interface StartOptions {
  readonly dataDirectory: string;
  /** Another program that prints the same line. */
  readonly main?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Starts the server on free ports of loopback and resolves when it says that it is ready. */
export async function startServerProcess(options: StartOptions): Promise<ServerProcess> {
  const { dataDirectory, main = mainFile, env = {}, timeoutMs = 60_000 } = options;
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];
  const began = performance.now();
  const flags = ['--conditions=source', ...serverFlags];
  const child = spawn(process.execPath, [...flags, main, ...ports, '--data', dataDirectory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (running.size === 0) process.on('SIGINT', endRunning).on('SIGTERM', endRunning);
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) process.off('SIGINT', endRunning).off('SIGTERM', endRunning);
  });
  const urls = await readyLine(child, timeoutMs);
  const pid = child.pid ?? 0;
  return {
    process: child,
    pid,
    ui: urls['ui'] ?? '',
    otlpHttp: urls['http'] ?? '',
    otlpGrpc: urls['grpc'] ?? '',
    readyMs: performance.now() - began,
    ...watchProcess(pid),
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'exit');
      child.kill(signal);
      await closed;
    },
  };
}

export function watchProcess(pid: number): WatchedProcess {
  return {
    cpuS: () => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    memory: () => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const of = (name: string): number =>
        Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
      return { peakBytes: of('VmHWM'), bytes: of('VmRSS') };
    },
    forgetPeak: () => writeFileSync(`/proc/${pid}/clear_refs`, '5'),
  };
}

async function readyLine(child: ChildProcess, timeoutMs: number): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`The server was not ready after ${timeoutMs} ms. It printed: ${text}`));
    }, timeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const urls = ready.exec(text)?.groups;
      if (urls === undefined) return;
      clearTimeout(timer);
      resolve({ ...urls });
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`The server ended with ${code ?? signal} before it was ready. It printed: ${text}`));
    });
  });
}

/** A started server prices what it finds and puts runs together: resolves when it has nothing to do, and says how long that took. */
export async function untilAtRest(server: ServerProcess): Promise<void> {
  const began = performance.now();
  const cpuS = server.cpuS();
  for (let quiet = 0, before = cpuS; quiet < 5; quiet += 1) {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const now = server.cpuS();
    if (now - before > 0.6) quiet = 0;
    before = now;
    if (performance.now() - began > 3_600_000) throw new Error('The server was not at rest within an hour.');
  }
  const tookS = (performance.now() - began) / 1000;
  console.log(`At rest after ${tookS.toFixed(0)} s, CPU ${(server.cpuS() - cpuS).toFixed(0)} s.\n`);
}
