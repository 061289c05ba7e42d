/** What a real server keeps in memory when nothing repeats: every service, span name, attribute key and value is new, and comes faster than it is loaded. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { LedgerResponse } from '@sightline/schema/api';
import { runMain } from '../testing/run-main.ts';
import { removeDirectory, temporaryDirectory, until } from './testing/harness.ts';
import { protobufOf } from './testing/payloads.ts';

const requests = 240;
const spansPerRequest = 1_000;
const attributesPerSpan = 10;
const senders = 6;
const peakBytesMax = 1_200_000_000;
const restBytesMax = 800_000_000;

test.skipIf(!existsSync('/proc/self/status'))(
  'Names that are all new take a bounded amount of memory, and it is given back',
  async () => {
    const directory = await temporaryDirectory();
    const server = runMain(['--data', directory]);
    const memory = (name: 'VmHWM' | 'VmRSS'): number => {
      const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
      return Number(new RegExp(String.raw`${name}:\s+(\d+)`).exec(status)?.[1]) * 1024;
    };
    try {
      const { ui, otlpHttp } = await server.ready();
      const pending = async (): Promise<number> => {
        const { rows } = (await (await fetch(`${ui}/api/v1/ledger`)).json()) as LedgerResponse;
        return rows.reduce((sum, row) => sum + row.pending, 0);
      };
      let sent = 0;
      let worstPending = 0;
      const sender = async (): Promise<void> => {
        while (sent < requests) {
          sent += 1;
          const response = await fetch(`${otlpHttp}/v1/traces`, {
            method: 'POST',
            headers: { 'content-type': 'application/x-protobuf' },
            body: Uint8Array.from(uniqueRequest()),
          });
          expect(response.status).toBe(200);
          await response.arrayBuffer();
          worstPending = Math.max(worstPending, await pending());
        }
      };
      await Promise.all(Array.from({ length: senders }, sender));
      // Otherwise loads were small, and nothing is shown.
      expect(worstPending).toBeGreaterThan(50 * spansPerRequest);
      await until('the backlog', async () => (await pending()) === 0, 600_000);
      expect(memory('VmHWM')).toBeLessThan(peakBytesMax);
      await until('memory that is given back', () => memory('VmRSS') < restBytesMax, 300_000);
    } finally {
      server.kill('SIGTERM');
      await server.ended();
      await removeDirectory(directory);
    }
  },
  1_200_000,
);

let unique = 0;
function uniqueRequest(): Uint8Array {
  const run = randomBytes(4).toString('hex');
  const name = (kind: string): string => `${kind}-${(unique += 1).toString(36)}-${run}`;
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const now = String(BigInt(Date.now()) * 1_000_000n);
  const span = () => ({
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: name('span'),
    startTimeUnixNano: now,
    endTimeUnixNano: now,
    attributes: Array.from({ length: attributesPerSpan }, () => attribute(name('key'), name('value'))),
  });
  const resourceSpans = Array.from({ length: spansPerRequest }, () => ({
    resource: { attributes: [attribute('service.name', name('service'))] },
    scopeSpans: [{ spans: [span()] }],
  }));
  return protobufOf('traces', JSON.stringify({ resourceSpans }));
}
