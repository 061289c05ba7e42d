import type { Clock } from '@sightline/base';
import { formatNanos } from '@sightline/base';
import { QueryQueue, type Turn } from '../query-queue.ts';
import {
  defaultQueryLimits,
  type QueryOptions,
  type QueryResult,
  type Statement,
  type TelemetryStore,
} from '../telemetry-store.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { deleteDemo } from './delete-demo.ts';
import { deleteTrace } from './delete-trace.ts';
import type { ClickHouseEngine, EngineSettings } from './engine.ts';
import { insertScores } from './insert-scores.ts';
import { loadSegment } from './load/load-segment.ts';
import { migrate } from './migrate.ts';
import { priceSpans, writePrices } from './model-prices.ts';
import { rederiveDay } from './rederive.ts';
import { UnsureSwaps } from './unsure-swaps.ts';
import type { Changing, PartInventory } from './part-inventory.ts';
import { enforceRetention, partsTable } from './retention.ts';
import { ownRows } from './own-rows.ts';
import { segmentColumns } from './load/segment-columns.ts';
import { limitSettings, onlyOfProject, shareSettings } from './query-settings.ts';
import { putRuns } from './put-runs.ts';
import { deriveRunSums, forgetRunSums, recordRunsProgress } from './derived-runs.ts';
import { forgetServiceEdges, nextEdgeVersion, putServiceEdges } from './service-edges.ts';
import { findMissingTables, StoreHealth } from './store-health.ts';
import type { TableDefinitions } from './table-definitions.ts';
import { readEqualities } from './typed-sql/read-equalities.ts';
import { rewriteTyped } from './typed-sql/rewrite-typed.ts';
import { WritesUnderWay } from './writes-under-way.ts';

/** What is kept to know what the engine should have. */
export interface KeptBeside {
  readonly inventory: PartInventory;
  /** Of the embedded engine. */
  readonly definitions?: TableDefinitions;
  /** Names of definitions that were put back before the engine was opened. */
  readonly restored?: readonly string[];
}

