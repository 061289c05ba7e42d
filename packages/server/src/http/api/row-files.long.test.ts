/** A million rows as one file: it is written while the list is read, and the server's memory stays flat. */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { StatusResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logsRequest } from '../../query/testing/otlp-json.ts';
import { LiveServer } from '../../testing/live-server.ts';

const rows = Number(process.env['SIGHTLINE_FILE_ROWS'] ?? 1_000_000);
const batch = 20_000;
/** Above what the server took after its first pages: far below the size of the file, which is some 300 MB. */
const grownBytesMax = 250_000_000;

let server: LiveServer;
let range = '';

beforeAll(async () => {
  server = await LiveServer.start();
  const startMs = Date.now() - 3_000_000;
  range = `from=${new Date(startMs - 1_000).toISOString()}&to=${new Date(startMs + rows).toISOString()}`;
  for (let sent = 0; sent < rows; sent += batch) {
    const lines = Array.from({ length: Math.min(batch, rows - sent) }, (_, index) => ({
      timeNanos: BigInt(startMs) * 1_000_000n + BigInt(sent + index) * 1_000_000n,
      body: sent + index === 12_345 ? '=cmd|calc' : `line ${sent + index} ${'of a long text '.repeat(8)}`,
      attributes: { place: sent + index },
    }));
    await server.send('logs', logsRequest('api', lines));
  }
  await server.stored();
}, 600_000);
afterAll(async () => server.close());

const rssBytes = async (): Promise<number> => (await server.read<StatusResponse>('/status')).memory.rssBytes;

it('streams a million rows with flat memory', { timeout: 1_800_000 }, async () => {
  const address = `${server.ui}/api/v1/export/logs?${range}&order=asc&rows=${rows}`;
  const beganMs = performance.now();
  const response = await fetch(address);
  expect(response.status).toBe(200);
  if (response.body === null) throw new Error('There is no body.');
  let [lines, bytes, disarmed] = [0, 0, 0];
  let warm = 0;
  let most = 0;
  for await (const line of createInterface({ input: Readable.fromWeb(response.body) })) {
    lines += 1;
    bytes += line.length + 2;
    if (line.includes("'=cmd|calc")) disarmed += 1;
    if (lines % 20_000 === 0) {
      const now = await rssBytes();
      if (warm === 0 || lines <= 100_000) warm = Math.max(warm, now);
      most = Math.max(most, now);
    }
  }
  const seconds = (performance.now() - beganMs) / 1_000;
  console.log(
    `${lines - 1} rows, ${Math.round(bytes / 1e6)} MB in ${seconds.toFixed(0)} s; resident after the first pages ${Math.round(warm / 1e6)} MB, at most ${Math.round(most / 1e6)} MB`,
  );
  // The head, and no line that says that the file is not whole.
  expect(lines).toBe(rows + 1);
  expect(disarmed).toBe(1);
  expect(most - warm).toBeLessThan(grownBytesMax);
});
