/** The files of the UI as browsers and proxies ask for them, over a real socket. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  brotliCompressSync,
  brotliDecompressSync,
  gunzipSync,
  gzipSync,
  zstdDecompressSync,
} from 'node:zlib';
import fastifyCompress from '@fastify/compress';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerCompression } from './compression.ts';
import { webFiles } from './web-files.ts';

const page = `<!doctype html><title>Sightline</title>${'<p>shell</p>'.repeat(200)}`;
const script = `export const words = ${JSON.stringify('word '.repeat(1000))};`;
const directory = mkdtempSync(join(tmpdir(), 'sightline-web-files-'));
let app: FastifyInstance;
let url = '';

beforeAll(async () => {
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), page);
  writeFileSync(join(directory, 'assets/app-1a2b3c4d.js'), script);
  writeFileSync(join(directory, 'assets/app-1a2b3c4d.js.br'), brotliCompressSync(script));
  writeFileSync(join(directory, 'assets/app-1a2b3c4d.js.gz'), gzipSync(script));
  app = Fastify({ forceCloseConnections: true });
  await app.register(fastifyCompress, answerCompression);
  app.get('/api/list', async () => ({ rows: Array.from({ length: 500 }, (_, at) => ({ at, name: 'row' })) }));
  await app.register(webFiles, { directory });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await app.close();
  rmSync(directory, { recursive: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** Without fetch, which asks for encodings of its own and decodes them. */
async function ask(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) }),
      );
    }).on('error', reject);
  });
}

const decoders = { br: brotliDecompressSync, gzip: gunzipSync, zstd: zstdDecompressSync } as const;

it.each(['/', '/api/list', '/assets/app-1a2b3c4d.js'])(
  '%s comes in the encoding that a client asks for, and in the best one of several',
  async (path) => {
    const plain = await ask(path);
    expect(plain.headers['content-encoding']).toBeUndefined();
    for (const [name, decode] of Object.entries(decoders)) {
      const answer = await ask(path, { 'accept-encoding': name });
      expect([answer.status, answer.headers['content-encoding']]).toEqual([200, name]);
      expect(answer.bytes.length).toBeLessThan(plain.bytes.length / 4);
      expect(decode(answer.bytes).equals(plain.bytes)).toBe(true);
      expect(answer.headers['vary']).toContain('accept-encoding');
    }
    const offered = { 'accept-encoding': 'gzip, deflate, br, zstd' };
    expect((await ask(path, offered)).headers['content-encoding']).toBe('br');
    const refused = { 'accept-encoding': 'zstd;q=0, identity' };
    expect((await ask(path, refused)).headers['content-encoding']).toBeUndefined();
  },
);

it('the page is asked for each time and sent where it changed; hashed files are kept for good', async () => {
  const first = await ask('/');
  const tag = first.headers.etag ?? '';
  expect(tag).toMatch(/^W\/"[\w-]{22}"$/);
  expect(first.headers['cache-control']).toBe('no-cache');
  for (const known of [tag, tag.slice(2), `"other", ${tag}`, '*']) {
    const again = await ask('/runs', { 'if-none-match': known, 'accept-encoding': 'br' });
    expect([again.status, again.bytes.length, again.headers.etag]).toEqual([304, 0, tag]);
    expect(again.headers['content-security-policy']).toContain("default-src 'none'");
  }
  const head = await fetch(`${url}/runs`, { method: 'HEAD' });
  expect([head.status, head.headers.get('etag')]).toEqual([200, tag]);
  const changed = await ask('/', { 'if-none-match': '"another"' });
  expect([changed.status, changed.bytes.toString()]).toEqual([200, page]);

  const asset = await ask('/assets/app-1a2b3c4d.js');
  expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await ask('/assets/gone-1a2b3c4d.js', { 'if-none-match': '*' })).status).toBe(404);
});
