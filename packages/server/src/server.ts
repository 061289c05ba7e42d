/**
 * Puts the server together: data directory → control plane and telemetry store → ingest → receivers, API and UI. Reads
 * neither arguments nor environment nor clock; `main.ts` does, and tests bring their own.
 */
import { existsSync, mkdirSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Clock, msFromNanos } from '@sightline/base';
import type { LedgerResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { listProjects } from './catalog/deploys.ts';
import { CheckKeeper } from './checks/check-keeper.ts';
import { DeployKeeper } from './regressions/deploy-keeper.ts';
import { logChannelId } from './alerts/find-routes.ts';
import { AlertKeeper } from './alerts/alert-keeper.ts';
import { openChannel } from './alerts/channels/open-channel.ts';
import { recordedSamples } from './alerts/recorded-samples.ts';
import { SloKeeper } from './alerts/slos/slo-keeper.ts';
import { openCatalog, type Catalog } from './catalog/catalog.ts';
import { findChannel } from './catalog/channels.ts';
import { knownFile, KnownRules } from './catalog/known-rules.ts';
import { readRetention, writeRetention } from './catalog/retention-settings.ts';
import { LeaseKeeper } from './catalog/lease.ts';
import { tellOnce } from './catalog/tell-once.ts';
import { standbyCatalog } from './catalog/standby-catalog.ts';
import { openDataDirectory } from './config/data-directory.ts';
import type { ServerOptions } from './config/options.ts';
import { DamageKeeper } from './damage-keeper.ts';
import { startEvaluationRunner } from './evaluation/evaluation-runner.ts';
import { ExperimentRunner } from './experiments/experiment-runner.ts';
import { isLoopback } from './guard/host-name.ts';
import { makeDemoDocuments, removeDemoDocuments } from './demo/demo-documents.ts';
import { DemoJobs } from './demo/demo-jobs.ts';
import { createRequestGuard } from './guard/request-guard.ts';
import { readDecisions } from './http/api/errors-routes.ts';
import { apiRoutes } from './http/api/index.ts';
import { buildApp } from './http/app.ts';
import type { ClientPackages } from './http/client-packages.ts';
import { createKeyRing } from './http/key-ring.ts';
import { createProjectResolver } from './http/project-resolver.ts';
import { alertmanagerRoutes } from './http/alertmanager/alertmanager-routes.ts';
import { prometheusRoutes } from './http/prometheus/prometheus-routes.ts';
import { statusPageRoutes } from './http/status-page.ts';
import { queueMetrics } from './http/queue-metrics.ts';
import { traceRedirect } from './http/trace-redirect.ts';
import { ForwardKeeper } from './forwarding/forward-keeper.ts';
import { openIngest, startOtlpGrpc, startOtlpHttp } from './ingest/index.ts';
import { isTraceVisible, readStoredTotals } from './query/read-stored-totals.ts';
import { beyondMachines } from './outbound/reach.ts';
import { HistoryJobs } from './pricing/history-jobs.ts';
import { PriceKeeper } from './pricing/price-keeper.ts';
import { Readiness } from './readiness.ts';
import { readUsages } from './query/replay/read-usages.ts';
import { ReplayKeeper } from './replay/replay-keeper.ts';
import { ReportKeeper } from './reports/report-keeper.ts';
import { readinessChecks } from './readiness-checks.ts';
import { keepRetention } from './retention-keeper.ts';
import { publicReach } from './outbound/reach.ts';
import { EdgeKeeper } from './runs/edge-keeper.ts';
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
  /** Connections that each port takes. */
  readonly connectionsMax: number;
  /** A variable of the environment: evaluators name those that hold the keys of their models. */
  readonly readVariable: (name: string) => string | undefined;
  /** The built web UI. */
  readonly webDirectory: string;
  /** Packed SDK and command line, which the server gives out. */
  readonly clientPackages: ClientPackages;
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
 * `data_from_older_version`, `store_unavailable`, `store_damaged`, `control_plane_unavailable`.
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
  {
    clock,
    log: givenLog,
    version,
    pid,
    connectionsMax,
    readVariable,
    webDirectory,
    clientPackages,
  }: ServerSurroundings,
  onClose: (closer: () => unknown) => void,
): Promise<ServerUrls> {
  const { host } = options;
  const log = tellOnce(givenLog, () => clock.monotonicMs());
  const startedAt = clock.now();
  const directory = openDataDirectory(options.dataDirectory, pid);
  onClose(() => directory.release());

  const known = new KnownRules(directory.path);
  // Set as soon as there is something to tell; a control plane that was away may come back before.
  let catalogIsBack = (_catalog: Catalog): void => {};
  const [catalog, opened] = await openDatabases(
    options,
    directory.path,
    { clock, known, log, onCatalog: (back) => catalogIsBack(back) },
    onClose,
  );
  await known.follow(catalog, opened.engine.kind);
  onClose(async () => known.stop());
  const damage = new DamageKeeper({ store: opened, log });
  await damage.start();
  onClose(async () => damage.stop());
  const callers = new WaitingCallers();
  const watched = damage.watched(opened);
  // What the first look at prices changes would be settled twice.
  const priced = Promise.withResolvers<void>();
  // Nobody else has the embedded store open.
  const lease =
    opened.engine.kind === 'embedded'
      ? undefined
      : new LeaseKeeper({ catalog, clock, name: 'settle', holder: `${hostname()}:${directory.path}` });
  const runs = new RunKeeper({
    store: watched,
    log,
    isAwaited: () => callers.areThere,
    after: priced.promise,
    lease,
  });
  onClose(async () => runs.stop());
  const edges = new EdgeKeeper({ store: watched, log, after: priced.promise, lease });
  onClose(async () => edges.stop());
  const store = withEdges(withRuns(watched, runs), edges);
  const setRetention = await readRetention(catalog).then(
    (policy) => policy ?? null,
    () => known.retention,
  );
  const retentionOfOptions = { days: options.retentionDays, capBytes: options.diskCapBytes };
  const retention = keepRetention({
    store,
    log,
    policy: setRetention ?? retentionOfOptions,
    isCertain: setRetention !== undefined,
  });
  catalogIsBack = (back) =>
    void readRetention(back).then(
      async (policy) => retention.change(policy ?? retentionOfOptions),
      (error: unknown) => log.warn({ err: error }, 'The retention that was set cannot be read.'),
    );
  onClose(() => retention.stop());

  const prices = await PriceKeeper.open({ store, catalog, log });
  onClose(() => prices.stop());
  void prices.firstLook().then(priced.resolve);
  runs.changed();
  edges.changed();

  const { canaryIntervalMs } = options;
  const ingest = await openIngest({
    dataDirectory: directory.path,
    store: withPrices(callers.count(store), prices),
    clock,
    log,
    readStoredTotals: async () => readStoredTotals(store),
    retentionDays: () => retention.policy.days,
    limits: {
      connectionsMax,
      requestBytesMax: options.requestBytesMax,
      journalBytesMax: options.journalBytesMax,
    },
    ...(canaryIntervalMs === undefined
      ? {}
      : {
          canaryIntervalMs,
          isTraceVisible: async (project, traceId) => isTraceVisible(store, project, traceId),
        }),
  });
  onClose(async () => ingest.close());

  const history = new HistoryJobs({
    settleRuns: async () => runs.settled(),
    store,
    prices,
    log,
    whileLoadsWait: async (task) => ingest.whileLoadsWait(task),
  });
  onClose(async () => history.stop());

  const demo = new DemoJobs({
    store,
    ingest,
    clock,
    log,
    documents: {
      make: async (project) => {
        const made = await makeDemoDocuments(catalog, project);
        await slos.changed(project);
        return made;
      },
      remove: async (project) => {
        await removeDemoDocuments(catalog, project);
        await slos.changed(project);
      },
    },
  });
  onClose(async () => demo.stop());

  const urls = { ui: '', otlpHttp: '', otlpGrpc: '' };
  const channels = { reach: publicReach(options.channelNetworks), clock, log };
  const ownLog = openChannel({ type: 'log' }, channels);
  const slos = new SloKeeper({
    catalog,
    store,
    clock,
    log,
    settle: async () => runs.caughtUp(settleWaitMs),
    isEvaluator: () => alerts.status().isEvaluator,
  });
  const alerts = new AlertKeeper({
    catalog,
    store,
    clock,
    log,
    holder: `${hostname()}:${directory.path}`,
    oldestPendingMs: () => ingest.ledger().journal.oldestPendingMs,
    settle: async () => runs.caughtUp(settleWaitMs),
    linkTo: (path) => `${urls.ui}${path}`,
    channelOf: async (place) => {
      if (place.id === logChannelId) return ownLog;
      const stored = await findChannel(catalog, place);
      return stored === undefined ? undefined : openChannel(stored.settings, channels);
    },
    burnsAt: async (project, timeMs) => slos.burnsAt(project, timeMs),
    record: async (project, samples) => {
      await ingest.accept({ signal: 'metrics', project, request: recordedSamples(samples) });
    },
  });
  onClose(async () => slos.stop());
  const ledger = (): LedgerResponse => ({
    ...ingest.ledger(),
    runs: { unsettledMs: runs.unsettledMs ?? null },
  });
  const reports = new ReportKeeper({
    catalog,
    store,
    clock,
    log,
    settle: async () => runs.caughtUp(settleWaitMs),
    isMaker: () => alerts.status().isEvaluator,
    decisionsOf: async (project) => readDecisions(catalog, project),
    ledger,
    linkTo: (path) => `${urls.ui}${path}`,
    directory: join(directory.path, 'reports'),
  });
  onClose(async () => alerts.stop());
  onClose(async () => reports.stop());
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

  const checks = new CheckKeeper({
    catalog,
    clock,
    log,
    // Who may make checks is trusted with what the server can reach, but not with the credentials of its machine.
    reach: beyondMachines,
    send: async (telemetry) => ingest.accept(telemetry),
  });
  checks.start();
  onClose(async () => checks.stop());

  const deploys = new DeployKeeper({
    catalog,
    store,
    clock,
    log,
    projects: async () => listProjects(catalog),
    record: async (project, samples) => {
      await ingest.accept({ signal: 'metrics', project, request: recordedSamples(samples) });
    },
  });
  deploys.start();
  onClose(async () => deploys.stop());

  const forwards = new ForwardKeeper({
    catalog,
    store,
    clock,
    log,
    owner: `${hostname()}:${directory.path}`,
    reach: channels.reach,
    linkTo: (path) => `${urls.ui}${path}`,
  });
  forwards.start();
  onClose(async () => forwards.stop());

  const models = { catalog, readVariable, secret: options.secret, reach: publicReach(options.modelNetworks) };
  const experiments = new ExperimentRunner({
    catalog,
    store,
    clock,
    log,
    owner: `${hostname()}:${directory.path}`,
    models,
    judgeSurroundings: async (project) => evaluation.judgeSurroundings(project),
    send: async (telemetry) => ingest.accept(telemetry),
  });
  experiments.start();
  onClose(async () => experiments.stop());

  const replays = new ReplayKeeper({
    catalog,
    clock,
    log,
    owner: `${hostname()}:${directory.path}`,
    reach: beyondMachines,
    readVariable,
    costOf: async (project, traceIds) => {
      const usages = await readUsages({ store, clock, project }, traceIds);
      return [...usages.values()].reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
    },
    send: async (telemetry) => ingest.accept(telemetry),
  });
  replays.start();
  onClose(async () => replays.stop());

  if (!isLoopback(host) && options.apiKey === undefined)
    log.warn(
      { host },
      'Listening beyond loopback without a key: requests are refused until one is set, see docs/configuration.md.',
    );
  const { apiKey, allowedHosts, allowedOrigins } = options;
  const keys = createKeyRing({ catalog, clock, known, apiKey });
  const resolveProject = createProjectResolver({ keys, clock, host, apiKey });
  const guard = createRequestGuard({
    host,
    allowedHosts,
    allowedOrigins,
    holdsKey: async (headers) => typeof (await keys.find(headers).catch(() => undefined)) === 'object',
  });
  let state: 'ready' | 'stopping' = 'ready';
  const status = async () =>
    describeServer({
      version,
      options,
      dataDirectory: directory.path,
      catalog,
      store,
      ingest,
      retention,
      damage,
      startedAt,
      now: clock.now(),
      endpoints: urls,
      isStopping: state === 'stopping',
    });
  const changeRetention = async (policy: RetentionPolicy): Promise<void> => {
    await writeRetention(catalog, policy);
    await retention.change(policy);
  };
  const readiness = new Readiness(
    readinessChecks({ dataDirectory: directory.path, ingest, store, damage, catalog }),
  );
  const app = await buildApp({
    log,
    clock,
    ingest,
    resolveProject,
    guard,
    webDirectory,
    clientPackages,
    ready: async () => {
      const { isReady, checks } = await readiness.read();
      return { status: state === 'stopping' ? state : isReady ? 'ready' : 'not_ready', checks };
    },
    metrics: () => [
      ...ingest.metrics(),
      ...retention.metrics(),
      ...damage.metrics(),
      ...alerts.metrics(),
      ...queueMetrics(store.queue()),
    ],
    mountApi: async (server) => {
      await server.register(apiRoutes, {
        prefix: '/api/v1',
        store: callers.count(store),
        settle: async () => runs.caughtUp(settleWaitMs),
        clock,
        resolveProject,
        catalog,
        status,
        evaluation,
        checks,
        experiments,
        models,
        replays,
        alerts,
        slos,
        prices,
        history,
        demo,
        whileLoadsWait: async (task) => ingest.whileLoadsWait(task),
        reports,
        ledger,
        acceptDamage: async () => {
          const accepted = await damage.accept();
          return { parts: accepted.length, rows: accepted.reduce((sum, { rows = 0 }) => sum + rows, 0) };
        },
        resendQuarantine: async (after) => ingest.resendQuarantine(after),
        retention: { read: () => retention.policy, change: changeRetention },
        channels,
      });
      await server.register(prometheusRoutes, {
        prefix: '/prometheus/api/v1',
        store: callers.count(store),
        clock,
        resolveProject,
        version,
        catalog,
        startedMs: msFromNanos(startedAt),
        retentionDays: () => retention.policy.days.metrics,
      });
      await server.register(alertmanagerRoutes, {
        prefix: '/alertmanager/api/v2',
        catalog,
        clock,
        resolveProject,
        version,
        startedMs: msFromNanos(startedAt),
        linkTo: (path: string) => `${urls.ui}${path}`,
      });
      await server.register(statusPageRoutes, { catalog });
      await server.register(traceRedirect, { store, clock, resolveProject, webDirectory });
    },
  });
  const receiver = {
    host,
    ingest,
    guard,
    resolveProject: async (headers: IncomingHttpHeaders) => resolveProject(headers, 'ingest'),
  };
  const otlpHttp = await startOtlpHttp({ ...receiver, port: options.otlpHttpPort });
  onClose(async () => otlpHttp.close());
  const otlpGrpc = await startOtlpGrpc({ ...receiver, port: options.otlpGrpcPort });
  onClose(async () => otlpGrpc.close());
  const port = await listen(app, host, options.port);
  onClose(async () => app.close());
  onClose(() => (state = 'stopping'));
  const name = visibleHost(host);
  urls.ui = `http://${name}:${port}`;
  urls.otlpHttp = `http://${name}:${otlpHttp.port}`;
  urls.otlpGrpc = `${name}:${otlpGrpc.port}`;
  alerts.start();
  slos.start();
  reports.start();
  return urls;
}

