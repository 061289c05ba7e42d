/**
 * Puts the server together: data directory → control plane and telemetry store → ingest → receivers, API and UI. Reads
 * neither arguments nor environment nor clock; `main.ts` does, and tests bring their own.
 */
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { openCatalog, type Catalog } from './catalog/catalog.ts';
import { readRetention, writeRetention } from './catalog/retention-settings.ts';
import { openDataDirectory } from './config/data-directory.ts';
import type { ServerOptions } from './config/options.ts';
import { startEvaluationRunner } from './evaluation/evaluation-runner.ts';
import { apiRoutes } from './http/api/index.ts';
import { buildApp } from './http/app.ts';
import { createProjectResolver, isLoopback } from './http/project-resolver.ts';
import { queueMetrics } from './http/queue-metrics.ts';
import { traceRedirect } from './http/trace-redirect.ts';
import { openIngest, startOtlpGrpc, startOtlpHttp } from './ingest/index.ts';
import { isTraceVisible, readStoredTotals } from './query/read-stored-totals.ts';
import { HistoryJobs } from './pricing/history-jobs.ts';
import { PriceKeeper } from './pricing/price-keeper.ts';
import { keepRetention } from './retention-keeper.ts';
import { RunKeeper } from './runs/run-keeper.ts';
import { WaitingCallers } from './waiting-callers.ts';
import { describeServer } from './server-status.ts';
import { decorateStore } from './storage/decorate-store.ts';
import { openStore } from './storage/open-store.ts';
import type { RetentionPolicy, TelemetryStore } from './storage/telemetry-store.ts';

export interface ServerSurroundings {
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly pid: number;
  /** Of Node's pool. */
  readonly threads: number;
  /** A variable of the environment: evaluators name those that hold the keys of their models. */
  readonly readVariable: (name: string) => string | undefined;
  /** The built web UI. */
  readonly webDirectory: string;
}

export interface ServerUrls {
  readonly ui: string;
  readonly otlpHttp: string;
  /** `host:port`, as gRPC exporters take it. */
  readonly otlpGrpc: string;
}

export interface RunningServer {
  readonly urls: ServerUrls;
  /** Stops receiving, waits for what is under way, and lets go of everything. What is journalled stays for the next start. */
  close(): Promise<void>;
}

/**
 * Starts everything; resolves when requests are answered. What was opened is closed again when a later step fails.
 * @throws SightlineError `port_taken`, `data_directory_locked`, `data_directory_unwritable`, `data_from_newer_version`,
 * `store_unavailable`.
 */
export async function startServer(
  options: ServerOptions,
  surroundings: ServerSurroundings,
): Promise<RunningServer> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const urls = await start(options, surroundings, (closer) => closers.push(closer));
    return { urls, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  options: ServerOptions,
  { clock, log, version, pid, threads, readVariable, webDirectory }: ServerSurroundings,
  onClose: (closer: () => unknown) => void,
): Promise<ServerUrls> {
  const { host } = options;
  const startedAt = clock.now();
  const directory = openDataDirectory(options.dataDirectory, pid);
  onClose(() => directory.release());

  const [catalog, opened] = await openTwins(options, directory.path, { clock, threads }, onClose);
  const callers = new WaitingCallers();
  const runs = new RunKeeper({ store: opened, log, isAwaited: () => callers.areThere });
  onClose(async () => runs.stop());
  // What the first look at prices changes would be put together twice.
  let isPriced = false;
  const store = withRuns(opened, runs, () => {
    if (isPriced) runs.changed();
  });
  const retention = keepRetention({
    store,
    log,
    policy: (await readRetention(catalog)) ?? {
      days: options.retentionDays,
      capBytes: options.diskCapBytes,
    },
  });
  onClose(() => retention.stop());

  const prices = await PriceKeeper.open({ store, catalog, log });
  onClose(() => prices.stop());
  void prices.firstLook().then(() => {
    isPriced = true;
    runs.changed();
  });

  const { canaryIntervalMs } = options;
  const ingest = await openIngest({
    dataDirectory: directory.path,
    store: withPrices(callers.count(store), prices),
    clock,
    log,
    readStoredTotals: async () => readStoredTotals(store),
    retentionDays: () => retention.policy.days,
    limits: { requestBytesMax: options.requestBytesMax, journalBytesMax: options.journalBytesMax },
    ...(canaryIntervalMs === undefined
      ? {}
      : {
          canaryIntervalMs,
          isTraceVisible: async (project, traceId) => isTraceVisible(store, project, traceId),
        }),
  });
  onClose(async () => ingest.close());

  const history = new HistoryJobs({
    store,
    prices,
    log,
    whileLoadsWait: async (task) => ingest.whileLoadsWait(task),
  });
  onClose(async () => history.stop());

  const { evaluationQuietMs } = options;
  const evaluation = startEvaluationRunner({
    store,
    catalog,
    clock,
    log,
    owner: `${hostname()}:${directory.path}`,
    readVariable,
    pricesOf: async (project) => prices.bookOf(project),
    quietMs: evaluationQuietMs,
  });
  onClose(async () => evaluation.stop());

  if (!isLoopback(host) && options.apiKey === undefined)
    log.warn(
      { host },
      'Listening beyond loopback without a key: requests are refused until one is set, see docs/configuration.md.',
    );
  const resolveProject = createProjectResolver({ catalog, clock, host, apiKey: options.apiKey });
  let state: 'ready' | 'stopping' = 'ready';
  const urls = { ui: '', otlpHttp: '', otlpGrpc: '' };
  const status = async () =>
    describeServer({
      version,
      options,
      dataDirectory: directory.path,
      catalog,
      store,
      ingest,
      retention,
      startedAt,
      now: clock.now(),
      endpoints: urls,
      isStopping: state === 'stopping',
    });
  const changeRetention = async (policy: RetentionPolicy): Promise<void> => {
    await writeRetention(catalog, policy);
    await retention.change(policy);
  };
  const app = await buildApp({
    log,
    ingest,
    resolveProject,
    webDirectory,
    state: () => state,
    metrics: () => [...ingest.metrics(), ...retention.metrics(), ...queueMetrics(store.queue())],
    mountApi: async (server) => {
      await server.register(apiRoutes, {
        prefix: '/api/v1',
        store: callers.count(store),
        clock,
        resolveProject,
        catalog,
        status,
        evaluation,
        prices,
        history,
        whileLoadsWait: async (task) => ingest.whileLoadsWait(task),
        ledger: () => ingest.ledger(),
        resendQuarantine: async (after) => ingest.resendQuarantine(after),
        retention: { read: () => retention.policy, change: changeRetention },
      });
      await server.register(traceRedirect, { store, clock, resolveProject, webDirectory });
    },
  });
  const otlpHttp = await startOtlpHttp({ host, port: options.otlpHttpPort, ingest, resolveProject });
  onClose(async () => otlpHttp.close());
  const otlpGrpc = await startOtlpGrpc({ host, port: options.otlpGrpcPort, ingest, resolveProject });
  onClose(async () => otlpGrpc.close());
  const port = await listen(app, host, options.port);
  onClose(async () => app.close());
  onClose(() => (state = 'stopping'));
  const name = visibleHost(host);
  urls.ui = `http://${name}:${port}`;
  urls.otlpHttp = `http://${name}:${otlpHttp.port}`;
  urls.otlpGrpc = `${name}:${otlpGrpc.port}`;
  return urls;
}