/** The telemetry store over either engine. `read` gives the columns of a segment. */
export function clickHouseStore(
  engine: ClickHouseEngine,
  clock: Clock,
  { read = segmentColumns, kept }: { readonly read?: typeof segmentColumns; readonly kept?: KeptBeside } = {},
): TelemetryStore {
  const inventory = kept?.inventory;
  const health = new StoreHealth(engine, {
    ...(inventory === undefined ? {} : { inventory }),
    restored: kept?.restored ?? [],
  });
  const changing: Changing = async (what, task) =>
    inventory === undefined ? task() : inventory.changing(what, task);
  const keys = new AttributeKeys(engine, clock);
  const writes = new WritesUnderWay(engine, clock);
  const swaps = new UnsureSwaps(engine, changing);
  /** In this process nobody else leaves a swap behind. */
  const mendShared = async (): Promise<void> => {
    if (engine.kind === 'clickhouse') await swaps.mend();
  };
  const queue = new QueryQueue();
  const inTurn = async <T>(
    options: QueryOptions | undefined,
    task: (turn: Turn) => Promise<T>,
  ): Promise<T> => {
    const { share = 'page', timeMsMax = defaultQueryLimits.timeMsMax, signal } = options ?? {};
    return queue.run({ share, timeMsMax, signal }, task);
  };
  return {
    engine: { kind: engine.kind, version: engine.version },
    migrate: async () => {
      await inventory?.compare();
      // First: a copy that is left has the form of the tables as they were.
      await swaps.begin();
      await migrate(engine, undefined, () => kept?.definitions?.forget());
      kept?.definitions?.keep();
      await inventory?.look();
    },
    load: async (segment) => {
      await swaps.finish();
      const beganMs = clock.monotonicMs();
      const rows = await writes.during(async () => loadSegment(engine, segment, read));
      await keys.loaded(segment.signal, clock.monotonicMs() - beganMs);
      return { rows };
    },
    putPrices: (rows) => writePrices(engine, rows),
    deleteTrace: async (trace) => {
      // A copy that was left by any process would bring the trace back.
      await mendShared();
      await deleteTrace(engine, trace, changing);
    },
    deleteDemo: async (demo) => {
      await mendShared();
      await deleteDemo(engine, demo, changing);
    },
    priceSpans: (spans) => writes.during(async () => priceSpans(engine, spans)),
    rederiveDay: async (day) => {
      await mendShared();
      await changing({ days: [day.day] }, async () =>
        writes.during(async () => swaps.during(async () => rederiveDay(engine, day))),
      );
    },
    settledMs: () => writes.settledMs(),
    putRuns: (runs) => putRuns(engine, runs),
    deriveRunSums: (rows) => deriveRunSums(engine, rows),
    forgetRunSums: (sums) => forgetRunSums(engine, sums),
    recordRunsProgress: (progress) => recordRunsProgress(engine, progress),
    putServiceEdges: (edges) => putServiceEdges(engine, edges),
    nextEdgeVersion: () => nextEdgeVersion(engine),
    forgetServiceEdges: (edges) => forgetServiceEdges(engine, edges),
    putScores: (rows) => insertScores(engine, rows, clock.now()),
    query: (statement, options) =>
      inTurn(options, async (turn) => runQuery(engine, statement, { ...options, ...turn })),
    queryBinary: ({ sql, params }, options = {}) =>
      inTurn(options, async ({ timeMsLeft, signal }) => {
        const limits = { ...defaultQueryLimits, ...options, timeMsMax: timeMsLeft };
        const settings = {
          ...limitSettings({ ...limits, resultRowsMax: limits.resultRowsMax - 1 }),
          ...shareSettings(options.share ?? 'page', engine),
        };
        return engine.selectBinary({ sql, params: params ?? {}, settings, signal });
      }),
    queryUntrusted: ({ sql, project }, options) =>
      inTurn({ ...options, share: 'sql' }, async (turn) => {
        const checked = rewriteTyped(sql, { ...engine, project });
        const wanted = { ...untrustedLimits, ...options, ...turn, share: 'sql' } as const;
        return runQuery(engine, { sql: checked }, wanted, onlyOfProject(engine, project));
      }),
    equalitiesOf: readEqualities,
    queue: () => queue.state(),
    usage: () =>
      ownRows(
        engine,
        `SELECT replaceRegexpOne(table, '_local$', '') AS name, toFloat64(sum(rows)) AS rows, toFloat64(sum(bytes_on_disk)) AS bytes
          FROM ${partsTable(engine)} WHERE active AND database = currentDatabase() GROUP BY name ORDER BY bytes DESC`,
      ),
    enforceRetention: (policy) =>
      enforceRetention(engine, { policy, today: formatNanos(clock.now()).slice(0, 10), changing }),
    missingTables: () => findMissingTables(engine),
    inspect: () => health.inspect(),
    noteNew: () => health.noteNew(),
    verify: (pause) => health.verify(pause),
    acceptDamage: () => health.accept(),
    close: async () => {
      await keys.close();
      await engine.close();
    },
  };
}

/** An answer that somebody typed for is read by a person: what is larger belongs into an export. */
const untrustedLimits = { resultBytesMax: 32 * 1024 ** 2 };

async function runQuery<Row>(
  engine: ClickHouseEngine,
  { sql, params }: Statement,
  { share = 'page', timeMsLeft, signal, ...partial }: QueryOptions & Turn,
  typed?: EngineSettings,
): Promise<QueryResult<Row>> {
  const limits = { ...defaultQueryLimits, ...partial, timeMsMax: timeMsLeft };
  const started = performance.now();
  const answer = await engine.select({
    sql,
    params: params ?? {},
    settings: { ...limitSettings(limits), ...shareSettings(share, engine), ...typed },
    textBytesMax: limits.resultBytesMax,
    signal,
    isTyped: typed !== undefined,
  });
  const rows = answer.data as readonly Row[];
  const truncated = rows.length > limits.resultRowsMax;
  return {
    rows: truncated ? rows.slice(0, limits.resultRowsMax) : rows,
    columns: answer.meta,
    rowsRead: answer.statistics?.rows_read ?? 0,
    bytesRead: answer.statistics?.bytes_read ?? 0,
    elapsedMs: performance.now() - started,
    truncated,
  };
}
