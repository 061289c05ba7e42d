/** A server in bad surroundings: no descriptors, a full disk, clients that say nothing or say it slowly, on every port. */
import { once } from 'node:events';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LedgerResponse } from '@sightline/schema/api';
import { markedRequest } from './ingest/testing/payloads.ts';
import { seededRandom } from './ingest/testing/random.ts';
import { prepareData } from './testing/prepared-data.ts';
import { type MainProcess, runMain } from './testing/run-main.ts';

let directory: string;
let main: MainProcess | undefined;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'sightline-doors-'))));
afterEach(async () => {
  main?.kill('SIGKILL');
  await main?.ended();
  main = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const random = seededRandom(1);

async function sendSpans(otlpHttp: string, count: number): Promise<number> {
  const body = Uint8Array.from(markedRequest('traces', random.bytes(16).toString('hex'), count));
  const headers = { 'content-type': 'application/x-protobuf' };
  const response = await fetch(`${otlpHttp}/v1/traces`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response.status;
}

async function storedSpans(ui: string): Promise<{ readonly pending: number; readonly stored: number }> {
  const { rows } = (await (await fetch(`${ui}/api/v1/ledger`)).json()) as LedgerResponse;
  const row = rows.find(({ project, signal }) => project === 'default' && signal === 'traces');
  return { pending: row?.pending ?? 0, stored: row?.stored ?? 0 };
}

test('with too few descriptors the server does not start, and says how many it has and needs', async () => {
  const child = spawn('sh', [
    '-c',
    `ulimit -n 300 && exec "${process.execPath}" "${join(import.meta.dirname, 'main.ts')}" --data "${directory}"`,
  ]);
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(1);
  expect(text).toMatch(
    /may open 300 files, and needs 1024 at least[\s\S]*ulimit -n 1024[\s\S]*too_few_descriptors/,
  );
}, 60_000);

test('clients that are silent or slow on all ports keep nobody else from being served, and are let go', async () => {
  await prepareData(directory);
  main = runMain(['--data', directory, '--canary-interval', '60']);
  const { ui, otlpHttp, otlpGrpc } = await main.ready();
  const ports = [ui, otlpHttp, `http://${otlpGrpc}`].map((url) => Number(new URL(url).port));
  const sockets: Socket[] = [];
  let closed = 0;
  for (const port of ports)
    for (let i = 0; i < 100; i += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.on('close', () => (closed += 1));
      socket.resume();
      await once(socket, 'connect');
      // A third says nothing at all; the others begin what they never end.
      const isGrpc = port === ports[2];
      if (i % 3 === 1)
        socket.write(isGrpc ? 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' : 'POST /v1/traces HTTP/1.1\r\nhost: x\r\n');
      if (i % 3 === 2 && !isGrpc)
        socket.write(
          'POST /v1/logs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000\r\ncontent-type: application/json\r\n\r\n{',
        );
      sockets.push(socket);
    }
  const drip = setInterval(() => {
    for (const [index, socket] of sockets.entries())
      if (index % 3 === 2 && index < 200 && !socket.destroyed) socket.write(' ');
  }, 1_000);
  const began = performance.now();
  let sent = 0;
  while (closed < sockets.length && performance.now() - began < 180_000) {
    expect(await sendSpans(otlpHttp, 5)).toBe(200);
    sent += 5;
    expect((await fetch(`${ui}/health`)).status).toBe(200);
    await delay(1_000);
  }
  clearInterval(drip);
  expect(closed).toBe(sockets.length);
  for (let i = 0; i < 100 && (await storedSpans(ui)).pending > 0; i += 1) await delay(100);
  expect(await storedSpans(ui)).toEqual({ pending: 0, stored: sent });
}, 260_000);

/** A file system of 400 MB that only the one who may mount has. */
function mountSmall(path: string): boolean {
  try {
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('a full disk refuses with a code, loses nothing, and is taken up again when there is room', async ({
  skip,
}) => {
  const data = join(directory, 'small');
  if (!mountSmall(data)) {
    console.warn('SKIPPED: this user cannot mount a small file system.');
    skip();
    return;
  }
  try {
    main = runMain(['--data', data, '--canary-interval', '60']);
    const { otlpHttp } = await main.ready();
    let acknowledged = 0;
    const send = async (): Promise<number> => {
      const status = await sendSpans(otlpHttp, 50);
      if (status === 200) acknowledged += 50;
      return status;
    };
    for (let i = 0; i < 20; i += 1) expect(await send()).toBe(200);
    const ballast = join(data, 'ballast');
    const fill = (): void => {
      try {
        writeFileSync(ballast, Buffer.alloc(1 << 20), { flag: 'a' });
        fill();
      } catch {
        // Full to the last block.
      }
    };
    fill();
    const refused: number[] = [];
    for (let i = 0; i < 40; i += 1) {
      const status = await send();
      if (status !== 200) refused.push(status);
      await delay(20);
    }
    expect(refused.length).toBeGreaterThan(0);
    for (const status of refused) expect([429, 503]).toContain(status);
    // Killed while it is full, and again with room.
    main.kill('SIGKILL');
    await main.ended();
    rmSync(ballast);
    main = runMain(['--data', data, '--canary-interval', '60']);
    const again = await main.ready();
    for (let i = 0; i < 20; i += 1) {
      const status = await sendSpans(again.otlpHttp, 50);
      expect(status).toBe(200);
      acknowledged += 50;
    }
    for (let i = 0; i < 300 && (await storedSpans(again.ui)).pending > 0; i += 1) await delay(100);
    const { pending, stored } = await storedSpans(again.ui);
    expect(pending).toBe(0);
    expect(stored).toBe(acknowledged);
  } finally {
    main?.kill('SIGKILL');
    await main?.ended();
    execFileSync('umount', ['-l', data]);
  }
}, 180_000);
