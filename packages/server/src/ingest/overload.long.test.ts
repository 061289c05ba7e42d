/**
 * A real server that is sent several times what it loads, for half a minute: nothing is refused or lost, what was sent last is seen soon, and
 * the age of the backlog is told.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LedgerResponse, StatusResponse } from '@sightline/schema/api';
import serverFlags from '../../../../scripts/lib/server-flags.json' with { type: 'json' };
import { removeDirectory, temporaryDirectory, until } from './testing/harness.ts';
import { markedRequest } from './testing/payloads.ts';

const overloadMs = 30_000;
const newestMsMax = 5_000;
const spansPerRequest = 2_000;
const mainFile = join(import.meta.dirname, '../main.ts');
const ready = /UI (?<ui>http:\S+)\s+OTLP\/HTTP (?<otlpHttp>http:\S+)/;

test('In an overload nothing is lost or refused, and the newest is seen within five seconds', async () => {
  const directory = await temporaryDirectory();
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];
  const flags = ['--conditions=source', ...serverFlags];
  const child = spawn(process.execPath, [...flags, mainFile, ...ports, '--data', directory], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until('the server', () => ready.test(text), 60_000);
    const { ui = '', otlpHttp = '' } = ready.exec(text)?.groups ?? {};
    const send = async (body: Uint8Array): Promise<number> => {
      const response = await fetch(`${otlpHttp}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: Uint8Array.from(body),
      });
      await response.arrayBuffer();
      return response.status;
    };
    const ask = async <T>(path: string): Promise<T> =>
      (await (await fetch(`${ui}/api/v1/${path}`)).json()) as T;
    const pendingOf = ({ rows }: LedgerResponse): number => rows.reduce((sum, row) => sum + row.pending, 0);

    // Ids may repeat: each request is counted, and the ledger and the table have to agree.
    const body = markedRequest('traces', randomBytes(16).toString('hex'), spansPerRequest);
    const deadline = performance.now() + overloadMs;
    let acknowledged = 0;
    let worstPending = 0;
    let oldestMs = 0;
    let toldMs = 0;
    const sender = async (): Promise<void> => {
      while (performance.now() < deadline) {
        expect(await send(body)).toBe(200);
        acknowledged += spansPerRequest;
      }
    };
    const watch = async (): Promise<void> => {
      while (performance.now() < deadline) {
        const ledger = await ask<LedgerResponse>('ledger');
        worstPending = Math.max(worstPending, pendingOf(ledger));
        oldestMs = Math.max(oldestMs, ledger.journal.oldestPendingMs ?? 0);
        toldMs = Math.max(toldMs, (await ask<StatusResponse>('status')).backlog?.oldestMs ?? 0);
        await delay(1_000);
      }
    };
    await Promise.all([...Array.from({ length: 6 }, sender), watch()]);
    const mark = randomBytes(16).toString('hex');
    expect(await send(markedRequest('traces', mark, 1))).toBe(200);
    const sentMs = performance.now();
    const waiting = pendingOf(await ask<LedgerResponse>('ledger'));
    await until('what was sent last', async () => (await fetch(`${ui}/api/v1/traces/${mark}`)).ok, 60_000);
    expect(performance.now() - sentMs).toBeLessThan(newestMsMax);
    // Otherwise this was no overload, and nothing is shown.
    expect(waiting).toBeGreaterThan(acknowledged / 10);
    expect(oldestMs).toBeGreaterThan(newestMsMax);
    expect(toldMs).toBeGreaterThan(newestMsMax);
    expect(worstPending).toBeGreaterThan(0);

    await until('the backlog', async () => pendingOf(await ask<LedgerResponse>('ledger')) === 0, 180_000);
    const { rows } = await ask<LedgerResponse>('ledger');
    const own = rows.find(({ project }) => project === 'default');
    expect(own).toMatchObject({ accepted: acknowledged + 1, stored: acknowledged + 1, quarantined: 0 });
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    await removeDirectory(directory);
  }
}, 300_000);
