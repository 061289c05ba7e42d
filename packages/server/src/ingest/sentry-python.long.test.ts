/** The newest `sentry-sdk` of PyPI, unchanged, with this server in its DSN, and a Sentry to which the server sends its errors on. Its recorded requests are in `sentry-sdk.test.ts`; without Python and PyPI this test is left out. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ErrorsResponse, TraceResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StrictSentry } from '../forwarding/strict-sentry.testing.ts';
import { LiveServer } from '../testing/live-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'sightline-sentry-'));
const python = join(directory, 'bin/python');
const isInstalled =
  spawnSync('python3', ['-m', 'venv', directory]).status === 0 &&
  spawnSync(python, ['-m', 'pip', 'install', '--quiet', 'sentry-sdk'], { timeout: 120_000 }).status === 0;
if (!isInstalled) console.warn('sentry-sdk could not be installed: this test is left out.');

let server: LiveServer;
let sentry: StrictSentry;
beforeAll(async () => {
  sentry = await StrictSentry.start();
  server = await LiveServer.start(['--channel-network', '127.0.0.0/8']);
  expect((await server.ask('/errors/forwarding', 'PUT', { dsn: sentry.dsn })).status).toBe(200);
}, 90_000);
afterAll(async () => {
  await server.close();
  sentry.close();
  rmSync(directory, { recursive: true });
});

test.runIf(isInstalled)(
  'what the program captures is in groups, and its transaction is a trace',
  async () => {
    const program = join(import.meta.dirname, '../../../../conformance/sentry/program.py');
    const { stdout } = await promisify(execFile)(python, [program], {
      env: { ...process.env, DSN: `${server.ui.replace('://', '://public@')}/1` },
      timeout: 60_000,
    });
    await server.stored();
    const { errors } = await server.read<ErrorsResponse>('/errors?service=billing');
    const said = errors.map(({ type, message }) => `${type}: ${message}`);
    expect(said).toEqual(
      expect.arrayContaining([
        'BillingError: order 4711 cannot be billed',
        "ValueError: invalid literal for int() with base 10: 'x'",
        ': queue invoices is full',
        ': billing is slow',
      ]),
    );
    await expect
      .poll(() => sentry.events.length, { timeout: 120_000, interval: 500 })
      .toBeGreaterThanOrEqual(said.length);
    const billing = sentry.events.find(({ exception }) => exception.values.at(-1)?.type === 'BillingError');
    expect(billing?.exception.values.map(({ type }) => type)).toEqual(['KeyError', 'BillingError']);
    const { spans } = await server.read<TraceResponse>(`/traces/${stdout.trim()}`);
    expect(spans.map(({ name }) => name)).toEqual(['nightly billing', 'SELECT orders']);
  },
  240_000,
);
