/**
 * What a started server takes in, acknowledged and durable, while the engine loads at the same time; how soon it is stored
 * and seen; and what that costs. Senders are closed loops: each sends its next batch when the last was acknowledged, or at
 * the pace it is given, and waits as long as it is told to when it is refused.
 *
 * Run: npm run bench -- ingest, or node bench/ingest.bench.ts [--seconds 10] [--spans 1000] [--rate <spans/s>]
 * [--encodings protobuf,json] [--clients 1,4,16] [--call-every 1,10] [--main file]
 */
import { execFileSync } from 'node:child_process';
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
    /** All senders together; as fast as they can if not given. */
    rate: { type: 'string', default: 'Infinity' },
    encodings: { type: 'string', default: 'protobuf,json' },
    clients: { type: 'string', default: '1,4,16' },
    'call-every': { type: 'string', default: '1,10' },
    main: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const spansPerS = Number(values.rate);

interface Run {
  readonly acknowledged: number;
  readonly sentS: number;
  readonly refused: number;
  readonly acknowledgeMs: readonly number[];
  readonly visibleMs: readonly number[];
  readonly drainS: number;
  readonly cpuS: { readonly sending: number; readonly stored: number; readonly rested: number };
  readonly bytesOnDisk: { readonly stored: number; readonly rested: number };
  readonly peakBytes: number;
  readonly loads: Loads;
}

async function runOnce(
  server: ServerProcess,
  template: BatchTemplate,
  clients: number,
  dataDirectory: string,
): Promise<Run> {
  const began = performance.now();
  const deadline = began + seconds * 1000;
  const acknowledgeMs: number[] = [];
  let acknowledged = 0;
  let refused = 0;
  const sendEveryMs = (1000 * template.spans * clients) / spansPerS;
  const sender = async (_: unknown, at: number): Promise<void> => {
    const batches = template.sender();
    let dueMs = began + (at * sendEveryMs) / clients;
    for (; performance.now() < deadline; dueMs += sendEveryMs) {
      if (dueMs > performance.now()) await delay(dueMs - performance.now());
      const { body } = batches.next();
      const sentMs = performance.now();
      const { status, retryAfterS } = await post(`${server.otlpHttp}/v1/traces`, template.contentType, body);
      if (status === 200) {
        acknowledged += template.spans;
        acknowledgeMs.push(performance.now() - sentMs);
      } else if (retryAfterS > 0) {
        refused += 1;
        await delay(retryAfterS * 1000);
      } else throw new Error(`Unexpected status ${status}.`);
    }
  };
  const cpuBefore = server.cpuS();
  const before = await readLoads(server);
  const prober = probe(server, deadline);
  await Promise.all(Array.from({ length: clients }, sender));
  const sentS = (performance.now() - began) / 1000;
  const sending = server.cpuS() - cpuBefore;
  await drain(server);
  const drainS = (performance.now() - began) / 1000 - sentS;
  const stored = server.cpuS() - cpuBefore;
  const after = await readLoads(server);
  const bytesStored = bytesIn(dataDirectory);
  const visibleMs = await prober;
  await untilQuiet(server);
  return {
    acknowledged,
    sentS,
    refused,
    acknowledgeMs,
    visibleMs,
    drainS,
    cpuS: { sending, stored, rested: server.cpuS() - cpuBefore },
    bytesOnDisk: { stored: bytesStored, rested: bytesIn(dataDirectory) },
    peakBytes: server.memory().peakBytes,
    loads: { segments: after.segments - before.segments, seconds: after.seconds - before.seconds },
  };
}

interface Loads {
  readonly segments: number;
  readonly seconds: number;
}

