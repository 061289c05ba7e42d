/**
 * What a started server takes in, acknowledged and durable, while the engine loads at the same time; how long until it
 * can be queried, and whether it is seen a second after it was acknowledged; and what that costs. Senders are closed loops: each sends its next batch when the last was
 * acknowledged, and waits as long as it is told to when it is refused.
 *
 * Run: npm run bench -- ingest, or node bench/ingest.bench.ts [--seconds 10] [--spans 1000] [--encodings protobuf,json] [--clients 1,4,16] [--call-every 1,10] [--main file]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { closeConnections, post } from './post.ts';
import { startServerProcess, type ServerProcess } from './server-process.ts';
import { makeTemplate, type BatchTemplate } from './span-batches.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    spans: { type: 'string', default: '1000' },
    encodings: { type: 'string', default: 'protobuf,json' },
    clients: { type: 'string', default: '1,4,16' },
    'call-every': { type: 'string', default: '1,10' },
    main: { type: 'string' },
  },
});
const seconds = Number(values.seconds);

interface Run {
  readonly name: string;
  readonly clients: number;
  readonly spansPerS: number;
  readonly megabytesPerS: number;
  readonly refused: number;
  readonly acknowledgeMs: readonly number[];
  readonly visible: VisibleAfter;
  readonly probes: Probes;
  readonly drainMs: number;
  readonly cpuUsPerSpan: number;
  readonly cores: number;
  readonly peakBytes: number;
  /** Of the loads into the engine. */
  readonly spansPerLoad: number;
  readonly loadMs: number;
}

async function runOnce(
  server: ServerProcess,
  template: BatchTemplate,
  clients: number,
  name: string,
): Promise<Run> {
  const deadline = performance.now() + seconds * 1000;
  const acknowledgeMs: number[] = [];
  let acknowledged = 0;
  let refused = 0;
  const sender = async (): Promise<void> => {
    while (performance.now() < deadline) {
      const { body } = template.next();
      const began = performance.now();
      const { status, retryAfterS } = await post(`${server.otlpHttp}/v1/traces`, template.contentType, body);
      if (status === 200) {
        acknowledged += template.spans;
        acknowledgeMs.push(performance.now() - began);
      } else if (retryAfterS > 0) {
        refused += 1;
        await delay(retryAfterS * 1000);
      } else throw new Error(`Unexpected status ${status}.`);
    }
  };
  const cpuBefore = server.cpuS();
  const loadsBefore = await readLoads(server);
  const began = performance.now();
  const prober = probe(server, deadline);
  await Promise.all(Array.from({ length: clients }, sender));
  const elapsedS = (performance.now() - began) / 1000;
  const probes = await prober;
  const drainMs = await drain(server);
  const cpuS = server.cpuS() - cpuBefore;
  const loads = await readLoads(server);
  const segments = loads.segments - loadsBefore.segments;
  return {
    name,
    clients,
    spansPerS: acknowledged / elapsedS,
    megabytesPerS: (acknowledged * template.bytesPerSpan) / elapsedS / 1e6,
    refused,
    acknowledgeMs,
    visible: { buckets: difference(loads.visible.buckets, loadsBefore.visible.buckets) },
    probes,
    drainMs,
    cpuUsPerSpan: (cpuS * 1e6) / acknowledged,
    cores: cpuS / ((performance.now() - began) / 1000),
    peakBytes: server.memory().peakBytes,
    spansPerLoad: acknowledged / segments,
    loadMs: ((loads.seconds - loadsBefore.seconds) * 1000) / segments,
  };
}

interface Loads {
  readonly segments: number;
  readonly seconds: number;
  readonly visible: VisibleAfter;
}

/** The server's histogram of how old the oldest item of each load was when it could be queried: loads by upper bound in seconds. */
interface VisibleAfter {
  readonly buckets: ReadonlyMap<number, number>;
}

const difference = (
  after: ReadonlyMap<number, number>,
  before: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> =>
  new Map([...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]));

