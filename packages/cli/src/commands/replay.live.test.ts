/** `sightline replay` as a user runs it: a program records itself, the server keeps the run, and it is run again. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLiveServer, type LiveServer } from '../testing/live-server.ts';
import { sightline } from '../testing/run-sightline.ts';

const run = promisify(execFile);
/** With the SDK of this workspace as it is, built or not. */
const program = ['--conditions=source', path.join(import.meta.dirname, '../testing/replayed-program.mjs')];
const folder = mkdtempSync(path.join(tmpdir(), 'sightline-cli-replay-'));
let live: LiveServer;
let traceId = '';

beforeAll(async () => {
  live = await startLiveServer();
  const { stdout } = await run(process.execPath, program, {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      SIGHTLINE_ENDPOINT: live.url,
    },
  });
  traceId = /TRACE ([0-9a-f]{32})/.exec(stdout)?.[1] ?? '';
  for (;;) {
    const { code } = await sightline(['trace', traceId, '--json'], { url: live.url });
    if (code === 0) break;
  }
}, 120_000);
afterAll(async () => {
  await live.stop();
  rmSync(folder, { recursive: true });
});

describe('sightline replay --offline', () => {
  it('runs a program from a trace of the server, and from the file that --save leaves', async () => {
    const file = path.join(folder, 'trace.json');
    const words = ['--offline', '--', process.execPath, ...program];
    const first = await sightline(['replay', traceId, '--save', file, ...words], { url: live.url });
    expect([first.code, first.stdout], first.stderr).toEqual([0, expect.stringContaining('ANSWER 7')]);
    expect(first.stderr).toContain('nothing diverged');
    const second = await sightline(['replay', file, ...words]);
    expect([second.code, second.stdout], second.stderr).toEqual([0, expect.stringContaining('ANSWER 7')]);
    const changed = await sightline(['replay', file, ...words], { env: { CITY: 'Rome' } });
    expect([changed.code, changed.stderr]).toEqual([1, expect.stringContaining('ReplayDivergenceError')]);
    const nearest = await sightline(['replay', file, '--on-divergence', 'nearest', ...words], {
      env: { CITY: 'Rome' },
    });
    expect([nearest.code, nearest.stdout]).toEqual([5, expect.stringContaining('ANSWER 7')]);
    expect(nearest.stderr).toMatch(/- .*Oslo[^]*\+ .*Rome/);
    const whatIf = await sightline([
      'replay',
      file,
      '--from-span',
      toolSpan(file),
      '--result',
      '{"celsius":40}',
      ...words,
    ]);
    expect(whatIf.stdout).toContain('ANSWER 40');
  });

  it('says what is wrong', async () => {
    const file = path.join(folder, 'empty.json');
    writeFileSync(file, '{}');
    const empty = await sightline(['replay', file, '--offline', '--', process.execPath, ...program]);
    expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining('holds no spans')]);
    const without = await sightline(['replay', file, '--offline', '--', process.execPath, '-e', '0']);
    expect([without.code, without.stderr]).toEqual([
      1,
      expect.stringContaining('did not start the Sightline SDK'),
    ]);
    const neither = await sightline(['replay', 'nowhere.json', '--offline', '--', 'true']);
    expect([neither.code, neither.stderr]).toEqual([
      2,
      expect.stringContaining('neither a trace id nor a file'),
    ]);
    const nothing = await sightline(['replay']);
    expect(nothing.code).toBe(2);
  });
});

describe('sightline replay on a target', () => {
  it('says what is missing where no target is known', async () => {
    const { code, stderr } = await sightline(['replay', traceId], { url: live.url });
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot be replayed')]);
  });
});

function toolSpan(file: string): string {
  return (
    /"spanId":"([0-9a-f]{16})","[^}]*"name":"execute_tool weather"/.exec(readFileSync(file, 'utf8'))?.[1] ??
    ''
  );
}
