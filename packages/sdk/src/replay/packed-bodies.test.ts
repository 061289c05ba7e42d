/** Bodies that come packed, over TLS: what each client gets in a replay is what it got, in the pieces and at the times it came in. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import zlib from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { runProgram } from '../test/run-program.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-packed-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
const gapMs = 300;
const pieces = ['first, på svenska', 'second '.repeat(100), 'third'].map(
  (text) => `data: {"text":"${text}"}\n\n`,
);
const packers = {
  gzip: () => zlib.createGzip(),
  deflate: () => zlib.createDeflate(),
  br: () => zlib.createBrotliCompress(),
  zstd: () => zlib.createZstdCompress(),
};
const flushing = {
  gzip: zlib.constants.Z_SYNC_FLUSH,
  deflate: zlib.constants.Z_SYNC_FLUSH,
  br: zlib.constants.BROTLI_OPERATION_FLUSH,
  zstd: zlib.constants.ZSTD_e_flush,
};
type Coding = keyof typeof packers;

it('of node:https and fetch, in gzip, deflate, br and zstd', async () => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert];
  execFileSync('openssl', [...make, ...subject], { stdio: 'ignore' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    request.resume();
    const coding = (request.url ?? '').slice(1);
    const isPacked = coding in packers;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      ...(isPacked ? { 'content-encoding': coding } : {}),
    });
    const packer = isPacked ? packers[coding as Coding]() : undefined;
    packer?.pipe(response);
    const send = async (): Promise<void> => {
      for (const [at, piece] of pieces.entries()) {
        if (at > 0) await pause(gapMs);
        (packer ?? response).write(piece);
        packer?.flush(flushing[coding as Coding]);
      }
      (packer ?? response).end();
    };
    void send();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const file = join(folder, 'packed.jsonl');
  const env = {
    PROVIDER: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    NODE_EXTRA_CA_CERTS: cert,
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  };
  const recorded = await runProgram('packed-clients.mjs', { env: { ...env, SIGHTLINE_FILE: file } });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  type Came = Record<string, readonly (readonly [string, number])[]>;
  const read = (text: string): Came => JSON.parse(text) as Came;
  const came = read(recorded.stdout);
  expect(Object.keys(came).length, recorded.stderr + recorded.stdout).toBeGreaterThanOrEqual(10);
  for (const [name, list] of Object.entries(came))
    expect([name, list.map(([text]) => text)]).toEqual([name, pieces]);

  // At once: the same pieces. No socket is opened, no server is there.
  const replayed = await runProgram('packed-clients.mjs', { env: { ...env, SIGHTLINE_REPLAY: file } });
  expect(replayed.stderr).toContain('nothing diverged');
  expect(replayed.stderr).toContain('OPENED {}');
  for (const [name, list] of Object.entries(read(replayed.stdout)))
    expect([name, list.map(([text]) => text)]).toEqual([name, pieces]);

  // At the recorded pace: no piece earlier than it came, but for the noise of timers.
  const paced = await runProgram('packed-clients.mjs', {
    env: { ...env, SIGHTLINE_REPLAY: file, SIGHTLINE_REPLAY_PACE: 'recorded' },
  });
  for (const [name, list] of Object.entries(read(paced.stdout)))
    expect([name, (list.at(-1)?.[1] ?? 0) * 50], paced.stderr).toEqual([
      name,
      expect.toSatisfy((ms: number) => ms >= 2 * gapMs - 150),
    ]);
}, 90_000);
