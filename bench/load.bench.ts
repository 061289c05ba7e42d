/**
 * The cost of a load: CPU time of the process from a journal segment to tables and views, for one span, one call of a model, and thousands of spans. Merges are stopped.
 *
 *     npm run bench -- load
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, unixNano } from '@sightline/base';
import { clickHouseStore } from '../packages/server/src/storage/clickhouse/clickhouse-store.ts';
import { openEmbedded } from '../packages/server/src/storage/clickhouse/embedded-engine.ts';
import {
  recordOf,
  recordOfProtobuf,
  SegmentLoader,
  spansRequest,
} from '../packages/server/src/storage/testing/segments.ts';
import { generateRequests } from './scale-data.ts';

const now = systemClock().now();
const directory = mkdtempSync(join(tmpdir(), 'sightline-load-'));
const engine = openEmbedded({ directory: join(directory, 'store'), database: 'sightline' });
const store = clickHouseStore(engine, systemClock());
await store.migrate();
await engine.command('SYSTEM STOP MERGES');
const loader = new SegmentLoader(store, join(directory, 'segments'));
const times = { received: now, newest: unixNano(now + 86_400_000_000_000n) };

let serial = 0;
const single = (attributes: Readonly<Record<string, string | number>>) => (): Uint8Array[] => {
  serial += 1;
  const span = { trace: serial.toString(16), span: '1', start: now, attributes };
  return [recordOf('traces', spansRequest('bench', [span]), times)];
};
const many = (spanCount: number) => (): Uint8Array[] => {
  serial += 1;
  const range = { fromUnixNano: unixNano(now - 60_000_000_000n), toUnixNano: now };
  return [...generateRequests({ seed: serial, project: 'default', ...range, spanCount })].map(({ bytes }) =>
    recordOfProtobuf('traces', bytes, times),
  );
};

async function cpuMs(records: readonly Uint8Array[]): Promise<number> {
  const before = process.cpuUsage();
  await loader.load('traces', records);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

console.log(`${cpus().length} × ${cpus()[0]?.model ?? ''}, load ${(loadavg()[0] ?? 0).toFixed(1)}\n`);
console.log('| a load of | loads | best, ms of CPU | median | median, µs a span |');
console.log('| --- | ---: | ---: | ---: | ---: |');
const call = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.usage.input_tokens': 5,
};
for (const { name, spans, loads, make } of [
  { name: 'one span', spans: 1, loads: 20, make: single({ 'http.route': '/' }) },
  { name: 'one call of a model', spans: 1, loads: 20, make: single(call) },
  { name: '1,000 spans', spans: 1_000, loads: 10, make: many(1_000) },
  { name: '10,000 spans', spans: 10_000, loads: 6, make: many(10_000) },
]) {
  // The first two warm up.
  const taken: number[] = [];
  for (let at = -2; at < loads; at += 1) {
    const ms = await cpuMs(make());
    if (at >= 0) taken.push(ms);
  }
  taken.sort((a, b) => a - b);
  const median = taken[taken.length >> 1] ?? NaN;
  const figures = [taken[0]?.toFixed(1), median.toFixed(1), ((median * 1000) / spans).toFixed(1)];
  console.log(`| ${[name, loads, ...figures].join(' | ')} |`);
}
await store.close();
rmSync(directory, { recursive: true });
process.exit(0);
