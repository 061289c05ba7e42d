import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { modest } from '../../../server/src/testing/live-server.ts';
import { prepareData } from '../../../server/src/testing/prepared-data.ts';
import { runMain } from '../../../server/src/testing/run-main.ts';

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
  const main = runMain(['--data', data, ...modest, ...options], { NODE_OPTIONS: '' });
  const { ui } = await main.ready();
  return {
    url: ui,
    stop: async () => {
      // Nobody needs what it would still write.
      main.kill('SIGKILL');
      await main.ended();
      await rm(data, { recursive: true, force: true });
    },
  };
}
