/**
 * The same bytes into each trace store, the same questions, and a kill: Sightline beside Jaeger v2, VictoriaTraces and Tempo, one after the other, each as a process of its own.
 *
 *     SIGHTLINE_PEER_JAEGER=/path/to/jaeger SIGHTLINE_PEER_VICTORIA=… SIGHTLINE_PEER_TEMPO=… npm run bench -- peers
 *     node bench/peers.bench.ts [--seconds 15] [--asked 20] [--clients 4] [--spans 1000] [--only Sightline]
 *
 * A peer whose binary is not named is left out, and said so. Of each batch that was acknowledged one trace is remembered; some of them, evenly over the time, are asked for: at
 * rest, and again after the process was killed in the middle of a second load and has started again.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Peer, peers, type Running } from './peers.ts';
import { closeConnections, post } from './post.ts';
import { watchProcess, type WatchedProcess } from './server-process.ts';
import { type BatchTemplate, makeTemplate } from './span-batches.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    asked: { type: 'string', default: '20' },
    clients: { type: 'string', default: '4' },
    spans: { type: 'string', default: '1000' },
    only: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const clients = Number(values.clients);
const sampleSize = 100;
const startMsMax = 120_000;
const findMsMax = 60_000;
const restMsMax = 300_000;

interface Started extends WatchedProcess {
  readonly running: Running;
  stop(signal: NodeJS.Signals): Promise<void>;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map(async (server) => once(server.close(), 'close')));
  return ports;
}

async function start(peer: Peer, binary: string, directory: string): Promise<Started> {
  const running = peer.start({ binary, directory, ports: await freePorts(peer.portCount) });
  for (const [name, text] of Object.entries(running.files ?? {})) writeFileSync(join(directory, name), text);
  const child = spawn(binary, running.args, {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '32' },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  const closed = once(child, 'exit');
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const deadline = performance.now() + startMsMax;
  while (!(await isReady(running.ready))) {
    if (isOver() || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${peer.name} did not become ready. It said: ${said}`);
    }
    await delay(50);
  }
  return {
    ...watchProcess(child.pid ?? 0),
    running,
    stop: async (signal) => {
      if (!isOver()) child.kill(signal);
      await closed;
    },
  };
}

const isReady = async (url: string): Promise<boolean> => {
  const response = await fetch(url).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.ok === true;
};

interface Sent {
  readonly spans: number;
  readonly seconds: number;
  /** One trace of each acknowledged batch, in the order of acknowledgement. */
  readonly traceIds: readonly string[];
}

/** Closed loops, until the time is over or the process is gone. */
async function send(server: Started, template: BatchTemplate, isOver: () => boolean): Promise<Sent> {
  const began = performance.now();
  const traceIds: string[] = [];
  const sender = async (): Promise<void> => {
    const batches = template.sender();
    while (!isOver()) {
      const { body, traceId } = batches.next();
      const answer = await post(server.running.traces, template.contentType, body).catch(() => undefined);
      if (answer === undefined) return;
      if (answer.status === 200) traceIds.push(traceId);
      else await delay(Math.max(answer.retryAfterS * 1000, 100));
    }
  };
  await Promise.all(Array.from({ length: clients }, sender));
  return { spans: traceIds.length * template.spans, seconds: (performance.now() - began) / 1000, traceIds };
}

/** Until three seconds in a row used less than a quarter of a core each; what still works after `restMsMax` counts as at rest. */
async function untilQuiet(server: Started): Promise<void> {
  const deadline = performance.now() + restMsMax;
  for (let quiet = 0, before = server.cpuS(); quiet < 3 && performance.now() < deadline; quiet += 1) {
    await delay(1000);
    const now = server.cpuS();
    if (now - before > 0.25) quiet = -1;
    before = now;
  }
}

async function ask(peer: Peer, { running }: Started, path: string): Promise<number> {
  const response = await fetch(running.asks + path, { headers: { accept: 'application/json' } });
  const text = await response.text();
  return response.ok ? peer.found(JSON.parse(text)) : 0;
}

/** How many of some of these traces are found, once no more of them turn up. */
async function countFound(
  peer: Peer,
  server: Started,
  traceIds: readonly string[],
): Promise<{ readonly found: number; readonly asked: number }> {
  const step = Math.max(1, traceIds.length / sampleSize);
  const asked = Array.from(
    { length: Math.min(sampleSize, traceIds.length) },
    (_, at) => traceIds[Math.floor(at * step)] as string,
  );
  let missing = asked;
  for (const deadline = performance.now() + findMsMax; missing.length > 0; await delay(2_000)) {
    const still: string[] = [];
    for (const id of missing)
      if ((await ask(peer, server, questionsNow(peer).trace(id))) === 0) still.push(id);
    missing = still;
    if (performance.now() > deadline) break;
  }
  return { found: asked.length - missing.length, asked: asked.length };
}

