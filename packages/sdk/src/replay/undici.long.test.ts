/** The package undici in four versions, installed as its users do: a run is recorded, the server stops, and it runs again from the recording. */
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installProject, packSdk, runInProject } from '../test/installed-project.ts';

// The eighth needs Node 22.19.
const versions = ['5', '6', '7', '8'].map((version) => `undici-${version}`);

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const part of request as AsyncIterable<Buffer>) text += part.toString();
  const path = request.url ?? '';
  if (path === '/dies') return void response.destroy();
  if (path === '/packed') {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' });
    return void response.end(gzipSync('packed text'));
  }
  if (path === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const part of ['data: 1\n\n', 'data: 2\n\n']) {
      response.write(part);
      await new Promise(setImmediate);
    }
    return void response.end();
  }
  response.writeHead(path === '/missing' ? 404 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ path, asked: text }));
}

let project = '';
const server = createServer((request, response) => void serve(request, response));
beforeAll(async () => {
  const aliases = versions.map((name) => `${name}@npm:undici@${name.slice(-1)}`);
  project = await installProject(await packSdk(), ...aliases);
  for (const file of ['undici-clients.mjs', 'opened-sockets.mjs'])
    copyFileSync(join(import.meta.dirname, '../test/programs', file), join(project, file));
}, 600_000);
afterAll(() => void server.close());

it('is recorded through each of its doors, and answered offline without a socket', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const env = {
    PATH: process.env['PATH'],
    PROVIDER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    UNDICI: versions.join(),
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
  };
  const file = join(project, 'undici.jsonl');
  const recorded = await runInProject(project, 'undici-clients.mjs', { ...env, SIGHTLINE_FILE: file });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(recorded.code, recorded.stderr).toBe(0);
  const said = Object.entries(JSON.parse(recorded.stdout) as Record<string, Record<string, unknown>>);
  expect(said.map(([name]) => name)).toEqual(versions);
  for (const [name, answers] of said)
    expect(answers, name).toMatchObject({
      request: { path: `/json?by=${name}`, asked: '{"question":"How cold is it in Oslo?"}' },
      stream: 'data: 1\n\ndata: 2\n\n',
      fetch: 'packed text',
      posted: { asked: '{"question":"How cold is it in Oslo?"}' },
      pieces: { path: `/pieces?by=${name}`, asked: '{"in":"pieces"}' },
      client: [404, '{"path":"/missing","asked":""}'],
      dies: 'UND_ERR_SOCKET',
    });
  // Twelve requests a version, each kept once, Node's own fetch among them.
  const kept = readFileSync(file, 'utf8').match(/"sightline\.exchange\.\d+"/g) ?? [];
  expect(kept).toHaveLength(12 * versions.length);

  const replayed = await runInProject(project, 'undici-clients.mjs', { ...env, SIGHTLINE_REPLAY: file });
  expect([replayed.code, replayed.stdout], replayed.stderr).toEqual([0, recorded.stdout]);
  expect(replayed.stderr).toContain('nothing diverged');
  expect(replayed.stderr).toContain('OPENED {}');

  const changed = await runInProject(project, 'undici-clients.mjs', {
    ...env,
    SIGHTLINE_REPLAY: file,
    QUESTION: 'How cold is it in Rome?',
  });
  expect(changed.code).not.toBe(0);
  expect(changed.stderr).toMatch(/- .*Oslo[^]*\+ .*Rome/);
  expect(changed.stderr).toContain('OPENED {}');
}, 120_000);
