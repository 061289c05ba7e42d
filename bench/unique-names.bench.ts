/**
 * What the server keeps in memory when nothing repeats: every service, span name, attribute key and value is new. Saturates it for a while,
 * then watches its memory. `node --conditions=source bench/unique-names.bench.ts [seconds]`.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { closeConnections, post } from './post.ts';
import { ProtoWriter } from './proto-writer.ts';
import { startServerProcess } from './server-process.ts';

const saturatedS = Number(process.argv[2] ?? 110);
const watchedS = 75;
const senders = 32;
const spansPerRequest = 500;
const attributesPerSpan = 10;

let unique = 0;
const name = (kind: string): string => `${kind}-${(unique += 1).toString(36)}-${run}`;
const run = randomBytes(4).toString('hex');

function attribute(writer: ProtoWriter, field: number, key: string, value: string): void {
  writer.message(field, () => {
    writer.string(1, key);
    writer.message(2, () => writer.string(1, value));
  });
}

/** An export request in which each span has a service of its own. */
function request(writer: ProtoWriter): Buffer {
  const now = BigInt(Date.now()) * 1_000_000n;
  for (let index = 0; index < spansPerRequest; index += 1)
    writer.message(1, () => {
      writer.message(1, () => attribute(writer, 1, 'service.name', name('service')));
      writer.message(2, () =>
        writer.message(2, () => {
          writer.bytes(1, randomBytes(16));
          writer.bytes(2, randomBytes(8));
          writer.string(5, name('span'));
          writer.fixed64(7, now);
          writer.fixed64(8, now + 1_000_000n);
          for (let at = 0; at < attributesPerSpan; at += 1) attribute(writer, 9, name('key'), name('value'));
        }),
      );
    });
  return writer.take();
}

const directory = mkdtempSync(join(tmpdir(), 'sightline-unique-'));
// Also where a signal ends it: a server that is killed at that moment may still write.
process.once('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
const server = await startServerProcess({ dataDirectory: directory });
try {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0).padStart(5);
  // While segments wait in the journal, the server is still busy loading them: its memory is not yet that of a server at rest.
  const pending = async (): Promise<number> => {
    const ledger = (await (await fetch(`${server.ui}/api/v1/ledger`)).json()) as {
      rows: { pending: number }[];
    };
    return ledger.rows.reduce((sum, row) => sum + row.pending, 0);
  };
  const tell = async (doing: string, atS: number): Promise<void> => {
    const { bytes, peakBytes } = server.memory();
    console.log(
      `${doing} ${atS.toFixed(0).padStart(3)} s: ${megabytes(bytes)} MB, peak ${megabytes(peakBytes)} MB, ${await pending()} spans to load`,
    );
  };
  await tell('ready', 0);
  const began = performance.now();
  let accepted = 0;
  let isSending = true;
  const send = async (): Promise<void> => {
    const writer = new ProtoWriter();
    while (isSending) {
      const body = request(writer);
      const { status, retryAfterS } = await post(
        `${server.otlpHttp}/v1/traces`,
        'application/x-protobuf',
        body,
      );
      if (status === 200) accepted += spansPerRequest;
      else await delay(retryAfterS * 1000 || 100);
    }
  };
  const sending = Array.from({ length: senders }, async () => send());
  for (let at = 5; at <= saturatedS; at += 5) {
    await delay(5_000);
    await tell('saturated', (performance.now() - began) / 1000);
  }
  isSending = false;
  await Promise.all(sending);
  console.log(`${accepted} spans were accepted, ${(accepted / saturatedS).toFixed(0)} a second.`);
  const loadsMs = performance.now();
  while ((await pending()) > 0) await delay(1_000);
  console.log(`Loaded ${((performance.now() - loadsMs) / 1000).toFixed(0)} s later.`);
  for (let at = 15; at <= watchedS; at += 15) {
    await delay(15_000);
    await tell('after', at);
  }
} finally {
  closeConnections();
  await server.stop();
}