async function readLoads(server: ServerProcess): Promise<Loads> {
  const text = await (await fetch(`${server.ui}/metrics`)).text();
  const read = (name: string): number =>
    Number(new RegExp(`^${name}\\{signal="traces"\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    segments: read('sightline_load_segments_total'),
    seconds: read('sightline_load_seconds_total'),
    visible: {
      buckets: new Map(
        Array.from(
          text.matchAll(/^sightline_visible_after_seconds_bucket\{signal="traces",le="([^"]+)"\} (\d+)$/gm),
          ([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), Number(count)],
        ),
      ),
    },
  };
}

interface Probes {
  /** How many were there when they were asked for, a second after they were acknowledged. */
  readonly inTime: number;
  /** How late the others were seen, in milliseconds since their acknowledgement. */
  readonly lateMs: readonly number[];
}

const probeEveryMs = 200;
const promiseMs = 1000;

/** Small traces among the load, each asked for a second after it was acknowledged: asking all the time would take a third of a core from what is measured. */
async function probe(server: ServerProcess, deadline: number): Promise<Probes> {
  const single = makeTemplate({ spans: 1, encoding: 'protobuf' });
  const lateMs: number[] = [];
  let inTime = 0;
  const one = async (): Promise<void> => {
    const { body, traceId } = single.next();
    const { status } = await post(`${server.otlpHttp}/v1/traces`, single.contentType, body);
    if (status !== 200) return;
    const acknowledged = performance.now();
    await delay(promiseMs);
    for (let first = true; ; first = false) {
      const asked = performance.now() - acknowledged;
      const response = await fetch(`${server.ui}/api/v1/traces/${traceId}`);
      await response.arrayBuffer();
      if (response.ok && first) inTime += 1;
      else if (response.ok) lateMs.push(asked);
      if (response.ok) return;
      if (asked > 60_000) throw new Error(`Trace ${traceId} was acknowledged and never seen.`);
      await delay(25);
    }
  };
  const probes: Promise<void>[] = [];
  for (; performance.now() < deadline; await delay(probeEveryMs)) probes.push(one());
  await Promise.all(probes);
  return { inTime, lateMs };
}

/** Milliseconds until everything acknowledged is stored. */
async function drain(server: ServerProcess): Promise<number> {
  const began = performance.now();
  for (;;) {
    const response = await fetch(`${server.ui}/api/v1/ledger`);
    const ledger = (await response.json()) as { rows: { pending: number }[] };
    if (ledger.rows.every(({ pending }) => pending === 0)) return performance.now() - began;
    await delay(20);
  }
}

function percentiles(samples: readonly number[]): string {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (part: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toFixed(0);
  return `${at(0.5)} / ${at(0.95)} / ${at(0.99)}`;
}

/** Seconds below which half and 95 of a hundred loads were, between the bounds of the histogram as if evenly spread. */
function visibleAfter({ buckets }: VisibleAfter): string {
  const counted = [...buckets].toSorted(([a], [b]) => a - b);
  const all = counted.at(-1)?.[1] ?? 0;
  const at = (part: number): string => {
    let below = { bound: 0, count: 0 };
    for (const [bound, count] of counted) {
      if (count >= part * all && count > below.count)
        return (
          1000 *
          (below.bound + ((bound - below.bound) * (part * all - below.count)) / (count - below.count))
        ).toFixed(0);
      below = { bound, count };
    }
    return '–';
  };
  return `${at(0.5)} / ${at(0.95)}`;
}

function seen({ inTime, lateMs }: Probes): string {
  const late = lateMs.length === 0 ? '' : `, the others by ${Math.max(...lateMs).toFixed(0)}`;
  return `${((100 * inTime) / (inTime + lateMs.length)).toFixed(0)} % of ${inTime + lateMs.length}${late}`;
}

function line(run: Run): string {
  return [
    `| ${run.name}, ${run.clients} client${run.clients === 1 ? '' : 's'}`,
    `${Math.round(run.spansPerS).toLocaleString('en')}`,
    run.megabytesPerS.toFixed(0),
    percentiles(run.acknowledgeMs),
    visibleAfter(run.visible),
    seen(run.probes),
    run.drainMs.toFixed(0),
    run.cpuUsPerSpan.toFixed(1),
    run.cores.toFixed(2),
    `${Math.round(run.spansPerLoad).toLocaleString('en')} / ${run.loadMs.toFixed(0)}`,
    `${(run.peakBytes / 2 ** 20).toFixed(0)}`,
    `${run.refused} |`,
  ].join(' | ');
}

/** In a server of its own: what is loaded leaves merges and runs to put together to whatever comes next. */
async function measure(template: BatchTemplate, clients: number, name: string): Promise<Run> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'sightline-bench-'));
  const server = await startServerProcess({
    dataDirectory,
    ...(values.main === undefined ? {} : { main: values.main }),
  });
  try {
    return await runOnce(server, template, clients, name);
  } finally {
    await server.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

console.log(
  `Hardware: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}; Node ${process.version}; load ${(loadavg()[0] ?? 0).toFixed(1)}; the load generator runs on the same machine. Batches of ${values.spans} spans, ${seconds} s each.\n`,
);
console.log(
  '| | spans/s | MB/s | acknowledged ms p50/p95/p99 | oldest of a load visible ms p50/p95 | visible within 1,000 ms | drained ms | CPU µs/span | cores | spans / ms a load | peak MiB | refused |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const encoding of values.encodings.split(','))
  for (const callEvery of values['call-every'].split(',').map(Number)) {
    const template = makeTemplate({
      spans: Number(values.spans),
      encoding: encoding === 'json' ? 'json' : 'protobuf',
      callEvery,
    });
    const name = `${encoding}, ${template.bytesPerSpan.toFixed(0)} bytes, one call in ${callEvery}`;
    for (const clients of values.clients.split(',').map(Number))
      console.log(line(await measure(template, clients, name)));
  }
closeConnections();
