/**
 * What a started server takes in, acknowledged and durable, while the engine loads at the same time; how long until it
 * is visible through the API; and what that costs. Senders are closed loops: each sends its next batch when the last was
 * acknowledged, and waits as long as it is told to when it is refused.
 *
 * Run: npm run bench -- ingest, or node bench/ingest.bench.ts [--seconds 10] [--spans 1000] [--encodings protobuf,json] [--clients 1,4,16] [--call-every 1,10] [--main file]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
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
  readonly visibleMs: readonly number[];
  readonly drainMs: number;
  readonly cpuUsPerSpan: number;
  readonly cores: number;
  readonly peakBytes: number;
  /** Of the loads into the engine. */
  readonly spansPerLoad: number;
  readonly loadMs: number;
}

const agent = new Agent({ keepAlive: true });

async function post(
  url: string,
  contentType: string,
  body: Buffer,
): Promise<{ status: number; retryAfterS: number }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, 'content-length': body.length };
    const outgoing = httpRequest(`${url}/v1/traces`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfterS: Number(response.headers['retry-after'] ?? 0),
        }),
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

async function runOnce(
  server: ServerProcess,
  template: BatchTemplate,
  clients: number,
  name: string,
): Promise<Run> {
  const deadline = performance.now() + seconds * 1000;
  const acknowledgeMs: number[] = [];
  const visibleMs: number[] = [];
  let acknowledged = 0;
  let refused = 0;
  const sender = async (): Promise<void> => {
    while (performance.now() < deadline) {
      const { body } = template.next();
      const began = performance.now();
      const { status, retryAfterS } = await post(server.otlpHttp, template.contentType, body);
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
  const prober = probe(server, deadline, visibleMs);
  await Promise.all(Array.from({ length: clients }, sender));
  const elapsedS = (performance.now() - began) / 1000;
  await prober;
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
    visibleMs,
    drainMs,
    cpuUsPerSpan: (cpuS * 1e6) / acknowledged,
    cores: cpuS / ((performance.now() - began) / 1000),
    peakBytes: server.memory().peakBytes,
    spansPerLoad: acknowledged / segments,
    loadMs: ((loads.seconds - loadsBefore.seconds) * 1000) / segments,
  };
}

async function readLoads(server: ServerProcess): Promise<{ segments: number; seconds: number }> {
  const text = await (await fetch(`${server.ui}/metrics`)).text();
  const read = (name: string): number =>
    Number(new RegExp(`^${name}\\{signal="traces"\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    segments: read('sightline_load_segments_total'),
    seconds: read('sightline_load_seconds_total'),
  };
}

/** One small trace after the other among the load: from its acknowledgement until the API shows it. */
async function probe(server: ServerProcess, deadline: number, visibleMs: number[]): Promise<void> {
  const single = makeTemplate({ spans: 1, encoding: 'protobuf' });
  while (performance.now() < deadline) {
    const { body, traceId } = single.next();
    const { status } = await post(server.otlpHttp, single.contentType, body);
    const acknowledged = performance.now();
    while (status === 200) {
      const response = await fetch(`${server.ui}/api/v1/traces/${traceId}`);
      await response.arrayBuffer();
      if (response.ok) break;
      if (performance.now() - acknowledged > 60_000)
        throw new Error(`Trace ${traceId} was acknowledged and never seen.`);
      // Asking more often would take a core from what is measured.
      await delay(50);
    }
    if (status === 200) visibleMs.push(performance.now() - acknowledged);
    await delay(50);
  }
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

function line(run: Run): string {
  return [
    `| ${run.name}, ${run.clients} client${run.clients === 1 ? '' : 's'}`,
    `${Math.round(run.spansPerS).toLocaleString('en')}`,
    run.megabytesPerS.toFixed(0),
    percentiles(run.acknowledgeMs),
    percentiles(run.visibleMs),
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
  '| | spans/s | MB/s | acknowledged ms p50/p95/p99 | visible ms p50/p95/p99 | drained ms | CPU µs/span | cores | spans / ms a load | peak MiB | refused |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
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
agent.destroy();
