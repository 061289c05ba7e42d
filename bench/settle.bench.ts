/**
 * Measures the CPU time of settling runs: reading new steps, deciding what each run is, and writing its row. One span in ten is a model call.
 * Merges are stopped.
 *
 *     npm run bench -- settle
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock, unixNano } from '@sightline/base';
import { RunKeeper } from '../packages/server/src/runs/run-keeper.ts';
import { clickHouseStore } from '../packages/server/src/storage/clickhouse/clickhouse-store.ts';
import { openEmbedded } from '../packages/server/src/storage/clickhouse/embedded-engine.ts';
import { recordOfProtobuf, SegmentLoader } from '../packages/server/src/storage/testing/segments.ts';
import { generateRequests } from './scale-data.ts';

const { values } = parseArgs({
  options: { loads: { type: 'string', default: '8' }, spans: { type: 'string', default: '30000' } },
});
const directory = mkdtempSync(join(tmpdir(), 'sightline-settle-'));
const engine = openEmbedded({ directory: join(directory, 'store'), database: 'sightline' });
const store = clickHouseStore(engine, systemClock());
await store.migrate();
await engine.command('SYSTEM STOP MERGES');
const loader = new SegmentLoader(store, join(directory, 'segments'));
const keeper = new RunKeeper({ store, log: { warn: console.warn } });

/** CPU microseconds a span of settling what one load brought. */
async function settle(seed: number): Promise<number> {
  const now = systemClock().now();
  const times = { received: now, newest: unixNano(now + 86_400_000_000_000n) };
  const range = { fromUnixNano: unixNano(now - 60_000_000_000n), toUnixNano: now };
  const requests = [
    ...generateRequests({ seed, project: 'default', ...range, spanCount: Number(values.spans) }),
  ];
  await loader.load(
    'traces',
    requests.map(({ bytes }) => recordOfProtobuf('traces', bytes, times)),
  );
  const before = process.cpuUsage();
  await keeper.settled();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / requests.reduce((sum, { spans }) => sum + spans, 0);
}

// The first warms up.
await settle(0);
const costs: number[] = [];
for (let seed = 1; seed <= Number(values.loads); seed += 1) costs.push(await settle(seed));
const { rows } = await store.query<{ runs: string }>({ sql: 'SELECT count() AS runs FROM runs FINAL' });
await keeper.stop();
await store.close();
rmSync(directory, { recursive: true, force: true });

const sorted = costs.toSorted((a, b) => a - b);
console.log(`${cpus().length} × ${cpus()[0]?.model ?? ''}, load ${(loadavg()[0] ?? 0).toFixed(1)}\n`);
console.log('| spans a load | loads | runs | best, µs of CPU a span | median |');
console.log('| ---: | ---: | ---: | ---: | ---: |');
console.log(
  `| ${values.spans} | ${values.loads} | ${rows[0]?.runs} | ${sorted[0]?.toFixed(1)} | ${sorted[Math.floor(sorted.length / 2)]?.toFixed(1)} |`,
);
