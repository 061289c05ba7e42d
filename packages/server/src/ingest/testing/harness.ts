import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { type Clock, systemClock } from '@sightline/base';
import { openIngest, type Ingest, type IngestOptions } from '../ingest.ts';
import type { FakeStore } from './fake-store.ts';

export const silentLog = pino({ level: 'silent' });

export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sightline-ingest-'));
}

export async function removeDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** Polls until `condition` holds; throws naming `what` after `timeoutMs`. */
export async function until(what: string, condition: () => unknown, timeoutMs = 10_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Gave up waiting for ${what} after ${timeoutMs} ms.`);
    await delay(5);
  }
}

/** The system's clock, which can be put forward: what waits for seconds waits for none. */
export function clockToPutForward(): Clock & { putForward(ms: number): void } {
  const clock = systemClock();
  let aheadMs = 0;
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs() + aheadMs,
    putForward: (ms) => {
      aheadMs += ms;
    },
  };
}

/** Ingest over a fake store, with everything fast and quiet. */
export async function openTestIngest(
  dataDirectory: string,
  store: FakeStore,
  options: Partial<IngestOptions> = {},
): Promise<Ingest> {
  const { limits, ...rest } = options;
  return openIngest({
    dataDirectory,
    store,
    clock: systemClock(),
    log: silentLog,
    readStoredTotals: store.totals,
    retentionDays: () => ({ traces: 30, logs: 30, metrics: 30 }),
    limits: { loadEveryMs: 5, ...limits },
    ...rest,
  });
}

/** Resolves when the journal is empty, that is when all that was acknowledged is stored or set aside. */
export async function drained(ingest: Ingest): Promise<void> {
  await until('the journal to be empty', () => ingest.ledger().journal.segments === 0);
}
