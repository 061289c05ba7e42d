/** Clients that ask and then read nothing, over the wire: they are let go, and others are served meanwhile. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { logsRequest } from '../query/testing/otlp-json.ts';
import { LiveServer } from '../testing/live-server.ts';

let server: LiveServer;
let sockets: Socket[];
beforeEach(async () => {
  server = await LiveServer.start();
  sockets = [];
}, 60_000);
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close();
});

async function askAndReadNothing(request: string): Promise<void> {
  const socket = connect(Number(new URL(server.ui).port), '127.0.0.1').pause();
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(request);
  sockets.push(socket);
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;

async function openConnections(): Promise<number> {
  const text = await (await fetch(`${server.ui}/metrics`)).text();
  return Number(/^sightline_connections\{port="ui"\} (\d+)$/m.exec(text)?.[1]);
}

/** Something happens beside, and pages answer, until what was not read is let go. */
async function untilLetGo(beside: () => Promise<void>): Promise<void> {
  const until = performance.now() + 180_000;
  while ((await openConnections()) > 10) {
    if (performance.now() > until) throw new Error(`${await openConnections()} connections are still open.`);
    await beside();
    expect((await fetch(`${server.ui}/api/v1/status`)).status).toBe(200);
    await delay(300);
  }
}

test('live tails under a flood, whose places are free again', async () => {
  for (let index = 0; index < 20; index += 1) await askAndReadNothing(get('/api/v1/tail?signal=logs'));
  await expect.poll(openConnections).toBeGreaterThan(20);
  expect((await server.ask('/tail?signal=logs')).status).toBe(429);
  await untilLetGo(async () => {
    const logs = Array.from({ length: 200 }, (_, index) => ({
      timeNanos: BigInt(Date.now()) * 1_000_000n,
      body: `${index} ${'x'.repeat(10_000)}`,
    }));
    await server.send('logs', logsRequest('flood', logs));
  });
  const tail = await fetch(`${server.ui}/api/v1/tail?signal=logs`);
  expect(tail.status).toBe(200);
  await tail.body?.cancel();
}, 240_000);

test('answers that are larger than what the network holds', async () => {
  for (let index = 0; index < 100; index += 1)
    await askAndReadNothing(get('/api/v1/openapi.json').repeat(50));
  await expect.poll(openConnections).toBeGreaterThan(90);
  await untilLetGo(async () => undefined);
}, 240_000);
