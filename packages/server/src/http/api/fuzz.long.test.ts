/**
 * Requests made from the OpenAPI document, good and bad, for as long as SIGHTLINE_FUZZ_MINUTES says (2): the server answers
 * each below 500 and lives. Schemathesis makes them; it is installed into `.cache` where Python and its registry are at hand.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testSeed } from '../../ingest/testing/random.ts';
import { type MainProcess, runMain } from '../../testing/run-main.ts';

const minutes = Number(process.env['SIGHTLINE_FUZZ_MINUTES'] ?? 2);
const cache = join(import.meta.dirname, '../../../../../.cache/schemathesis');
const version = '4.32.5';

let directory: string;
let main: MainProcess;
let ui: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sightline-fuzz-'));
  // With a key of the server, a key that the fuzzer makes does not shut it out.
  main = runMain(['--data', directory, '--canary-interval', '60', '--api-key', 'fuzz']);
  ({ ui } = await main.ready());
}, 120_000);
afterAll(async () => {
  main.kill('SIGKILL');
  await main.ended();
  rmSync(directory, { recursive: true, force: true });
});

/** Undefined where it cannot be installed. */
function ensureSchemathesis(): string | undefined {
  const command = join(cache, 'bin/schemathesis');
  try {
    if (!existsSync(command)) {
      execFileSync('python3', ['-m', 'venv', cache], { stdio: 'ignore' });
      const pip = ['install', '--quiet', `schemathesis==${version}`];
      execFileSync(join(cache, 'bin/pip'), pip, { stdio: 'ignore', timeout: 300_000 });
    }
    return command;
  } catch {
    return undefined;
  }
}

/** Schemathesis 4.32 takes the `prefixItems` of an answer for an error of the document: it gets lists whose items are any of them. */
const withoutTuples = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || !('prefixItems' in value)) return value;
  const { prefixItems, ...rest } = value;
  return { ...rest, items: { anyOf: prefixItems } };
};

test(
  'no request that the description allows, or nearly, makes the server fail',
  async ({ skip }) => {
    const command = ensureSchemathesis();
    if (command === undefined) {
      console.warn(
        'SKIPPED: Schemathesis cannot be installed: python3 with venv and its registry are needed.',
      );
      skip();
      return;
    }
    const seed = testSeed();
    console.log(`Seed ${seed}, ${minutes} minutes.`);
    const described = join(directory, 'openapi.json');
    const document: unknown = await (await fetch(`${ui}/api/v1/openapi.json`)).json();
    writeFileSync(described, JSON.stringify(document, withoutTuples));
    // A tail is an answer without end.
    const args = [
      'run',
      described,
      `--url=${ui}/api/v1`,
      '--header=Authorization: Bearer fuzz',
      '--exclude-path=/tail',
      // Every answer is as it is described: an error has its code, message and hint.
      '--checks=not_a_server_error,response_schema_conformance,content_type_conformance',
      '--request-timeout=60',
      '--max-examples=100000',
      `--max-time=${minutes * 60}`,
      '--continue-on-failure',
      `--seed=${seed}`,
      '--no-color',
    ];
    const child = spawn(command, args, { cwd: directory });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    // Where its own bound does not hold, this one does.
    const late = setTimeout(() => child.kill('SIGTERM'), (minutes + 3) * 60_000);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(late);
    console.log(text.slice(-3_000));
    expect(main.stderr()).not.toContain('Sightline cannot go on');
    expect((await fetch(`${ui}/health`)).status).toBe(200);
    expect(code, text.slice(-20_000)).toBe(0);
  },
  (minutes + 10) * 60_000,
);