/** A question about runs waits so long for what was just stored to be settled. */
const settleWaitMs = 400;

/** Tells the keeper of runs of all that may have changed them. */
function withRuns(store: TelemetryStore, runs: RunKeeper): TelemetryStore {
  const thenRuns = async <Result>(done: Promise<Result>): Promise<Result> =>
    done.finally(() => runs.changed());
  return decorateStore(store, {
    migrate: 'unchanged',
    // Log records may tell what was said.
    load: async (segment) =>
      segment.signal === 'metrics' ? store.load(segment) : thenRuns(store.load(segment)),
    putPrices: 'unchanged',
    priceSpans: async (spans) => thenRuns(store.priceSpans(spans)),
    rederiveDay: async (day) => thenRuns(store.rederiveDay(day)),
    settledMs: 'unchanged',
    putRuns: 'unchanged',
    deriveRunSums: 'unchanged',
    forgetRunSums: 'unchanged',
    putServiceEdges: 'unchanged',
    nextEdgeVersion: 'unchanged',
    forgetServiceEdges: 'unchanged',
    recordRunsProgress: 'unchanged',
    deleteTrace: async (trace) => runs.between(async () => store.deleteTrace(trace)),
    deleteDemo: async (demo) => runs.between(async () => store.deleteDemo(demo)),
    putScores: 'unchanged',
    query: 'unchanged',
    queryBinary: 'unchanged',
    queryUntrusted: 'unchanged',
    equalitiesOf: 'unchanged',
    queue: 'unchanged',
    usage: 'unchanged',
    enforceRetention: 'unchanged',
    missingTables: 'unchanged',
    inspect: 'unchanged',
    noteNew: 'unchanged',
    verify: 'unchanged',
    acceptDamage: 'unchanged',
    close: 'unchanged',
  });
}

