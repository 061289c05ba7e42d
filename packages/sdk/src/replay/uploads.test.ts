/** Bodies that are sent as streams, forms and files, and answers that are no text: recorded in passing, known again in a replay. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runProgram } from '../test/run-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-uploads-'));
afterAll(() => rmSync(folder, { recursive: true }));

let arrived = 'nothing';
/** Says how long the body is, and what it is but for the boundary of a form. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) {
    parts.push(part);
    if (request.url === '/one-by-one') arrived = 'first';
  }
  if (request.url === '/nothing') return void response.writeHead(204).end();
  if (request.url === '/redirect') return void response.writeHead(307, { location: '/redirected' }).end();
  if (request.url === '/picture') {
    response.writeHead(200, { 'content-type': 'image/png' });
    return void response.end(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255, 254]));
  }
  response.writeHead(200, { 'content-type': 'text/plain' });
  if (request.url === '/arrived') return void response.end(arrived);
  const body = Buffer.concat(parts);
  const [, boundary = ''] = /boundary=(.*)/.exec(request.headers['content-type'] ?? '') ?? [];
  const same =
    boundary === '' ? body : Buffer.from(body.toString('latin1').replaceAll(boundary, ''), 'latin1');
  response.end(`${body.byteLength} ${createHash('sha256').update(same).digest('hex')}`);
}

it('finds its answers by content, whatever kind of body was sent; nothing is held back or opened', async () => {
  const server = createServer((request, response) => void serve(request, response).catch(() => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const file = join(folder, 'uploads.jsonl');
  const env = {
    PROVIDER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  };
  const recorded = await runProgram('uploads.mjs', { env: { ...env, SIGHTLINE_FILE: file } });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(recorded.code, recorded.stderr).toBe(0);
  const said = JSON.parse(recorded.stdout) as Record<string, unknown>;
  expect(said).toMatchObject({
    readable: [200, expect.stringMatching(/^12 /)],
    big: [200, expect.stringMatching(/^10000000 /)],
    pipedBig: [200, expect.stringMatching(/^2000000 /)],
    announced: 200,
    lateEnd: 200,
    failing: 'the file is gone',
    binaryAnswer: '89504e4700fffe',
    noContent: 204,
  });

  const replayed = await runProgram('uploads.mjs', { env: { ...env, SIGHTLINE_REPLAY: file } });
  expect(JSON.parse(replayed.stdout), replayed.stderr).toEqual(said);
  expect(replayed.stderr).toContain('nothing diverged');
  expect(replayed.stderr).toContain('OPENED {}');
  expect(replayed.code).toBe(0);

  // One byte in one file, or in ten million, is another request.
  const changed = await runProgram('uploads.mjs', { env: { ...env, SIGHTLINE_REPLAY: file, WORD: 'Rome ' } });
  const names = [
    'readable',
    'generator',
    'one-by-one',
    'form',
    'files',
    'big-file',
    'blob',
    'buffer',
    'request',
  ];
  for (const path of [...names, 'redirect', 'prompt', 'big', 'piped', 'piped-big', 'announced', 'late-end'])
    expect(changed.stderr).toContain(`/${path} asks something else than in the recording`);
  expect(changed.stderr).toMatch(/- \(10,000,000 bytes, SHA-256 [0-9a-f]{16}…\)/);
  expect(changed.code).toBe(5);
  expect(readFileSync(file).byteLength).toBeLessThan(200_000);
}, 60_000);
