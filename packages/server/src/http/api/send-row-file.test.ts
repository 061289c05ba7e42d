/** Files larger than what sockets hold, over a real socket; the list is made up, so that it can be long. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { rowWriters } from '@sightline/schema/rows';
import fastifyCompress from '@fastify/compress';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerCompression } from '../compression.ts';
import { sendRowFile } from './send-row-file.ts';

const rows = 1_000_000;
let app: FastifyInstance;
let url = '';
let pagesRead = 0;

beforeAll(async () => {
  app = Fastify({ forceCloseConnections: true });
  await app.register(fastifyCompress, answerCompression);
  app.get<{ Querystring: { failsAfter?: string } }>('/file', async (request, reply) => {
    await sendRowFile(
      {
        name: 'rows',
        writer: rowWriters.jsonl,
        columns: ['place', 'text'],
        rowsMax: rows,
        read: async ({ limit, cursor = '0' }) => {
          pagesRead += 1;
          if (cursor === request.query.failsAfter) throw new Error('The list cannot be read.');
          const start = Number(cursor);
          const page = Array.from({ length: limit }, (_, index) => ({
            place: start + index,
            text: 'x'.repeat(100),
          }));
          return { rows: page, nextCursor: String(start + limit) };
        },
      },
      { request, reply },
    );
    return reply;
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => app.close());

const address = (): string => `${url}/file`;

async function ask(): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /file HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await once(socket, 'readable');
  return socket;
}

/** How many pages are read until none is read for 300 ms. */
async function pagesAtRest(): Promise<number> {
  for (let before = -1; before !== pagesRead; await delay(300)) before = pagesRead;
  return pagesRead;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Without what nobody refers to any more. V8 frees the memory of collected buffers in the background, so the first reading may still count it. */
async function bytesInUse(): Promise<number> {
  const readings: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage();
    await delay(10);
    const { heapUsed, external } = process.memoryUsage();
    readings.push(heapUsed + external);
  }
  return Math.min(...readings);
}

test('a million rows come whole, and are not kept', async () => {
  const response = await fetch(address(), { headers: { 'accept-encoding': 'identity' } });
  let lines = 0;
  let largestBytes = 0;
  const before = await bytesInUse();
  for await (const chunk of response.body ?? []) {
    const looked = Math.floor(lines / 100_000);
    for (const byte of chunk) if (byte === 10) lines += 1;
    if (Math.floor(lines / 100_000) > looked)
      largestBytes = Math.max(largestBytes, (await bytesInUse()) - before);
  }
  // The last line says that the list goes on.
  expect(lines).toBe(rows + 1);
  expect(largestBytes).not.toBe(0);
  // The file has 120 MB.
  expect(largestBytes).toBeLessThan(30_000_000);
}, 60_000);

test('a reader that stops is not read ahead for, and holds its place until it goes', async () => {
  pagesRead = 0;
  const stopped = await Promise.all(Array.from({ length: 8 }, ask));
  expect(await pagesAtRest()).toBeLessThan(8 * 150);

  const refused = await fetch(address());
  expect(refused.status).toBe(429);
  await refused.text();

  for (const socket of stopped) socket.destroy();
  const read = await pagesAtRest();
  await delay(300);
  expect(pagesRead).toBe(read);
  const next = await ask();
  next.destroy();
});

test('a list that cannot be read any more breaks the transfer', async () => {
  const response = await fetch(`${address()}?failsAfter=5000`);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
});