/** Tells the keeper of the service map of all that may have changed it. */
function withEdges(store: TelemetryStore, edges: EdgeKeeper): TelemetryStore {
  const thenLost = async (done: Promise<void>): Promise<void> => done.finally(() => edges.lost());
  return {
    ...store,
    load: async (segment) =>
      segment.signal === 'traces' ? store.load(segment).finally(() => edges.changed()) : store.load(segment),
    rederiveDay: async (day) => thenLost(store.rederiveDay(day)),
    deleteTrace: async (trace) => thenLost(store.deleteTrace(trace)),
    deleteDemo: async (demo) => thenLost(store.deleteDemo(demo)),
  };
}

/** For ingest: tells the keeper of prices of every load that may hold calls of models. */
function withPrices(store: TelemetryStore, prices: PriceKeeper): Pick<TelemetryStore, 'engine' | 'load'> {
  return {
    engine: store.engine,
    load: async (segment) => {
      const beganMs = performance.now();
      const loaded = await store.load(segment);
      if (segment.signal === 'traces') prices.loaded(performance.now() - beganMs);
      return loaded;
    },
  };
}

interface DatabaseSurroundings extends Pick<ServerSurroundings, 'clock' | 'log'> {
  readonly known: KnownRules;
  /** Called with a control plane that was away at the start. */
  readonly onCatalog: (catalog: Catalog) => void;
}

