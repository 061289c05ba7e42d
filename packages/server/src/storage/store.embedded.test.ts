import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from './open-store.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { recordOf, SegmentLoader, spansRequest } from './testing/segments.ts';
import { describeStore } from './testing/store-contract.ts';

const open = (directory: string): ReturnType<typeof openStore> =>
  openStore({ kind: 'embedded', directory, writers: 1, readers: 2 }, fixedClock);

describeStore('the embedded store', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-embedded-'));
  return { open: () => open(directory), end: () => rmSync(directory, { recursive: true, force: true }) };
});

/** Runs a program that opens the store of `directory` and prints a line when it has done its part. */
async function startChild(
  program: string,
  directory: string,
): Promise<{ line: string; kill(): Promise<void> }> {
  const path = new URL(`testing/${program}`, import.meta.url).pathname;
  const child = spawn(process.execPath, ['--conditions=source', path, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
    child.once('exit', (code) => reject(new Error(`The child ended with code ${code}.`)));
  });
  return {
    line,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

test('what was loaded survives kill -9, and its token is remembered', { timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-killed-'));
  const child = await startChild('load-and-wait.ts', directory);
  expect(child.line).toBe('loaded');
  await child.kill();
  const store = await open(join(directory, 'store'));
  try {
    const loader = new SegmentLoader(store, join(directory, 'segments'));
    await loader.load(
      'traces',
      [recordOf('traces', spansRequest('s', [{ trace: 'a1', span: 'b1' }]))],
      'killed',
    );
    const sql =
      'SELECT count() AS spans, (SELECT sum(span_count) FROM trace_summaries) AS summaries FROM spans';
    expect((await store.query({ sql })).rows).toEqual([{ spans: '1', summaries: '1' }]);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test(
  'a directory that another process uses is refused with a clear error',
  { timeout: 120_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sightline-locked-'));
    const child = await startChild('load-and-wait.ts', directory);
    try {
      const other = await startChild('open-and-tell.ts', join(directory, 'store'));
      expect(other.line).toBe('data_directory_locked');
      await other.kill();
    } finally {
      await child.kill();
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
