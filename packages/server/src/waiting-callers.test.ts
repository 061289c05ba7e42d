import { expect, test } from 'vitest';
import { openStore } from './storage/open-store.ts';
import type { TelemetryStore } from './storage/telemetry-store.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@sightline/base';
import { prepareStore } from './testing/prepared-data.ts';
import { WaitingCallers } from './waiting-callers.ts';

test('somebody waits while a question, typed SQL or a load is under way, be it answered or refused', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-waiting-'));
  await prepareStore(join(directory, 'store'));
  const store = await openStore(
    { kind: 'embedded', directory: join(directory, 'store'), writers: 1, readers: 1 },
    systemClock(),
  );
  const callers = new WaitingCallers();
  const counted = callers.count(store);
  const ask = async (own: TelemetryStore) => own.query({ sql: 'SELECT 1 AS one', params: {} });
  const during = async (task: Promise<unknown>): Promise<boolean> => {
    const { areThere } = callers;
    await task.catch(() => undefined);
    expect(callers.areThere).toBe(false);
    return areThere;
  };
  try {
    expect(await during(ask(counted))).toBe(true);
    expect(await during(counted.queryBinary({ sql: 'SELECT 1 AS one' }))).toBe(true);
    expect(await during(counted.queryUntrusted({ sql: 'SELECT nothing', project: 'default' }))).toBe(true);
    const path = join(directory, 'missing.seg');
    expect(await during(counted.load({ signal: 'traces', path, byteLength: 1, token: 't' }))).toBe(true);
    expect(await during(ask(store))).toBe(false);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
});