/** Tells the keeper of runs of all that may have changed them. */
function withRuns(store: TelemetryStore, runs: RunKeeper, changed: () => void): TelemetryStore {
  const thenRuns = async <Result>(done: Promise<Result>): Promise<Result> => done.finally(changed);
  return decorateStore(store, {
    migrate: 'unchanged',
    load: async (segment) =>
      segment.signal === 'traces' ? thenRuns(store.load(segment)) : store.load(segment),
    planLoad: 'unchanged',
    putPrices: 'unchanged',
    priceSpans: async (spans) => thenRuns(store.priceSpans(spans)),
    rederiveDay: async (day) => thenRuns(store.rederiveDay(day)),
    settledMs: 'unchanged',
    deriveRuns: 'unchanged',
    forgetRunSums: 'unchanged',
    recordRunsProgress: 'unchanged',
    deleteTrace: async (trace) => runs.between(async () => store.deleteTrace(trace)),
    putScores: 'unchanged',
    query: 'unchanged',
    queryBinary: 'unchanged',
    queryUntrusted: 'unchanged',
    queue: 'unchanged',
    usage: 'unchanged',
    enforceRetention: 'unchanged',
    close: 'unchanged',
  });
}

/** For ingest: tells the keeper of prices of every load that may hold calls of models. */
function withPrices(
  store: TelemetryStore,
  prices: PriceKeeper,
): Pick<TelemetryStore, 'engine' | 'load' | 'planLoad'> {
  return {
    engine: store.engine,
    planLoad: (segment) => store.planLoad(segment),
    load: async (segment) => {
      const beganMs = performance.now();
      const loaded = await store.load(segment);
      if (segment.signal === 'traces') prices.loaded(performance.now() - beganMs);
      return loaded;
    },
  };
}

/** Loads that are planned: the next of each signal, and two that are under way. */
const planners = 5;
/** Each of them holds a thread, beside those of seventeen other sessions, of the journal and of what writes the rows. */
const threadsToPlan = 28;

/** Both databases open side by side: together they are most of the time to ready. */
async function openTwins(
  options: ServerOptions,
  dataDirectory: string,
  { clock, threads }: Pick<ServerSurroundings, 'clock' | 'threads'>,
  onClose: (closer: () => unknown) => void,
): Promise<[Catalog, TelemetryStore]> {
  const { clickhouse, postgresUrl } = options;
  const telemetry = join(dataDirectory, 'telemetry');
  if (clickhouse === undefined) mkdirSync(telemetry, { recursive: true });
  const opened = await Promise.allSettled([
    openCatalog(postgresUrl === undefined ? { directory: join(dataDirectory, 'control') } : { postgresUrl }),
    openStore(
      clickhouse === undefined
        ? { kind: 'embedded', directory: telemetry, planners: threads < threadsToPlan ? 0 : planners }
        : {
            kind: 'clickhouse',
            urls: clickhouse.urls,
            ...(clickhouse.cluster === undefined ? {} : { cluster: clickhouse.cluster }),
          },
      clock,
    ),
  ]);
  const [catalog, store] = opened;
  if (catalog.status === 'fulfilled') onClose(async () => catalog.value.close());
  if (store.status === 'fulfilled') onClose(async () => store.value.close());
  if (catalog.status === 'rejected') throw catalog.reason;
  if (store.status === 'rejected') throw store.reason;
  return [catalog.value, store.value];
}

async function listen(
  app: Awaited<ReturnType<typeof buildApp>>,
  host: string,
  port: number,
): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new SightlineError(
      'port_taken',
      `Cannot listen for the UI on ${host}:${port}: the port is in use by another program.`,
      {
        hint: 'Stop that program, or choose another port with --port (0 picks a free one).',
        cause: error,
      },
    );
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** What a person types: a wildcard address is reached by loopback, and IPv6 needs brackets. */
function visibleHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
