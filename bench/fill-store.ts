import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@sightline/base';
import { openStore } from '../packages/server/src/storage/open-store.ts';
import type { SegmentFile, TelemetryStore } from '../packages/server/src/storage/telemetry-store.ts';
import { generateSegments } from './scale-data.ts';

const hour = 3_600_000_000_000n;
const segmentsAtOnce = 8;

export interface Filled {
  readonly spans: number;
  readonly bytes: number;
  /** Of loading alone: making segments costs more. */
  readonly elapsedMs: number;
  readonly cpuUs: number;
}

/** Fills a server's data directory with 24 hours of spans up to now. */
export async function fillDirectory(
  directory: string,
  spanCount: number,
  { systems }: { readonly systems?: number } = {},
): Promise<void> {
  const clock = systemClock();
  const store = await openStore({ kind: 'embedded', directory: join(directory, 'telemetry') }, clock);
  await fillStore(store, {
    directory,
    spanCount,
    toUnixNano: clock.now(),
    ...(systems === undefined ? {} : { systems }),
  });
  await store.close();
}

/** Fills a store with 24 hours of spans, by the real load path. Segments are made a few at a time, in files below the directory. */
export async function fillStore(
  store: TelemetryStore,
  options: {
    readonly directory: string;
    readonly spanCount: number;
    readonly toUnixNano: bigint;
    readonly systems?: number;
  },
): Promise<Filled> {
  const { spanCount, toUnixNano, systems } = options;
  const segments = generateSegments({
    seed: 7,
    project: 'default',
    fromUnixNano: toUnixNano - 24n * hour,
    toUnixNano,
    spanCount,
    ...(systems === undefined ? {} : { systems }),
    segmentBytes: 32 << 20,
  });
  const directory = join(options.directory, 'segments');
  mkdirSync(directory, { recursive: true });
  const filled = { spans: 0, bytes: 0, elapsedMs: 0, cpuUs: 0 };
  for (let isDone = false, serial = 0; !isDone;) {
    const batch: SegmentFile[] = [];
    while (batch.length < segmentsAtOnce) {
      const next = segments.next();
      isDone = next.done === true;
      if (next.done === true) break;
      const token = `fill-${serial++}`;
      const path = join(directory, token);
      writeFileSync(path, next.value.bytes);
      batch.push({ signal: 'traces', path, byteLength: next.value.bytes.length, token });
    }
    const started = performance.now();
    const cpu = process.cpuUsage();
    const loaded = await Promise.all(batch.map(async (segment) => store.load(segment)));
    const used = process.cpuUsage(cpu);
    filled.elapsedMs += performance.now() - started;
    filled.cpuUs += used.user + used.system;
    for (const [at, segment] of batch.entries()) {
      filled.spans += loaded[at]?.rows ?? 0;
      filled.bytes += segment.byteLength;
      rmSync(segment.path);
    }
  }
  return filled;
}
