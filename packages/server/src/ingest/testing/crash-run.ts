/**
 * A server under load is killed again and again at moments a seed decides, and started again. Meanwhile, as the seed
 * decides too, it is killed while it starts, traces are deleted, the retention changes, a second server tries to take the
 * directory, the clock jumps, and files of the journal are damaged; some kills are aimed at the moment when the engine notes the token of an insert, at a merge, at the rewriting of a part for a
 * deletion, and at a day that the retention drops. At the end every request that was acknowledged is in the
 * tables exactly once, or counted as damaged; and every other one is there exactly once or not at all.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@sightline/base';
import type { LedgerResponse, TelemetrySignal } from '@sightline/schema/api';
import { openStore } from '../../storage/open-store.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { fileFaults } from './file-faults.ts';
import { until } from './harness.ts';
import { markedRequest } from './payloads.ts';
import { seededRandom, type Random } from './random.ts';

/** What happens beside the load until the kill. */
export type Ordeal =
  | 'starting'
  | 'noting'
  | 'merging'
  | 'deleting'
  | 'retention'
  | 'second server'
  | 'clock'
  | 'faults';
export const ordeals: readonly Ordeal[] = [
  'starting',
  'noting',
  'merging',
  'deleting',
  'retention',
  'second server',
  'clock',
  'faults',
];

export interface CrashRunOptions {
  readonly seed: number;
  readonly kills: number;
  readonly dataDirectory: string;
  /** Most rounds have one of these, each as often as another, in an order of the seed. */
  readonly ordeals?: readonly Ordeal[];
  readonly onRound?: (text: string) => void;
}

interface Sent {
  readonly signal: TelemetrySignal;
  readonly mark: string;
  readonly items: number;
  /** Older than the short retention. */
  readonly isOld: boolean;
  acknowledged: boolean;
  /** `asked`: it may be there or not. `done`: it was there, and must not be any more. */
  deletion: 'none' | 'asked' | 'done';
}

export interface CrashRunResult {
  readonly acknowledged: number;
  readonly unanswered: number;
  readonly kills: number;
  readonly faults: number;
  /** Items that are missing from the tables and counted in the quarantine. */
  readonly damaged: number;
  readonly deleted: number;
  /** Kills that met what they were aimed at. */
  readonly aimed: Readonly<Record<Aim, number>>;
}

/** What the engine is in the middle of. */
type Aim = 'noting' | 'merging' | 'deleting' | 'retention';
/** The engine writes what a merge, a deletion or a dropped day leaves into a folder of such a name, and renames it at the end. */
const foldersOf: Readonly<Record<Aim, string>> = {
  // Written once for each part of an insert, right before the part is put under its name.
  noting: 'deduplication_log_',
  merging: 'tmp_merge_',
  deleting: 'tmp_mut_',
  retention: 'tmp_empty_',
};
const isAim = (ordeal: Ordeal | undefined): ordeal is Aim => ordeal !== undefined && ordeal in foldersOf;

const signals: readonly TelemetrySignal[] = ['traces', 'logs', 'metrics'];
const mainFile = join(import.meta.dirname, '../../main.ts');
const shortDays = 20;
const longDays = 30;
const oldMs = 25 * 86_400_000;
/** How long a kill waits for what it is aimed at. */
const aimMsMax = 30_000;

export async function crashRun(options: CrashRunOptions): Promise<CrashRunResult> {
  const run = new CrashRun(options);
  for (let kill = 0; kill < options.kills; kill += 1) await run.round();
  return run.finish();
}

class CrashRun {
  readonly #options: CrashRunOptions;
  readonly #random: Random;
  readonly #sent: Sent[] = [];
  #kills = 0;
  #faults = 0;
  /** Segments of which a file was damaged. */
  readonly #damaged = new Set<string>();
  readonly #aimed: Record<Aim, number> = { noting: 0, merging: 0, deleting: 0, retention: 0 };
  /** What the next rounds have. */
  #deck: (Ordeal | undefined)[] = [];