/** Both databases open side by side: together they are most of the time to ready. */
async function openDatabases(
  options: ServerOptions,
  dataDirectory: string,
  { clock, log, known, onCatalog }: DatabaseSurroundings,
  onClose: (closer: () => unknown) => void,
): Promise<[Catalog, TelemetryStore]> {
  const { clickhouse } = options;
  const telemetry = join(dataDirectory, 'telemetry');
  if (clickhouse === undefined) {
    refuseLostStore(telemetry, known);
    mkdirSync(telemetry, { recursive: true });
  }
  const opened = await Promise.allSettled([
    openCatalogOrStandby(options, dataDirectory, { known, log, onCatalog }),
    openStore(
      clickhouse === undefined
        ? { kind: 'embedded', directory: telemetry }
        : {
            kind: 'clickhouse',
            directory: dataDirectory,
            urls: clickhouse.urls,
            ...(clickhouse.sqlUrls === undefined ? {} : { typedUrls: clickhouse.sqlUrls }),
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

/** A telemetry store that is gone is not a new one. */
function refuseLostStore(telemetry: string, known: KnownRules): void {
  const hadOne = known.stores?.telemetry === 'embedded' || known.isUnreadable;
  if (!hadOne || existsSync(join(telemetry, 'metadata'))) return;
  throw new SightlineError(
    'store_damaged',
    `Cannot open the telemetry store: the data directory had one, and "${telemetry}" is gone or empty.`,
    {
      hint: `Restore it from a backup; or remove "${knownFile}" of the data directory to start with an empty store.`,
    },
  );
}

/** What is received and stored needs little of the control plane. Where that little is known from before, the server starts without it. */
async function openCatalogOrStandby(
  { postgresUrl }: ServerOptions,
  dataDirectory: string,
  { known, log, onCatalog }: Pick<DatabaseSurroundings, 'known' | 'log' | 'onCatalog'>,
): Promise<Catalog> {
  const kind = postgresUrl === undefined ? 'embedded' : 'postgres';
  const directory = join(dataDirectory, 'control');
  const open = async (): Promise<Catalog> =>
    openCatalog(postgresUrl === undefined ? { directory } : { postgresUrl });
  const isKnown = known.stores?.controlPlane === kind;
  try {
    if ((isKnown || known.isUnreadable) && kind === 'embedded') refuseLostCatalog(directory);
    return await open();
  } catch (error) {
    if (!isKnown || !(error instanceof SightlineError) || error.code !== 'control_plane_unavailable')
      throw error;
    log.error(
      { err: error },
      'The control plane cannot be opened. Telemetry is received and answered by the rules that were known last; settings, keys and evaluators are not to be had.',
    );
    return standbyCatalog({
      kind,
      failure: error,
      // The embedded one is in files that nobody else mends meanwhile.
      ...(kind === 'embedded' ? {} : { reopen: open }),
      onOpened: (catalog) => {
        log.info('The control plane is there again.');
        onCatalog(catalog);
      },
    });
  }
}

function refuseLostCatalog(directory: string): void {
  if (existsSync(join(directory, 'PG_VERSION'))) return;
  throw new SightlineError(
    'control_plane_unavailable',
    `Cannot open the control plane: the data directory had one, and "${directory}" is gone or empty.`,
    {
      hint: `Stop the server and restore it from a backup; or remove "${knownFile}" of the data directory to start with an empty one.`,
    },
  );
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
