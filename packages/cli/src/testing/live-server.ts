import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareData } from '../../../server/src/testing/prepared-data.ts';

const serverMain = fileURLToPath(new URL('../../../server/src/main.ts', import.meta.url));
const startMsMax = 30_000;

export interface LiveServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The real server in a process of its own, on free ports, with a data directory that goes with it. */
export async function startLiveServer(
  options: readonly string[] = [],
  prepare: (data: string) => Promise<void> = async () => undefined,
): Promise<LiveServer> {
  const data = await mkdtemp(path.join(tmpdir(), 'sightline-cli-'));
  await prepareData(data);
  await prepare(data);
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      serverMain,
      ...ports,
      '--data',
      data,
      '--log-level',
      'warn',
      ...options,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const url = await readUrl(child);
  return {
    url,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function readUrl(child: ChildProcess): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error(`The server did not start:\n${text}`));
    const timer = setTimeout(fail, startMsMax);
    child.once('exit', fail);
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const [, url] = /ready: UI (http:\S+)/.exec(text) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      child.off('exit', fail);
      resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
  });
}
