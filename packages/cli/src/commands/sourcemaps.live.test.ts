/** `sightline sourcemaps` against a real server, with a program that a bundler built and Node ran. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type ErrorFrame, errorResponse, errorsResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { buildProgram } from '../testing/build-program.ts';
import { type LiveServer, startLiveServer } from '../testing/live-server.ts';
import { sightline } from '../testing/run-sightline.ts';

vi.setConfig({ testTimeout: 90_000 });

const cart = `export class Cart {
  readonly items: string[] = [];
  addItem(item: string): void {
    if (item === 'none') throw new RangeError(\`no item \${item}\`);
    this.items.push(item);
  }
}
`;
const main = `import { Cart } from './cart.ts';

function checkOut(cart: Cart, item: string): void {
  cart.addItem(item);
  console.log('checked out', cart.items.length);
}

function handleRequest(path: string): void {
  const cart = new Cart();
  checkOut(cart, path.slice(1));
  checkOut(cart, path.slice(2));
}

try {
  handleRequest('/none');
} catch (error) {
  console.log((error as Error).stack);
}
`;

let server: LiveServer;
let folder: string;
const run = async (...words: string[]) => sightline(words, { url: server.url });
const post = async (body: unknown) => {
  const response = await fetch(`${server.url}/api/v1/sourcemaps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as { error?: { code: string; message: string } },
  };
};

async function framesOf(
  version: string,
): Promise<{ readonly id: string; readonly frames: readonly ErrorFrame[] }> {
  const listed = await run('errors', '--version', version, '--json');
  const id = errorsResponse.parse(JSON.parse(listed.stdout)).errors[0]?.id ?? '';
  const shown = errorResponse.parse(JSON.parse((await run('errors', 'show', id, '--json')).stdout));
  expect(shown.stack?.text).toContain('.js:1:');
  return { id, frames: shown.stack?.exceptions[0]?.frames.filter(({ inApp }) => inApp) ?? [] };
}

beforeAll(async () => {
  server = await startLiveServer(['--canary-interval', 'off']);
  folder = await mkdtemp(path.join(tmpdir(), 'sightline-maps-'));
  await mkdir(path.join(folder, 'src'));
  await writeFile(path.join(folder, 'src/cart.ts'), cart);
  const program = await buildProgram(folder, 'src/main', main, 'assets/[name]-[hash].js');
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const time = String(BigInt(Date.now()) * 1_000_000n);
  const recordOf = (version: string) => ({
    resource: { attributes: [text('service.name', 'shop'), text('service.version', version)] },
    scopeLogs: [
      {
        logRecords: [
          {
            timeUnixNano: time,
            severityNumber: 17,
            body: { stringValue: 'failed' },
            attributes: [
              text('exception.type', 'RangeError'),
              text('exception.message', 'no item none'),
              text('exception.stacktrace', stdout.trim()),
            ],
          },
        ],
      },
    ],
  });
  const sent = await sightline(['import', '-'], {
    url: server.url,
    input: JSON.stringify({ resourceLogs: [recordOf('1.4.0')] }),
  });
  expect(sent.code).toBe(0);
  await vi.waitFor(async () => expect((await framesOf('1.4.0')).id).not.toBe(''), {
    timeout: 60_000,
    interval: 500,
  });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test('frames of a minified program are those of its source once its maps are uploaded, in the same group', async () => {
  const before = await framesOf('1.4.0');
  expect(before.frames[0]).toMatchObject({ function: 'addItem', line: 1, source: null });

  const wrong = await run('sourcemaps', 'upload', path.join(folder, 'dist'), '--release', '1.3.0');
  expect(wrong).toMatchObject({ code: 0, stdout: '1 source map of 1.3.0 uploaded.\n' });
  expect((await framesOf('1.4.0')).frames).toEqual(before.frames);

  const sent = await run('sourcemaps', 'upload', path.join(folder, 'dist'), '--release', 'shop@1.4.0');
  expect(sent).toMatchObject({ code: 0, stdout: '1 source map of shop@1.4.0 uploaded.\n' });
  const { id, frames } = await framesOf('1.4.0');
  expect(id).toBe(before.id);
  expect(frames.slice(0, 3)).toMatchObject([
    { function: 'addItem', module: 'cart', file: 'src/cart.ts', line: 4, inApp: true },
    { function: 'checkOut', module: 'main', file: 'src/main.ts', line: 4 },
    { function: 'handleRequest', module: 'main', file: 'src/main.ts', line: 10 },
  ]);
  expect(frames[0]?.source).toEqual({ first: 1, lines: cart.split('\n') });

  const listed = await run('sourcemaps', 'list', '--json');
  expect(JSON.parse(listed.stdout)).toMatchObject({
    releases: [
      { release: 'shop@1.4.0', files: [expect.stringMatching(/^~\/assets\/main-[\w-]+\.js$/)] },
      { release: '1.3.0' },
    ],
  });
  const deleted = await run('sourcemaps', 'delete', 'shop@1.4.0');
  expect(deleted).toMatchObject({ code: 0, stdout: '1 source map of shop@1.4.0 deleted.\n' });
  expect((await framesOf('1.4.0')).frames).toEqual(before.frames);
  expect((await run('sourcemaps', 'delete', 'shop@1.4.0')).stderr).toContain('There are no source maps');
});

test('a map that is broken, or a bomb is refused with one code, and soon', async () => {
  const packed = (map: unknown): string =>
    gzipSync(typeof map === 'string' ? map : JSON.stringify(map)).toString('base64');
  const flat = { version: 3, sources: ['a.ts'], names: [], mappings: 'AAAA' };
  const hostile = {
    'no gzip': 'aGVsbG8=',
    'no Base64': '%%%',
    'no JSON': packed('{'),
    'a list': packed([]),
    'another version': packed({ ...flat, version: 2 }),
    'no texts': packed({ ...flat, sources: [{}, 1] }),
    'sections in sections': packed({
      version: 3,
      sections: [{ offset: { line: 0, column: 0 }, map: { version: 3, sections: [] } }],
    }),
    'sections without order': packed({
      version: 3,
      sections: [2, 1].map((line) => ({ offset: { line, column: 0 }, map: flat })),
    }),
    'a section bomb': packed({
      version: 3,
      sections: Array.from({ length: 1_001 }, (_, line) => ({ offset: { line, column: 0 }, map: flat })),
    }),
    'a bomb in sections': packed({
      version: 3,
      sections: [0, 1, 2].map((line) => ({
        offset: { line, column: 0 },
        map: { ...flat, mappings: ','.repeat(900_000) },
      })),
    }),
    'too many lines': packed({ ...flat, mappings: ';'.repeat(30_000_000) }),
    'a gzip bomb': packed(' '.repeat(200_000_000)),
    'nested deeply': packed(`${'['.repeat(5_000_000)}`),
  };
  for (const [what, map] of Object.entries(hostile)) {
    const startMs = performance.now();
    const { status, body } = await post({ release: 'x', file: '~/main.js', map });
    expect({ what, status, code: body.error?.code }).toEqual({ what, status: 400, code: 'bad_source_map' });
    expect(performance.now() - startMs).toBeLessThan(20_000);
  }
  // As many mappings as are allowed, each of which names what is not there.
  const odd = await post({
    release: 'x',
    file: '~/../../etc/passwd',
    map: packed({ ...flat, mappings: 'AgggggggDAAAgggggggD,'.repeat(1_000_000) }),
  });
  expect([200, 400]).toContain(odd.status);
  expect((await post({ release: 'x', file: 'a\u0000b', map: '' })).body.error?.code).toBe('bad_request');
  expect((await post({ release: 'x', file: '~/a.js', map: 'A'.repeat(10_000_000) })).status).toBe(413);
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
});