const questionsNow = (peer: Peer) => {
  const now = Date.now();
  return peer.questions({ from: new Date(now - 3_600_000), to: new Date(now + 60_000) });
};

async function askAll(peer: Peer, server: Started, traceId: string): Promise<readonly string[]> {
  const { trace, service, attribute, errors, slow } = questionsNow(peer);
  const cells: string[] = [];
  for (const path of [trace(traceId), service, attribute, errors, slow]) {
    const found = await ask(peer, server, path);
    const times: number[] = [];
    for (let run = 0; run < Number(values.asked); run += 1) {
      const began = performance.now();
      await ask(peer, server, path);
      times.push(performance.now() - began);
    }
    const median = times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN;
    cells.push(found === 0 ? `${median.toFixed(0)} (nothing)` : median.toFixed(0));
  }
  return cells;
}

const bytesIn = (directory: string): number =>
  Number(execFileSync('du', ['-sk', directory]).toString().split('\t')[0]) * 1024;

async function measure(peer: Peer, binary: string, template: BatchTemplate): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'sightline-peer-'));
  let server = await start(peer, binary, directory);
  try {
    await untilQuiet(server);
    server.forgetPeak();
    const [bytesBefore, cpuBefore] = [bytesIn(directory), server.cpuS()];
    const deadline = performance.now() + seconds * 1000;
    const sent = await send(server, template, () => performance.now() > deadline);
    const cpuSent = server.cpuS();
    await untilQuiet(server);
    const each = (cpuS: number): string => (((cpuS - cpuBefore) * 1e6) / sent.spans).toFixed(1);
    const cpu = `${each(cpuSent)} / ${each(server.cpuS())}`;
    const bytes = ((bytesIn(directory) - bytesBefore) / sent.spans).toFixed(0);
    const peak = (server.memory().peakBytes / 2 ** 20).toFixed(0);
    const kept = await countFound(peer, server, sent.traceIds);
    const times = await askAll(peer, server, sent.traceIds.at(-1) ?? '');
    let isKilled = false;
    const again = send(server, template, () => isKilled);
    await delay(seconds * 1000);
    await server.stop('SIGKILL');
    isKilled = true;
    const acknowledged = await again;
    server = await start(peer, binary, directory);
    await untilQuiet(server);
    const left = await countFound(peer, server, acknowledged.traceIds);
    const rate = Math.round(sent.spans / sent.seconds).toLocaleString('en');
    const share = ({ found, asked }: typeof left): string => `${found} of ${asked}`;
    return `| ${[peer.name, rate, cpu, bytes, peak, share(kept), ...times, share(left)].join(' | ')} |`;
  } finally {
    await server.stop('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

const template = makeTemplate({ spans: Number(values.spans), encoding: 'protobuf', callEvery: 10 });
console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? ''}, load ${(loadavg()[0] ?? 0).toFixed(1)}; ${template.bytesPerSpan.toFixed(0)}-byte spans, ${values.spans} a batch, ${clients} clients on the same cores, ${seconds} s; p50 of ${values.asked} requests.\n`,
);
console.log(
  '| | acknowledged spans/s | CPU µs a span, sending / at rest | bytes a span | peak MiB | found at rest | trace by id, ms | newest of a service | by attribute | errors | slow ones | found after a kill |',
);
console.log(`|${' --- |'.repeat(12)}`);
const notes: string[] = [];
for (const peer of peers) {
  if (values.only !== undefined && values.only !== peer.name) continue;
  const binary = process.env[peer.variable] ?? peer.binary;
  if (binary === undefined) notes.push(`${peer.name}: left out, since ${peer.variable} names no binary.`);
  else if (!existsSync(binary))
    notes.push(`${peer.name}: left out, since there is no file ${binary} (${peer.variable}).`);
  else {
    try {
      console.log(await measure(peer, binary, template));
      if (peer.note !== undefined) notes.push(`${peer.name}: ${peer.note}.`);
    } catch (error) {
      notes.push(`${peer.name}: failed. ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
}
console.log(`\n${notes.join('\n')}`);
closeConnections();
