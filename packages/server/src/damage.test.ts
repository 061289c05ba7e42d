/** A server over damaged data, as users meet it: it says so wherever one looks, and goes on as far as it can. */
import { existsSync, globSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReadyResponse, StatusResponse } from '@sightline/schema/api';
import { afterEach, expect, it, vi } from 'vitest';
import { LiveServer } from './testing/live-server.ts';
import { runMain } from './testing/run-main.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

let server: LiveServer;
afterEach(async () => server.close());

const spanCount = 40;
const spans = (): unknown => {
  const now = BigInt(Date.now()) * 1_000_000n;
  const one = (_: unknown, index: number) => ({
    traceId: `${now}`.padStart(32, '0').slice(-32),
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: `work ${index}`,
    startTimeUnixNano: String(now),
    endTimeUnixNano: String(now + 1_000n),
  });
  return { resourceSpans: [{ scopeSpans: [{ spans: Array.from({ length: spanCount }, one) }] }] };
};

async function ready(): Promise<ReadyResponse & { readonly code: number }> {
  const response = await fetch(`${server.ui}/ready`);
  return { ...((await response.json()) as ReadyResponse), code: response.status };
}

const failing = ({ checks }: ReadyResponse): readonly string[] =>
  checks.filter(({ state }) => state !== 'ok').map(({ name }) => name);

async function until<T>(look: () => Promise<T>, isDone: (seen: T) => boolean): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const seen = await look();
    if (isDone(seen)) return seen;
    if (performance.now() > deadline) throw new Error(`It never came true: ${JSON.stringify(seen)}`);
    await delay(200);
  }
}

/** The folder of a part of spans with all that were sent. */
function spansPart(): string {
  const [found] = globSync(join(server.directory, 'telemetry/store/*/*/*_*_*_*/count.txt'))
    .filter((file) => Number(readFileSync(file, 'utf8')) >= spanCount)
    .filter((file) => readFileSync(join(dirname(file), 'columns.txt'), 'utf8').includes('`long_attributes`'));
  if (found === undefined) throw new Error('The part is not there.');
  return dirname(found);
}

it('tells of a part that is cut and of one with a flipped bit, until the loss is accepted', async () => {
  server = await LiveServer.start();
  // The first look at a busy machine may take longer than /ready waits for it.
  expect(await until(ready, ({ code }) => code === 200)).toMatchObject({ status: 'ready' });
  await server.send('traces', spans());
  await server.stored();
  await server.kill();
  const part = spansPart();
  truncateSync(join(part, 'data.bin'), 100);
  await server.startAgain();
  const today = new Date().toISOString().slice(0, 10);

  const told = await until(ready, ({ checks }) =>
    checks.some(({ name, message }) => name === 'stored_data' && message?.startsWith('4') === true),
  );
  expect(told).toMatchObject({ code: 503, status: 'not_ready' });
  expect(told.checks).toContainEqual({
    name: 'stored_data',
    state: 'failing',
    message: expect.stringMatching(
      new RegExp(`^4\\d rows of ${today} in spans are in parts that the engine`),
    ),
  });
  const status = await server.read<StatusResponse>('/status');
  expect(status.state).toBe('degraded');
  expect(status.problems).toContainEqual(
    expect.objectContaining({ code: 'store_damaged', message: expect.stringContaining('rows of') }),
  );
  expect(server.stderr()).toContain('Stored data is damaged');
  const metrics = async (): Promise<string> => (await fetch(`${server.ui}/metrics`)).text();
  expect(await metrics()).toMatch(/^sightline_store_damaged_rows\{table="spans",reason="set_aside"\} 4\d$/m);
  // It receives and answers meanwhile.
  await server.send('traces', spans());
  await server.stored();

  flipMiddle(join(spansPart(), 'data.bin'));
  const asked = await server.ask('/sql', 'POST', { query: 'SELECT * FROM spans' });
  expect(asked).toMatchObject({ status: 500, body: { error: { code: 'store_damaged' } } });
  await until(metrics, (text) => /reason="unreadable"\} [1-9]/.test(text));

  const accepted = await server.ask('/damage/accept', 'POST', {});
  expect(accepted).toMatchObject({ status: 200, body: { parts: 2 } });
  await until(ready, ({ code }) => code === 200);
  expect((await server.ask('/sql', 'POST', { query: 'SELECT * FROM spans' })).status).toBe(200);
  expect((await server.read<StatusResponse>('/status')).problems).toEqual([]);
});

