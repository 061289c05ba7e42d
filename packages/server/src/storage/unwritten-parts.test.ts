/**
 * A process that was killed after the engine had noted the token of an insert, and before the part was put under its name: the folder is
 * not there, and the token is known. Made here by taking the folders of the newest parts away.
 */
import { appendFileSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { prepareStore } from '../testing/prepared-data.ts';
import { openStore } from './open-store.ts';
import type { TelemetryStore } from './telemetry-store.ts';
import { fixedClock } from './testing/fixed-clock.ts';
import { dayNanos, recordOf, SegmentLoader, spansRequest, testNow } from './testing/segments.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let base: string;
let store: TelemetryStore;
const directory = (): string => join(base, 'store');
const open = async (): Promise<TelemetryStore> =>
  openStore({ kind: 'embedded', directory: directory(), writers: 1, readers: 2 }, fixedClock);

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'sightline-unwritten-'));
  await prepareStore(directory());
  store = await open();
});
afterAll(async () => {
  await store.close();
  rmSync(base, { recursive: true, force: true });
});

const id = (index: number): string => `ab${(index + 1).toString(16).padStart(4, '0')}`;
/** Spans of two days, which the engine stores as two parts. */
const spans = (from: number, count: number): Uint8Array =>
  recordOf(
    'traces',
    spansRequest(
      's',
      Array.from({ length: count }, (_, index) => ({
        trace: id(from + index),
        span: id(from + index),
        name: 'work',
        start: testNow - BigInt(index % 2) * dayNanos,
      })),
    ),
  );

const tables = ['spans', 'trace_summaries', 'span_rollup_1m', 'ledger'] as const;

async function count(): Promise<readonly number[]> {
  const { rows } = await store.query<Record<(typeof tables)[number], string>>({
    sql: `SELECT (SELECT count() FROM spans) AS spans, (SELECT sum(span_count) FROM trace_summaries) AS trace_summaries,
      (SELECT sum(count) FROM span_rollup_1m) AS span_rollup_1m, (SELECT sum(accepted) FROM ledger) AS ledger`,
  });
  return tables.map((table) => Number(rows[0]?.[table]));
}

const logs = (): readonly string[] => globSync(join(directory(), 'store/*/*/deduplication_logs/*.txt'));

/** Takes away the folders of the parts that the engine noted since, as far as they are not merged yet. Returns how many. */
function takeAway(known: ReadonlyMap<string, number>): number {
  let taken = 0;
  for (const path of logs()) {
    const lines = readFileSync(path, 'latin1')
      .slice(known.get(path) ?? 0)
      .split('\n');
    for (const line of lines) {
      const part = line.split('\t')[1];
      const folder = join(dirname(path), '..', part ?? '');
      if (part === undefined || !existsSync(folder)) continue;
      rmSync(folder, { recursive: true });
      taken += 1;
    }
  }
  return taken;
}

const sizes = (): ReadonlyMap<string, number> =>
  new Map(logs().map((path) => [path, readFileSync(path).length]));

it('stores once what was noted and never put in place, and what is in place not again', async () => {
  const loader = new SegmentLoader(store, join(base, 'segments'));
  const [first, second] = [spans(0, 40), spans(100, 60)];
  await loader.load('traces', [first], 'first');
  const known = sizes();
  // Merged, the parts of the first would be gone with those of the second.
  await loader.load('traces', [second], 'second');
  expect(await count()).toEqual([100, 100, 100, 100]);
  await store.close();
  expect(takeAway(known)).toBeGreaterThan(0);
  // An incomplete line, as a power cut leaves it.
  for (const path of logs()) appendFileSync(path, '1\t20261117_9');
  store = await open();
  const again = new SegmentLoader(store, join(base, 'segments'));
  await again.load('traces', [first], 'first');
  await again.load('traces', [second], 'second');
  expect(await count()).toEqual([100, 100, 100, 100]);
});
