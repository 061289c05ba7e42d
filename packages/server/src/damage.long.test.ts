/**
 * One file of the data directory, whichever, is damaged while the server is down. What was acknowledged is found
 * afterwards, or the loss is told; a server that cannot start says which code and what to do.
 * `SIGHTLINE_DAMAGES` says how many times (12), `SIGHTLINE_TEST_SEED` repeats a run.
 */
import {
  cpSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReadyResponse, StatusResponse, TraceResponse } from '@sightline/schema/api';
import { errorCatalogue } from '@sightline/schema/errors';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Random, seededRandom, testSeed } from './ingest/testing/random.ts';
import { LiveServer, modest } from './testing/live-server.ts';
import { runMain } from './testing/run-main.ts';

const rounds = Number(process.env['SIGHTLINE_DAMAGES'] ?? 12);
const traceId = 'da'.repeat(16);
const spanCount = 40;

let whole: string;

beforeAll(async () => {
  const server = await LiveServer.start();
  const now = BigInt(Date.now()) * 1_000_000n;
  const spans = Array.from({ length: spanCount }, (_, index) => ({
    traceId,
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: `work ${index}`,
    startTimeUnixNano: String(now),
    endTimeUnixNano: String(now + 1_000n),
  }));
  await server.send('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  await server.ask('/keys', 'POST', { name: 'sender' });
  await server.stored();
  // The store takes note of its parts.
  await delay(5_000);
  await server.kill();
  whole = server.directory;
}, 120_000);
afterAll(() => rmSync(whole, { recursive: true, force: true }));

/** Where files are, each kind as likely as another: there are far more parts than anything else. */
const kinds = ['telemetry/metadata/**/*', 'telemetry/store/**/*', 'control/**/*', '{journal,.}/*'] as const;

const damages: Readonly<Record<string, (path: string, random: Random) => void>> = {
  gone: (path) => unlinkSync(path),
  empty: (path) => truncateSync(path, 0),
  torn: (path, random) => truncateSync(path, random.int(statSync(path).size)),
  'a bit flipped': (path, random) => change(path, random, (bytes, at) => (bytes[at] = (bytes[at] ?? 0) ^ 1)),
  zeroed: (path, random) =>
    change(path, random, (bytes, at) => bytes.fill(0, at, Math.min(at + 4_096, bytes.length))),
};

function change(path: string, random: Random, how: (bytes: Buffer, at: number) => unknown): void {
  const bytes = readFileSync(path);
  how(bytes, random.int(bytes.length));
  writeFileSync(path, bytes);
}

interface Seen {
  readonly isWhole: boolean;
  /** Codes of what Status and /ready tell. */
  readonly told: readonly string[];
}

async function look(ui: string): Promise<Seen> {
  const answer = async (path: string): Promise<Response> =>
    fetch(`${ui}${path}`, { signal: AbortSignal.timeout(20_000) });
  const trace = await answer(`/api/v1/traces/${traceId}`);
  const found = trace.ok ? ((await trace.json()) as TraceResponse).spans.length : -1;
  const status = await answer('/api/v1/status');
  const problems = status.ok
    ? ((await status.json()) as StatusResponse).problems.map(({ code }) => code)
    : ['status'];
  const { checks } = (await (await answer('/ready')).json()) as ReadyResponse;
  const failing = checks.filter(({ state }) => state !== 'ok').map(({ name }) => name);
  return { isWhole: found === spanCount, told: [...problems, ...failing] };
}

/** What is lost is told within a minute; what is there needs no waiting. */
async function told(ui: string): Promise<Seen> {
  const until = Date.now() + 60_000;
  for (;;) {
    const seen = await look(ui);
    if (seen.isWhole || seen.told.length > 0 || Date.now() > until) return seen;
    await delay(1_000);
  }
}

const first = testSeed();

it.each(Array.from({ length: rounds }, (_, index) => first + index))(
  'is told or does no harm, SIGHTLINE_TEST_SEED=%d',
  { timeout: 240_000 },
  async (seed) => {
    const random = seededRandom(seed);
    const directory = mkdtempSync(join(tmpdir(), 'sightline-damage-'));
    cpSync(whole, directory, { recursive: true });
    const files = globSync(join(directory, random.pick(kinds)))
      .filter((path) => statSync(path).isFile() && statSync(path).size > 0)
      .toSorted();
    const path = random.pick(files);
    const kind = random.pick(Object.keys(damages));
    damages[kind]?.(path, random);
    const what = `${relative(directory, path)} ${kind}`;
    const main = runMain(['--data', directory, ...modest]);
    try {
      const { ui } = await main.ready().catch(() => ({ ui: undefined }));
      if (ui === undefined) {
        const codes = Object.keys(errorCatalogue).filter((code) => main.stderr().includes(code));
        console.log(`${what}: refused, ${codes.join(', ')}`);
        expect(codes, `${what}\n${main.stderr()}`).not.toEqual([]);
        return;
      }
      const seen = await told(ui);
      console.log(`${what}: ${seen.isWhole ? 'whole' : 'lost'}, told: ${seen.told.join(', ') || 'nothing'}`);
      if (!seen.isWhole) expect(seen.told, `${what}\n${main.stderr()}`).not.toEqual([]);
    } finally {
      main.kill('SIGKILL');
      await main.ended();
      rmSync(directory, { recursive: true, force: true });
    }
  },
);