  constructor(options: CrashRunOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  async round(): Promise<void> {
    const { dataDirectory, onRound } = this.#options;
    const random = this.#random;
    const ordeal = this.#nextOrdeal();
    onRound?.(`Kill ${this.#kills + 1}: ${ordeal ?? 'load'}, ${this.#sent.length} requests sent.`);
    if (ordeal === 'starting') {
      const child = spawnServer(dataDirectory);
      await delay(random.int(3_000));
      await stop(child, 'SIGKILL');
    } else {
      const server = await start(dataDirectory, ordeal === 'clock' ? jumpingClock : []);
      const load = sendUntilDead(server, random, this.#sent);
      const beside = this.#beside(server, ordeal).catch((error: unknown) => {
        if (!isBroken(error)) throw error;
      });
      await this.#moment(ordeal);
      // The second needs some seconds to look at the directory.
      if (ordeal === 'second server') await Promise.race([beside, delay(15_000)]);
      await stop(server.child, 'SIGKILL');
      await Promise.all([load, beside]);
    }
    this.#kills += 1;
    if (ordeal === 'faults') await this.#damage();
    else if (random.int(3) === 0) await tearTail(dataDirectory, random);
  }

  #nextOrdeal(): Ordeal | undefined {
    if (this.#deck.length === 0) this.#deck = [...(this.#options.ordeals ?? []), undefined, undefined];
    const [ordeal] = this.#deck.splice(this.#random.int(this.#deck.length), 1);
    return ordeal;
  }

