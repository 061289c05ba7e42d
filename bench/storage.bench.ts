/**
 * The store at scale: how fast segments load, what a span takes on disk, and how long the questions of
 * docs/internals/storage.md take, on the embedded engine.
 *
 *     UV_THREADPOOL_SIZE=16 node --conditions=source bench/storage.bench.ts [--spans 1000000] [--data <directory>] [--keep]
 *
 * With a directory that already holds a loaded store, loading is skipped and only the questions are asked.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@sightline/base';
import { openStore } from '../packages/server/src/storage/open-store.ts';
import type { TelemetryStore } from '../packages/server/src/storage/telemetry-store.ts';
import { fillStore } from './fill-store.ts';
import { storageQuestions } from './storage-questions.ts';

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '1000000' },
    data: { type: 'string' },
    keep: { type: 'boolean' },
  },
});
const spanCount = Number(values.spans);
const directory = values.data ?? mkdtempSync(join(tmpdir(), 'sightline-bench-'));
const loadedBefore = existsSync(join(directory, 'store'));
const clock = systemClock();
const toUnixNano = clock.now();

console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
);
const store = await openStore({ kind: 'embedded', directory: join(directory, 'store') }, clock);
try {
  if (!loadedBefore) await loadAll(store);
  await settle(store);
  await tellSize(store);
  await ask(store);
  console.log(`memory: ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
} finally {
  await store.close();
  if (values.keep !== true && values.data === undefined) rmSync(directory, { recursive: true });
}

async function loadAll(target: TelemetryStore): Promise<void> {
  const { spans, bytes, elapsedMs, cpuUs } = await fillStore(target, { directory, spanCount, toUnixNano });
  const rate = Math.round((spans / elapsedMs) * 1000);
  console.log(
    `loaded ${spans} spans of ${Math.round(bytes / spans)} bytes: ${rate} spans/s, ${(cpuUs / spans).toFixed(1)} µs of CPU each`,
  );
}

/** Waits for the background merges, so that runs can be compared. */
async function settle(target: TelemetryStore): Promise<void> {
  const deadline = performance.now() + 600_000;
  for (let quiet = 0; quiet < 3 && performance.now() < deadline;) {
    const { rows } = await target.query<{ n: string }>({ sql: 'SELECT count() AS n FROM system.merges' });
    quiet = rows[0]?.n === '0' ? quiet + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function tellSize(target: TelemetryStore): Promise<void> {
  const usage = await target.usage();
  const spans = usage.find(({ name }) => name === 'spans')?.rows ?? 1;
  const total = usage.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`${spans} spans, ${(total / spans).toFixed(1)} bytes each on disk, all in:`);
  for (const { name, bytes } of usage)
    if (bytes / spans > 0.05) console.log(`  ${name} ${(bytes / spans).toFixed(1)}`);
}

async function ask(target: TelemetryStore): Promise<void> {
  for (const { name, sql, params } of await storageQuestions(target)) {
    const times: number[] = [];
    let rowsRead = 0;
    for (let run = 0; run < 5; run += 1) {
      const answer = await target.query({ sql, params }, { timeMsMax: 60_000 });
      times.push(answer.elapsedMs);
      ({ rowsRead } = answer);
    }
    const sorted = times.toSorted((a, b) => a - b);
    const [best = 0] = sorted;
    console.log(
      `${name.padEnd(52)} first ${(times[0] ?? 0).toFixed(0)} ms, median ${(sorted[2] ?? 0).toFixed(0)} ms, best ${best.toFixed(0)} ms, ${rowsRead} rows read`,
    );
  }
}
