/**
 * Ingest as the server has it, from its OTLP/HTTP port to merged tables, in a process of its own whose CPU time can be told. `plain`
 * leaves out the normal fields, so that no span is a step of an agent; `fields` derives them, and leaves out what is made of them for steps.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { assert, systemClock } from '@sightline/base';
import { openIngest, startOtlpHttp } from '../packages/server/src/ingest/index.ts';
import { loopbackGuard } from '../packages/server/src/ingest/testing/doors.ts';
import { silentLog } from '../packages/server/src/ingest/testing/harness.ts';
import { clickHouseStore } from '../packages/server/src/storage/clickhouse/clickhouse-store.ts';
import { openEmbedded } from '../packages/server/src/storage/clickhouse/embedded-engine.ts';
import { columnsWithoutDerived, columnsWithoutSteps } from './without-derived.ts';

export type Kind = 'plain' | 'fields' | 'whole';

export interface IngestProcess {
  readonly tracesUrl: string;
  /** Waits until what came is stored and merged. Resolves with the CPU seconds used since the start. */
  rest(): Promise<number>;
  stop(): Promise<void>;
}

export async function startIngestProcess(kind: Kind): Promise<IngestProcess> {
  const directory = mkdtempSync(join(tmpdir(), `sightline-${kind}-`));
  const child = fork(import.meta.filename, [kind, directory], {
    execArgv: ['--conditions=source'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '32' },
  });
  const answer = async (): Promise<number> => Number((await once(child, 'message'))[0]);
  const port = await answer();
  return {
    tracesUrl: `http://127.0.0.1:${port}/v1/traces`,
    rest: async () => {
      child.send('rest');
      return answer();
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

const restMs = 1500;
const lookMs = 300;

async function main(kind: Kind, directory: string): Promise<void> {
  const clock = systemClock();
  const telemetry = join(directory, 'telemetry');
  mkdirSync(telemetry);
  const engine = openEmbedded({ directory: telemetry, database: 'sightline' });
  const read = { plain: columnsWithoutDerived, fields: columnsWithoutSteps, whole: undefined }[kind];
  const store = clickHouseStore(engine, clock, read === undefined ? {} : { read });
  await store.migrate();
  const ingest = await openIngest({
    dataDirectory: directory,
    store,
    clock,
    log: silentLog,
    readStoredTotals: async () => [],
    retentionDays: () => ({ traces: 30, logs: 30, metrics: 30 }),
  });
  const door = await startOtlpHttp({
    host: '127.0.0.1',
    port: 0,
    ingest,
    resolveProject: () => ({ project: 'default' }),
    guard: loopbackGuard,
  });
  const isAtWork = async (): Promise<boolean> => {
    if (ingest.ledger().journal.segments > 0) return true;
    const { rows } = await store.query<{ n: string }>({ sql: 'SELECT count() AS n FROM system.merges' });
    return Number(rows[0]?.n) > 0;
  };
  process.on('message', () => {
    void (async () => {
      for (let quietMs = 0; quietMs < restMs; quietMs += lookMs) {
        if (await isAtWork()) quietMs = 0;
        await delay(lookMs);
      }
      const { user, system } = process.cpuUsage();
      process.send?.((user + system) / 1e6);
    })();
  });
  process.once('disconnect', () => {
    void (async () => {
      await door.close();
      await ingest.close();
      await store.close();
      process.exit();
    })();
  });
  process.send?.(door.port);
}

if (process.argv[1] === import.meta.filename) {
  const [kind, directory] = process.argv.slice(2);
  assert(
    (kind === 'plain' || kind === 'fields' || kind === 'whole') && directory !== undefined,
    'Started by startIngestProcess',
  );
  await main(kind, directory);
}