async function readLoads(server: ServerProcess): Promise<Loads> {
  const text = await (await fetch(`${server.ui}/metrics`)).text();
  const read = (name: string): number =>
    Number(new RegExp(`^${name}\\{signal="traces"\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    segments: read('sightline_load_segments_total'),
    seconds: read('sightline_load_seconds_total'),
  };
}

const probeEveryMs = 1000;
const probeMsMax = 300_000;

/** Small traces among the load, in the order they were sent: milliseconds from the acknowledgement of each until it is seen. Whatever takes long is asked for seldom. */
async function probe(server: ServerProcess, deadline: number): Promise<readonly number[]> {
  const single = makeTemplate({ spans: 1, encoding: 'protobuf' });
  const one = async (): Promise<number | undefined> => {
    const { body, traceId } = single.sender().next();
    const { status } = await post(`${server.otlpHttp}/v1/traces`, single.contentType, body);
    if (status !== 200) return undefined;
    const acknowledged = performance.now();
    for (;;) {
      const askedMs = performance.now() - acknowledged;
      await delay(Math.max(50, askedMs / 6));
      const response = await fetch(`${server.ui}/api/v1/traces/${traceId}`);
      await response.arrayBuffer();
      const seenMs = performance.now() - acknowledged;
      if (response.ok) return seenMs;
      if (seenMs > probeMsMax) throw new Error(`Trace ${traceId} was acknowledged and never seen.`);
    }
  };
  const probes: Promise<number | undefined>[] = [];
  for (; performance.now() < deadline; await delay(probeEveryMs)) probes.push(one());
  return (await Promise.all(probes)).filter((ms) => ms !== undefined);
}

/** Waits until everything acknowledged is stored. */
async function drain(server: ServerProcess): Promise<void> {
  for (;;) {
    const response = await fetch(`${server.ui}/api/v1/ledger`);
    const ledger = (await response.json()) as { rows: { pending: number }[] };
    if (ledger.rows.every(({ pending }) => pending === 0)) return;
    await delay(20);
  }
}

/** Waits until merges and runs are done: until three seconds in a row used less than a quarter of a core. */
async function untilQuiet(server: ServerProcess): Promise<void> {
  for (let quiet = 0, before = server.cpuS(); quiet < 3; quiet += 1) {
    await delay(1000);
    const now = server.cpuS();
    if (now - before > 0.25) quiet = -1;
    before = now;
  }
}

function bytesIn(directory: string): number {
  return (
    Number(
      execFileSync('du', ['-sk', join(directory, 'telemetry')])
        .toString()
        .split('\t')[0],
    ) * 1024
  );
}

function percentiles(samples: readonly number[], unitMs = 1, digits = 0): string {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (part: number): string =>
    ((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN) / unitMs).toFixed(digits);
  return `${at(0.5)} / ${at(0.95)} / ${((sorted.at(-1) ?? NaN) / unitMs).toFixed(digits)}`;
}

function line(name: string, bytesAtRest: number, run: Run): string {
  const { acknowledged, cpuS, bytesOnDisk, loads, sentS, drainS } = run;
  const whole = (value: number): string => Math.round(value).toLocaleString('en');
  const each = (cpu: number): string => ((cpu * 1e6) / acknowledged).toFixed(1);
  const bytesEach = (bytes: number): string => ((bytes - bytesAtRest) / acknowledged).toFixed(0);
  return [
    `| ${name}`,
    whole(acknowledged / sentS),
    whole(acknowledged / (sentS + drainS)),
    percentiles(run.acknowledgeMs),
    `${percentiles(run.visibleMs, 1000, 1)} / ${((run.visibleMs.at(-1) ?? NaN) / 1000).toFixed(1)}`,
    `${each(cpuS.stored)} / ${each(cpuS.rested)}`,
    (cpuS.sending / sentS).toFixed(2),
    `${whole(acknowledged / loads.segments)} / ${whole((loads.seconds * 1000) / loads.segments)}`,
    `${bytesEach(bytesOnDisk.stored)} / ${bytesEach(bytesOnDisk.rested)}`,
    whole(run.peakBytes / 2 ** 20),
    `${run.refused} |`,
  ].join(' | ');
}

/** In a server of its own: what is loaded leaves merges and runs to put together to whatever comes next. */
async function measure(template: BatchTemplate, clients: number, name: string): Promise<string> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'sightline-bench-'));
  const server = await startServerProcess({
    dataDirectory,
    ...(values.main === undefined ? {} : { main: values.main }),
  });
  try {
    await untilQuiet(server);
    server.forgetPeak();
    return line(name, bytesIn(dataDirectory), await runOnce(server, template, clients, dataDirectory));
  } finally {
    await server.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  }
}

console.log(
  `Hardware: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}; Node ${process.version}; load ${(loadavg()[0] ?? 0).toFixed(1)}; the load generator runs on the same machine. Batches of ${values.spans} spans, ${seconds} s each.\n`,
);
console.log(
  '| | acknowledged spans/s | stored spans/s, backlog included | acknowledged ms p50 / p95 / max | visible s p50 / p95 / max / what came last | CPU µs a span: stored / at rest | cores while sending | spans / ms a load | bytes a span on disk: stored / at rest | peak MiB | refused |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const encoding of values.encodings.split(','))
  for (const callEvery of values['call-every'].split(',').map(Number)) {
    const template = makeTemplate({
      spans: Number(values.spans),
      encoding: encoding === 'json' ? 'json' : 'protobuf',
      callEvery,
    });
    const kind = `${encoding}, ${template.bytesPerSpan.toFixed(0)} bytes, one call in ${callEvery}`;
    for (const clients of values.clients.split(',').map(Number))
      console.log(await measure(template, clients, `${kind}, ${clients} client${clients === 1 ? '' : 's'}`));
  }
closeConnections();
