/** The newest `sentry-sdk` of PyPI, unchanged, with this server in its DSN. Its recorded requests are in `sentry-sdk.test.ts`; without Python and PyPI this test is left out. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ErrorsResponse, TraceResponse } from '@sightline/schema/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LiveServer } from '../testing/live-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'sightline-sentry-'));
const python = join(directory, 'bin/python');
const isInstalled =
  spawnSync('python3', ['-m', 'venv', directory]).status === 0 &&
  spawnSync(python, ['-m', 'pip', 'install', '--quiet', 'sentry-sdk'], { timeout: 120_000 }).status === 0;
if (!isInstalled) console.warn('sentry-sdk could not be installed: this test is left out.');

let server: LiveServer;
beforeAll(async () => {
  server = await LiveServer.start();
}, 90_000);
afterAll(async () => {
  await server.close();
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
    const { spans } = await server.read<TraceResponse>(`/traces/${stdout.trim()}`);
    expect(spans.map(({ name }) => name)).toEqual(['nightly billing', 'SELECT orders']);
  },
  120_000,
);
