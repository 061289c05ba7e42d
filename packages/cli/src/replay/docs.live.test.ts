/** docs/replay.md as a new user follows it: its files are written, its lines are run, in their order. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLiveServer, type LiveServer } from '../testing/live-server.ts';
import { expectAllOf, readReplayPage, runScript, scriptOf } from '../testing/replay-page.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const nodeAndCommand = `'${process.execPath}' '${here('../../bin/sightline.mjs')}'`;
let live: LiveServer;
let folder: string;

beforeAll(async () => {
  live = await startLiveServer();
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-replay-docs-'));
  await mkdir(path.join(folder, 'node_modules/@sightline'), { recursive: true });
  await symlink(here('../../../sdk'), path.join(folder, 'node_modules/@sightline/sdk'));
}, 120_000);
afterAll(async () => {
  await live.stop();
  await rm(folder, { recursive: true });
});

test('docs/replay.md: every file and every line does what it says', async () => {
  const page = await readReplayPage();
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    SIGHTLINE_URL: live.url,
    SIGHTLINE_ENDPOINT: live.url,
    OTEL_LOG_LEVEL: 'none',
    // The SDK as it is in this workspace, built or not.
    NODE_OPTIONS: '--conditions=source --disable-warning=ExperimentalWarning',
  };
  // The command of this workspace, too: docs.long.test.ts has both packed.
  const { stdout, stderr } = await runScript(
    scriptOf(page)
      .replace(/^npm install .*$/m, '')
      .replaceAll('npx sightline', `${nodeAndCommand} `),
    { folder, env, sightline: nodeAndCommand },
  );
  expectAllOf(stdout, stderr);
}, 320_000);

test('docs/replay.md: the failure comes again under a debugger, which stops where it is thrown', async () => {
  const page = await readReplayPage();
  // As it was before the fix.
  const [, program = ''] = /^```js\n(\/\/ agent\.mjs\n.*?)^```/ms.exec(page) ?? [];
  await writeFile(path.join(folder, 'agent.mjs'), program);
  const [, line = ''] = /`sightline (replay [^`]*--inspect-brk [^`]*)`/.exec(page) ?? [];
  // A port that is free.
  const words = line.replace('--inspect-brk', '--inspect-brk=127.0.0.1:0').split(' ');
  const child = spawn(process.execPath, [here('../../bin/sightline.mjs'), ...words], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      NODE_OPTIONS: '--conditions=source',
      OTEL_LOG_LEVEL: 'none',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  // Listened for from the beginning: it may end before the debugger's connection is seen to close.
  const closed = once(child, 'close') as Promise<[number]>;
  let stderr = '';
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
  let address: string | undefined;
  while ((address = /Debugger listening on (ws:\S+)/.exec(stderr)?.[1]) === undefined)
    await once(child.stderr, 'data');
  const thrown = await debug(address);
  const [code] = await closed;
  expect(thrown, thrown.join('; ')).toContain(
    "TypeError: Cannot read properties of undefined (reading 'toFixed')",
  );
  expect([code, stderr], stderr).toEqual([0, expect.stringContaining('nothing diverged')]);
}, 60_000);

/** Lets the program run, over every stop; returns what it threw meanwhile. */
async function debug(address: string): Promise<readonly string[]> {
  const socket = new WebSocket(address);
  await once(socket, 'open');
  const thrown: string[] = [];
  let id = 0;
  const send = (method: string, params: object = {}): void =>
    socket.send(JSON.stringify({ id: ++id, method, params }));
  socket.addEventListener('message', ({ data }) => {
    const { method, params } = JSON.parse(String(data)) as {
      method?: string;
      params?: { reason?: string; data?: { description?: string } };
    };
    if (method === 'Debugger.paused') {
      if (params?.reason === 'exception' || params?.reason === 'promiseRejection')
        thrown.push(params.data?.description?.split('\n')[0] ?? '');
      send('Debugger.resume');
    }
    // The program has ended and waits for the debugger to leave.
    if (method === 'NodeRuntime.waitingForDisconnect') socket.close();
  });
  send('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true });
  send('Debugger.enable');
  send('Debugger.setPauseOnExceptions', { state: 'all' });
  send('Runtime.runIfWaitingForDebugger');
  await once(socket, 'close');
  return thrown;
}
