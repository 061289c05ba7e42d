import type { Clock } from '@sightline/base';
import { formatNanos } from '@sightline/base';
import {
  defaultQueryLimits,
  type QueryLimits,
  type QueryResult,
  type Statement,
  type TelemetryStore,
} from '../telemetry-store.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { deleteTrace } from './delete-trace.ts';
import type { ClickHouseEngine, EngineSettings } from './engine.ts';
import { insertScores } from './insert-scores.ts';
import { loadSegment, planLoad } from './load/load-segment.ts';
import { migrate } from './migrate.ts';
import { priceSpans, writePrices } from './model-prices.ts';
import { finishSwaps, rederiveDay } from './rederive.ts';
import { UnsureSwaps } from './unsure-swaps.ts';
import { enforceRetention, partsTable } from './retention.ts';
import { ownRows } from './own-rows.ts';
import { deriveSegment } from './load/derive-segment.ts';
import { limitSettings, onlyOfProject } from './query-settings.ts';
import { deriveRuns, forgetRunSums, recordRunsProgress } from './derived-runs.ts';
import { rewriteTyped } from './typed-sql/rewrite-typed.ts';
import { WritesUnderWay } from './writes-under-way.ts';

/** The telemetry store over either engine. `derive` gives items their normal fields. */
export function clickHouseStore(
  engine: ClickHouseEngine,
  clock: Clock,
  derive = deriveSegment,
): TelemetryStore {
  const keys = new AttributeKeys(engine, clock);
  const writes = new WritesUnderWay(engine, clock);
  const swaps = new UnsureSwaps(engine);
  return {
    engine: { kind: engine.kind, version: engine.version },
    migrate: async () => {
      // First: a copy that is left has the form of the tables as they were.
      await swaps.begin();
      await migrate(engine);
    },
    load: async (segment) => {
      await swaps.finish();
      const beganMs = clock.monotonicMs();
      const rows = await writes.during(async () => loadSegment(engine, segment, derive));
      await keys.loaded(segment.signal, clock.monotonicMs() - beganMs);
      return { rows };
    },
    planLoad: (segment) => planLoad(engine, segment),
    putPrices: (rows) => writePrices(engine, rows),
    deleteTrace: async (trace) => {
      // A copy that was left by any process would bring the trace back.
      if (engine.kind === 'clickhouse') await finishSwaps(engine);
      await deleteTrace(engine, trace);
    },
    priceSpans: (spans) => writes.during(async () => priceSpans(engine, spans)),
    rederiveDay: (day) => writes.during(async () => swaps.during(async () => rederiveDay(engine, day))),
    settledMs: () => writes.settledMs(),
    deriveRuns: (rows) => deriveRuns(engine, rows),
    forgetRunSums: (sums) => forgetRunSums(engine, sums),
    recordRunsProgress: (progress) => recordRunsProgress(engine, progress),
    putScores: (rows) => insertScores(engine, rows, clock.now()),
    query: (statement, limits) => runQuery(engine, statement, limits),
    queryBinary: ({ sql, params }, partial) => {
      const limits = { ...defaultQueryLimits, ...partial };
      const settings = limitSettings({ ...limits, resultRowsMax: limits.resultRowsMax - 1 });
      return engine.selectBinary({ sql, params: params ?? {}, settings });
    },
    queryUntrusted: async ({ sql, project }, limits) =>
      runQuery(
        engine,
        { sql: rewriteTyped(sql, { ...engine, project }) },
        limits,
        onlyOfProject(engine, project),
      ),
    usage: () =>
      ownRows(
        engine,
        `SELECT replaceRegexpOne(table, '_local$', '') AS name, toFloat64(sum(rows)) AS rows, toFloat64(sum(bytes_on_disk)) AS bytes
          FROM ${partsTable(engine)} WHERE active AND database = currentDatabase() GROUP BY name ORDER BY bytes DESC`,
      ),
    enforceRetention: (policy) => enforceRetention(engine, policy, formatNanos(clock.now()).slice(0, 10)),
    close: async () => {
      await keys.close();
      await engine.close();
    },
  };
}

async function runQuery<Row>(
  engine: ClickHouseEngine,
  { sql, params }: Statement,
  partial: Partial<QueryLimits> = {},
  typed?: EngineSettings,
): Promise<QueryResult<Row>> {
  const limits = { ...defaultQueryLimits, ...partial };
  const started = performance.now();
  const answer = await engine.select({
    sql,
    params: params ?? {},
    settings: { ...limitSettings(limits), ...typed },
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
