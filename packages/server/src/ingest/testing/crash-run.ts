/**
 * A server under load is killed again and again at moments a seed decides, and started again. At the end every request
 * that was acknowledged is in the tables exactly once, and every other one exactly once or not at all.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@sightline/base';
import type { LedgerResponse, TelemetrySignal } from '@sightline/schema/api';
import { openStore } from '../../storage/open-store.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { until } from './harness.ts';
import { markedRequest } from './payloads.ts';
import { seededRandom, type Random } from './random.ts';

export interface CrashRunOptions {
  readonly seed: number;
  readonly kills: number;
  readonly dataDirectory: string;
}

interface Sent {
  readonly signal: TelemetrySignal;
  readonly mark: string;
  readonly items: number;
  acknowledged: boolean;
}

export interface CrashRunResult {
  readonly acknowledged: number;
  readonly unanswered: number;
}

const signals: readonly TelemetrySignal[] = ['traces', 'logs', 'metrics'];
const mainFile = join(import.meta.dirname, '../../main.ts');

export async function crashRun(options: CrashRunOptions): Promise<CrashRunResult> {
  const random = seededRandom(options.seed);
  const sent: Sent[] = [];
  for (let kill = 0; kill < options.kills; kill += 1) {
    const server = await start(options.dataDirectory);
    const load = sendUntilDead(server, random, sent);
    await delay(100 + random.int(1_500));
    await stop(server, 'SIGKILL');
    await load;
    if (random.int(3) === 0) await tearTail(options.dataDirectory, random);
  }
  const rows = await loadTheRest(options.dataDirectory);
  const stored = await readMarks(options.dataDirectory);
  checkItems(sent, stored);
  checkLedger(rows, stored);
  const acknowledged = sent.filter((request) => request.acknowledged).length;
  return { acknowledged, unanswered: sent.length - acknowledged };
}

/** Starts once more, lets everything be loaded, and resolves with the ledger's rows. */
async function loadTheRest(dataDirectory: string): Promise<LedgerResponse['rows']> {
  const server = await start(dataDirectory);
  try {
    const isLoaded = async (): Promise<boolean> =>
      (await ledgerOf(server)).rows.every((row) => row.pending === 0);
    await until('the journal to be loaded', isLoaded, 60_000);
    return (await ledgerOf(server)).rows;
  } finally {
    await stop(server, 'SIGTERM');
  }
}

async function stop({ child }: Server, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

interface Server {
  readonly child: ChildProcess;
  readonly ui: string;
  readonly otlpHttp: string;
}

async function start(dataDirectory: string): Promise<Server> {
  const main = process.env['SIGHTLINE_TEST_MAIN'] ?? mainFile;
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];
  const child = spawn(process.execPath, ['--conditions=source', main, ...ports, '--data', dataDirectory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ready = /UI (?<ui>http:\S+)\s+OTLP\/HTTP (?<otlpHttp>http:\S+)/;
  await until('the server to be ready', () => ready.test(text) || child.exitCode !== null, 60_000).catch(
    () => undefined,
  );
  const { ui, otlpHttp } = ready.exec(text)?.groups ?? {};
  if (ui === undefined || otlpHttp === undefined) {
    child.kill('SIGKILL');
    throw new Error(`The server did not start. It printed:\n${text}`);
  }
  return { child, ui, otlpHttp };
}

/** Four senders, each with one request in flight, until the connection breaks. */
async function sendUntilDead(server: Server, random: Random, sent: Sent[]): Promise<void> {
  const sender = async (): Promise<void> => {
    for (;;) {
      const signal = random.pick(signals);
      const request: Sent = {
        signal,
        mark: random.bytes(16).toString('hex'),
        items: 1 + random.int(60),
        acknowledged: false,
      };
      const body = Uint8Array.from(markedRequest(signal, request.mark, request.items));
      sent.push(request);
      try {
        const response = await fetch(`${server.otlpHttp}/v1/${signal}`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf' },
          body,
        });
        await response.arrayBuffer();
        if (response.status === 200) request.acknowledged = true;
        else if (response.status !== 429) throw new Error(`Unexpected status ${response.status}.`);
      } catch (error) {
        if (error instanceof TypeError) return;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, sender));
}

/** What a power cut leaves: bytes of a record that was never whole, at the end of the newest segment. */
async function tearTail(dataDirectory: string, random: Random): Promise<void> {
  const folder = join(dataDirectory, 'journal', random.pick(signals));
  const newest = (await readdir(folder))
    .filter((file) => /\.(?:seg|loading)$/.test(file))
    .sort()
    .at(-1);
  if (newest?.endsWith('.seg') === true)
    await appendFile(join(folder, newest), random.bytes(1 + random.int(400)));
}

async function ledgerOf(server: Server): Promise<LedgerResponse> {
  return (await (await fetch(`${server.ui}/api/v1/ledger`)).json()) as LedgerResponse;
}

/** Items in the tables by signal and mark, and how many of them are different from each other. */
type Marks = ReadonlyMap<string, { readonly items: number; readonly distinct: number }>;

const markQueries: Record<TelemetrySignal, string> = {
  traces: `SELECT lower(hex(trace_id)) AS mark, count() AS items, uniqExact(span_id) AS distinct
    FROM spans WHERE project != '_canary' GROUP BY mark`,
  logs: `SELECT attributes['mark'] AS mark, count() AS items, uniqExact(body) AS distinct FROM logs GROUP BY mark`,
  metrics: `SELECT attributes['mark'] AS mark, count() AS items, uniqExact(value) AS distinct FROM metric_points
    WHERE name = 'crash.test' GROUP BY mark`,
};

async function readMarks(dataDirectory: string): Promise<Marks> {
  const store = await openStoreOf(dataDirectory);
  try {
    const marks = new Map<string, { items: number; distinct: number }>();
    for (const signal of signals) {
      const { rows } = await store.query<{ mark: string; items: string; distinct: string }>(
        { sql: markQueries[signal] },
        { resultRowsMax: 1_000_000, timeMsMax: 60_000 },
      );
      for (const { mark, items, distinct } of rows)
        marks.set(`${signal} ${mark}`, { items: Number(items), distinct: Number(distinct) });
    }
    return marks;
  } finally {
    await store.close();
  }
}

async function openStoreOf(dataDirectory: string): Promise<TelemetryStore> {
  return openStore({ kind: 'embedded', directory: join(dataDirectory, 'telemetry') }, systemClock());
}

function checkItems(sent: readonly Sent[], stored: Marks): void {
  const problems: string[] = [];
  for (const { signal, mark, items, acknowledged } of sent) {
    const found = stored.get(`${signal} ${mark}`) ?? { items: 0, distinct: 0 };
    const isWhole = found.items === items && found.distinct === items;
    if (!isWhole && (acknowledged || found.items !== 0))
      problems.push(
        `${signal} ${mark}: sent ${items}, ${acknowledged ? '' : 'not '}acknowledged, stored ${found.items}`,
      );
  }
  if (problems.length > 0)
    throw new Error(`${problems.length} requests are not stored exactly once:\n${problems.join('\n')}`);
}

function checkLedger(rows: LedgerResponse['rows'], stored: Marks): void {
  for (const signal of signals) {
    const row = rows.find((candidate) => candidate.signal === signal && candidate.project !== '_canary');
    let items = 0;
    for (const [key, found] of stored) if (key.startsWith(`${signal} `)) items += found.items;
    if ((row?.stored ?? 0) !== items || (row?.accepted ?? 0) !== items)
      throw new Error(`The ledger says ${JSON.stringify(row)}, and ${items} ${signal} items are stored.`);
  }
}
