import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@sightline/base';
import { openStore } from '../packages/server/src/storage/open-store.ts';
import { generateSegments } from './scale-data.ts';

const hour = 3_600_000_000_000n;

/** Fills a server's data directory with 24 hours of spans up to now, by the real load path. */
export async function fillStore(directory: string, spanCount: number): Promise<void> {
  const clock = systemClock();
  const store = await openStore({ kind: 'embedded', directory: join(directory, 'telemetry') }, clock);
  const to = clock.now();
  const segments = generateSegments({
    seed: 7,
    project: 'default',
    fromUnixNano: to - 24n * hour,
    toUnixNano: to,
    spanCount,
    segmentBytes: 32 << 20,
  });
  mkdirSync(join(directory, 'segments'), { recursive: true });
  let serial = 0;
  for (const { bytes } of segments) {
    const token = `fill-${serial}`;
    const path = join(directory, 'segments', token);
    writeFileSync(path, bytes);
    await store.load({ signal: 'traces', path, byteLength: bytes.length, token });
    rmSync(path);
    serial += 1;
  }
  await store.close();
}