  /** Resolves when the server is to be killed. */
  async #moment(ordeal: Ordeal | undefined): Promise<void> {
    const random = this.#random;
    await delay(100 + random.int(2_500));
    if (!isAim(ordeal)) return;
    // Some are done before the one that the kill meets.
    if (ordeal === 'deleting') await this.#deletions(random.int(3));
    if (!(await appears(this.#options.dataDirectory, foldersOf[ordeal], aimMsMax))) return;
    this.#aimed[ordeal] += 1;
    if (ordeal !== 'noting') await delay(random.int(30));
  }

  async #deletions(more: number): Promise<void> {
    const done = (): number => this.#sent.filter(({ deletion }) => deletion === 'done').length;
    const wanted = done() + more;
    await until('deletions', () => done() >= wanted, aimMsMax).catch(() => undefined);
  }

  /** What goes on while the load does; ends when the connection breaks. */
  async #beside(server: Server, ordeal: Ordeal | undefined): Promise<void> {
    const random = this.#random;
    if (ordeal === 'second server') await this.#startSecond(server);
    while (ordeal === 'deleting') await this.#deleteOne(server);
    while (ordeal === 'retention') {
      const traces = random.pick([shortDays, longDays]);
      const days = { traces, logs: traces, metrics: traces };
      await fetch(`${server.ui}/api/v1/settings/retention`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ days, capBytes: null }),
      });
      await delay(100 + random.int(500));
    }
    if (ordeal === 'faults') {
      await delay(random.int(1_500));
      await this.#damage();
    }
  }

  /** It is refused while the first has the directory; where the first is killed before that, so is it. */
  async #startSecond(first: Server): Promise<void> {
    const second = spawnServer(this.#options.dataDirectory);
    let text = '';
    second.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = once(second, 'exit') as Promise<[number | null]>;
    const firstEnded = once(first.child, 'exit');
    await Promise.race([ended, firstEnded]);
    if (first.child.signalCode !== null) {
      await stop(second, 'SIGKILL');
      return;
    }
    const [code] = await ended;
    if (code === 0 || !text.includes('data_directory_locked'))
      throw new Error(`A second server ended with ${code}: ${text}`);
  }

  async #deleteOne({ ui }: Server): Promise<void> {
    await delay(20);
    const stored = this.#sent.filter(
      ({ signal, acknowledged, deletion }) => signal === 'traces' && acknowledged && deletion === 'none',
    );
    if (stored.length === 0) return;
    const request = this.#random.pick(stored);
    request.deletion = 'asked';
    const response = await fetch(`${ui}/api/v1/traces/${request.mark}`, { method: 'DELETE' });
    const answer = (await response.json()) as { spanCount?: number };
    if (response.status === 200 && answer.spanCount === request.items) request.deletion = 'done';
    // It was not stored yet, and nothing of it was deleted.
    else if (response.status === 404) request.deletion = 'none';
    else if (response.status !== 200 && response.status !== 503)
      throw new Error(`The deletion was answered with ${response.status}: ${JSON.stringify(answer)}`);
  }

  /**
   * One file of the journal, picked by the seed among those that are there. Of a segment and its log of commits only one: where both are gone, the loss is
   * named and nobody can count it.
   */
  async #damage(): Promise<void> {
    const random = this.#random;
    const folder = join(this.#options.dataDirectory, 'journal', random.pick(signals));
    const files = (await readdir(folder)).filter(
      (file) => /\.(?:seg|loading|commits)$/.test(file) && !this.#damaged.has(segmentOf(file)),
    );
    if (files.length === 0) return;
    const [name, fault] = random.pick(Object.entries(fileFaults));
    const file = random.pick(files);
    this.#damaged.add(segmentOf(file));
    this.#options.onRound?.(`  ${name} in ${file}`);
    // It may be gone by now, loaded.
    await fault(join(folder, file), random).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    });
    this.#faults += 1;
  }

  async finish(): Promise<CrashRunResult> {
    const { dataDirectory } = this.#options;
    const rows = await loadTheRest(dataDirectory);
    const stored = await readMarks(dataDirectory);
    const missing = checkItems(this.#sent, stored);
    checkLedger(rows, { sent: this.#sent, stored, missing, faults: this.#faults });
    const acknowledged = this.#sent.filter((request) => request.acknowledged).length;
    return {
      acknowledged,
      unanswered: this.#sent.length - acknowledged,
      kills: this.#kills,
      faults: this.#faults,
      damaged: [...missing.values()].reduce((sum, items) => sum + items, 0),
      deleted: this.#sent.filter(({ deletion }) => deletion === 'done').length,
      aimed: this.#aimed,
    };
  }
}

const segmentOf = (file: string): string => file.slice(0, file.lastIndexOf('.'));

/** Where the engine keeps the parts of its tables, one folder each. */
async function tableFolders(dataDirectory: string): Promise<readonly string[]> {
  const store = join(dataDirectory, 'telemetry', 'store');
  const prefixes = await readdir(store);
  const tables = await Promise.all(
    prefixes.map(async (prefix) =>
      (await readdir(join(store, prefix))).map((name) => join(store, prefix, name)),
    ),
  );
  return tables.flat();
}

/** Resolves at the moment when the engine begins or writes what has such a name in one of its tables, or with false. */
async function appears(dataDirectory: string, prefix: string, msMax: number): Promise<boolean> {
  const tables = await tableFolders(dataDirectory);
  const folders =
    prefix === foldersOf.noting ? tables.map((table) => join(table, 'deduplication_logs')) : tables;
  const watchers: FSWatcher[] = [];
  try {
    return await new Promise<boolean>((resolve) => {
      setTimeout(() => resolve(false), msMax).unref();
      for (const folder of folders.filter(existsSync))
        watchers.push(watch(folder, (_, name) => name?.startsWith(prefix) === true && resolve(true)));
    });
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}

/** The end of a server that was killed, as its clients see it. */
function isBroken(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof SyntaxError && error.message.includes('JSON'));
}

/** Steps of up to ten hours in either direction, a few in a second. */
const jumpingClock = [
  `--import=data:text/javascript,${encodeURIComponent(
    'const real=Date.now;let by=0;setInterval(()=>{by=Math.round((Math.random()-0.5)*72e6)},300).unref();Date.now=()=>real()+by;',
  )}`,
];

/** Starts once more, lets everything be loaded, and resolves with the ledger's rows. */
async function loadTheRest(dataDirectory: string): Promise<LedgerResponse['rows']> {
  const server = await start(dataDirectory);
  try {
    const isLoaded = async (): Promise<boolean> =>
      (await ledgerOf(server)).rows.every((row) => row.pending === 0);
    await until('the journal to be loaded', isLoaded, 60_000);
    return (await ledgerOf(server)).rows;
  } finally {
    await stop(server.child, 'SIGTERM');
  }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
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

function spawnServer(dataDirectory: string, flags: readonly string[] = []): ChildProcess {
  const main = process.env['SIGHTLINE_TEST_MAIN'] ?? mainFile;
  const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0'];
  const args = ['--conditions=source', ...flags, main, ...ports, '--data', dataDirectory];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function start(dataDirectory: string, flags: readonly string[] = []): Promise<Server> {
  const child = spawnServer(dataDirectory, flags);
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ready = /UI (?<ui>http:\S+)\s+OTLP\/HTTP (?<otlpHttp>http:\S+)/;
  await until('the server to be ready', () => ready.test(text) || child.exitCode !== null, 180_000).catch(
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
        isOld: random.int(8) === 0,
        acknowledged: false,
        deletion: 'none',
      };
      const ageMs = request.isOld ? oldMs : 0;
      const body = Uint8Array.from(markedRequest(signal, request.mark, request.items, ageMs));
      sent.push(request);
      try {
        const response = await fetch(`${server.otlpHttp}/v1/${signal}`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf' },
          body,
        });
        const { byteLength } = await response.arrayBuffer();
        // Anything in it is a partial success: refused, since the retention was short at that moment.
        if (response.status === 200) request.acknowledged = byteLength === 0;
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

/** By signal, acknowledged items that are not in the tables although nobody deleted them. Throws what is there in part or twice. */
function checkItems(sent: readonly Sent[], stored: Marks): ReadonlyMap<TelemetrySignal, number> {
  const problems: string[] = [];
  const missing = new Map<TelemetrySignal, number>();
  for (const request of sent) {
    const { signal, mark, items, acknowledged, deletion } = request;
    const found = stored.get(`${signal} ${mark}`) ?? { items: 0, distinct: 0 };
    const isWhole = found.items === items && found.distinct === items;
    if ((!isWhole && found.items !== 0) || (found.items !== 0 && deletion === 'done'))
      problems.push(
        `${signal} ${mark}: sent ${items}, ${acknowledged ? '' : 'not '}acknowledged, stored ${found.items}, deletion ${deletion}`,
      );
    else if (found.items === 0 && acknowledged && !mayBeGone(request))
      missing.set(signal, (missing.get(signal) ?? 0) + items);
  }
  if (problems.length > 0)
    throw new Error(`${problems.length} requests are not stored exactly once:\n${problems.join('\n')}`);
  return missing;
}

function mayBeGone({ isOld, deletion }: Sent): boolean {
  return isOld || deletion !== 'none';
}

interface Outcome {
  readonly sent: readonly Sent[];
  readonly stored: Marks;
  readonly missing: ReadonlyMap<TelemetrySignal, number>;
  readonly faults: number;
}

/** The books count what is in the tables and what was there before it was deleted; and whatever is missing is in the quarantine. */
function checkLedger(rows: LedgerResponse['rows'], { sent, stored, missing, faults }: Outcome): void {
  for (const signal of signals) {
    const row = rows.find((candidate) => candidate.signal === signal && candidate.project !== '_canary');
    const { stored: counted = 0, quarantined = 0, accepted = 0 } = row ?? {};
    let items = 0;
    let gone = 0;
    for (const [key, found] of stored) if (key.startsWith(`${signal} `)) items += found.items;
    for (const request of sent)
      if (request.signal === signal && mayBeGone(request) && !stored.has(`${signal} ${request.mark}`))
        gone += request.items;
    const lost = missing.get(signal) ?? 0;
    // What was damaged after it was stored, and before its segment was deleted, is both: then more are counted, never fewer.
    const isCounted = faults === 0 ? quarantined === 0 && lost === 0 : quarantined >= lost;
    const isStored = counted >= items - quarantined && counted <= items + gone;
    if (!isCounted || !isStored || accepted !== counted + quarantined)
      throw new Error(
        `The ledger says ${JSON.stringify(row)}. Of ${signal}, ${items} items are stored, up to ${gone} were deleted and ${lost} are missing.`,
      );
  }
}