it('is not ready without a table, with a journal that cannot be written, and is again after', async () => {
  server = await LiveServer.start();
  const journal = join(server.directory, 'journal/traces');
  renameSync(journal, `${journal}-away`);
  writeFileSync(journal, '');
  const refused = await until(ready, ({ code }) => code === 503);
  expect(failing(refused)).toContain('disk');
  rmSync(journal);
  renameSync(`${journal}-away`, journal);
  await until(ready, ({ code }) => code === 200);

  await server.kill();
  rmSync(join(server.directory, 'telemetry/table-definitions.json'));
  rmSync(join(server.directory, 'telemetry/metadata/sightline/trace_starts.sql'));
  await server.startAgain();
  const incomplete = await ready();
  expect(incomplete.code).toBe(503);
  expect(failing(incomplete)).toEqual(expect.arrayContaining(['store', 'stored_data']));
  // What comes now is acknowledged and waits: a view that writes nowhere would lose it.
  await server.send('traces', spans());
  const { problems } = await server.read<StatusResponse>('/status');
  expect(problems.map(({ message }) => message).join(' ')).toContain('trace_starts');
  expect((await fetch(`${server.ui}/health`)).status).toBe(200);
});

it('receives and answers without its control plane, and never makes a new one beside data', async () => {
  server = await LiveServer.start();
  const { body } = await server.ask('/keys', 'POST', { name: 'sender' });
  const { key } = body as { key: string };
  await until(
    async () => readFileSync(join(server.directory, 'known.json'), 'utf8'),
    (text) => /"keys":\{"[0-9a-f]{64}":\{"project":"default"/.test(text),
  );
  await server.kill();
  const control = join(server.directory, 'control');
  for (const file of globSync(join(control, 'base/*/*'))) truncateSync(file, 0);
  await server.startAgain(['--host', '0.0.0.0'], { SIGHTLINE_API_KEY: 'of-the-option' });

  // On a busy machine the store may answer the checks of a start late.
  await until(
    async () => failing(await ready()),
    (seen) => seen.join() === 'control_plane',
  );
  expect(await ready()).toMatchObject({ code: 200, status: 'ready' });
  // Once, though all that runs in the background needs it.
  const lines = server.stderr().split('\n');
  expect(lines.filter((line) => line.includes('Cannot open the control plane'))).toHaveLength(1);
  const as = async (used: string, path: string) =>
    fetch(`${server.ui}/api/v1${path}`, { headers: { 'x-api-key': used } });
  expect((await as(key, '/traces')).status).toBe(200);
  expect((await as('of-the-option', '/ledger')).status).toBe(200);
  expect((await as('guessed', '/traces')).status).toBe(503);
  // Without a key only names and states; with one also what is wrong.
  const told = async (used: string): Promise<unknown> => {
    const answer = await fetch(`${server.ui}/ready`, { headers: { 'x-api-key': used } });
    return ((await answer.json()) as ReadyResponse).checks.find(({ name }) => name === 'control_plane');
  };
  expect(await told('guessed')).toEqual({ name: 'control_plane', state: 'degraded', message: null });
  expect(await told(key)).toMatchObject({ message: expect.stringContaining('control plane') });
  const keys = await as(key, '/keys');
  expect({ status: keys.status, body: await keys.json() }).toMatchObject({
    status: 503,
    body: { error: { code: 'control_plane_unavailable', hint: expect.stringContaining('"control"') } },
  });
  expect(await (await as(key, '/status')).json()).toMatchObject({
    problems: expect.arrayContaining([expect.objectContaining({ code: 'control_plane_unavailable' })]),
  });

  await server.kill();
  rmSync(control, { recursive: true });
  await server.startAgain();
  await until(
    async () => failing(await ready()),
    (seen) => seen.join() === 'control_plane',
  );
  expect(globSync(join(control, '*'))).toEqual([]);

  // The same with a PostgreSQL that was there before, and is away at the start.
  await server.kill();
  const known = join(server.directory, 'known.json');
  const embedded = readFileSync(known, 'utf8');
  writeFileSync(known, embedded.replace('"controlPlane":"embedded"', '"controlPlane":"postgres"'));
  const away = ['--postgres-url', 'postgresql://127.0.0.1:1/x', '--host', '0.0.0.0'];
  await server.startAgain(away, { SIGHTLINE_API_KEY: 'of-the-option' });
  expect((await as(key, '/traces')).status).toBe(200);
  expect((await as(key, '/keys')).status).toBe(503);
  await until(
    async () => failing(await ready()),
    (seen) => seen.join() === 'control_plane',
  );
  writeFileSync(known, embedded);

  await server.kill();
  renameSync(join(server.directory, 'telemetry'), join(server.directory, 'telemetry-away'));
  // Also where the file that says which stores there were cannot be read.
  for (const said of [embedded, embedded.slice(0, 20), '']) {
    writeFileSync(known, said);
    const main = runMain(['--data', server.directory]);
    expect(await main.ended()).toBe(1);
    expect(main.stderr()).toContain('(store_damaged, see docs/errors.md)');
    expect(existsSync(join(server.directory, 'telemetry', 'metadata'))).toBe(false);
    expect(globSync(join(control, '*'))).toEqual([]);
  }
});

function flipMiddle(file: string): void {
  const bytes = readFileSync(file);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}
