/** Calls of a service minute by minute and cell by cell: where regressions are looked for. */
import type { TimeRange } from '../time-range.ts';
import { inRange, storedAfter } from './range-sql.ts';
import { answeredScores } from './answered-scores-sql.ts';
import { every, joinSql, moment, type Sql, sql, string, trusted, uint } from './sql.ts';

type Range = Pick<TimeRange, 'from' | 'to'>;

export interface CellMinutesRequest {
  readonly project: string;
  readonly service: string;
  readonly environment: string;
  readonly range: Range;
  readonly cellsMax: number;
  readonly rowsMax: number;
}

export interface CellMinuteRow {
  readonly name: string;
  readonly operation: string;
  readonly model: string;
  readonly agent: string;
  readonly version: string;
  readonly minute: number;
  readonly calls: string;
  readonly errors: string;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

const version = "resource_attributes['service.version']";
/** Of a row of `spans`: by the name of now, or by the older one. */
export const environmentOfResource =
  "if(resource_attributes['deployment.environment.name'] != '', resource_attributes['deployment.environment.name'], resource_attributes['deployment.environment'])";

/** Spans of the busiest cells. */
function busiest({ project, service, environment: wanted, range, cellsMax }: CellMinutesRequest): Sql {
  const narrowed =
    wanted === '' ? trusted('') : sql` AND ${trusted(environmentOfResource)} = ${string(wanted)}`;
  const rows = sql`${inRange(project, 'spans', range)} AND service = ${string(service)}${narrowed}`;
  return sql`FROM spans WHERE ${rows} AND (name, operation, model, agent_name) IN (
      SELECT name, operation, model, agent_name FROM spans WHERE ${rows}
      GROUP BY name, operation, model, agent_name ORDER BY count() DESC LIMIT ${uint(cellsMax)})`;
}

/** By version, from the spans, of the busiest cells. */
export function cellMinutes(request: CellMinutesRequest): Sql {
  return sql`SELECT name, operation, model, agent_name AS agent, ${trusted(version)} AS version,
      intDiv(toUnixTimestamp(start_time), 60) AS minute, count() AS calls, countIf(status_code = 2) AS errors,
      quantiles(0.5, 0.95, 0.99)(duration_ns) AS levels, levels[1] / 1e6 AS medianMs, levels[2] / 1e6 AS p95Ms, levels[3] / 1e6 AS p99Ms
    ${busiest(request)} GROUP BY name, operation, model, agent, version, minute ORDER BY minute LIMIT ${uint(request.rowsMax)}`;
}

export interface CellBlockRow {
  readonly name: string;
  readonly operation: string;
  readonly model: string;
  readonly agent: string;
  readonly version: string;
  readonly minute: number;
  readonly bins: readonly number[];
  readonly counts: readonly number[];
}

/** Durations in microseconds are counted by bins, each three in a hundred longer than the one before it. */
export const binRatio = 1.03;

/** How many calls of each five minutes fell into each bin: what quantiles of any of these together are reckoned from. */
export function cellBlocks(request: CellMinutesRequest): Sql {
  return sql`SELECT name, operation, model, agent, version, minute, groupArray(bin) AS bins, groupArray(toUInt32(calls)) AS counts FROM (
      SELECT name, operation, model, agent_name AS agent, ${trusted(version)} AS version, intDiv(toUnixTimestamp(start_time), 300) * 5 AS minute,
        toUInt16(floor(log(duration_ns / 1000 + 1) / log(${trusted(String(binRatio))}))) AS bin, count() AS calls
      ${busiest(request)} GROUP BY name, operation, model, agent, version, minute, bin ORDER BY bin)
    GROUP BY name, operation, model, agent, version, minute ORDER BY minute LIMIT ${uint(request.rowsMax)}`;
}

/** The same of a longer past, from the roll-up: by pieces of some minutes, whatever the version and agent. */
export function pastCellMinutes(
  { project, service, range, rowsMax }: CellMinutesRequest,
  { names, pieceMinutes }: { readonly names: readonly string[]; readonly pieceMinutes: number },
): Sql {
  const named = names.map((name) => sql`${string(name)}`);
  const list = named.reduce((all, each, index) => (index === 0 ? each : sql`${all}, ${each}`), trusted(''));
  const piece = uint(pieceMinutes);
  return sql`SELECT name, operation, model, '' AS agent, '' AS version, intDiv(intDiv(toUnixTimestamp(minute), 60), ${piece}) * ${piece} AS minuteOf,
      minuteOf AS minute, sum(count) AS calls, sum(error_count) AS errors, quantilesDDMerge(0.01, 0.5, 0.95, 0.99)(duration_ns_quantiles) AS levels,
      levels[1] / 1e6 AS medianMs, levels[2] / 1e6 AS p95Ms, levels[3] / 1e6 AS p99Ms
    FROM span_rollup_1m AS rollup
    WHERE project = ${string(project)} AND service = ${string(service)} AND name IN (${list})
      AND rollup.minute >= toDateTime(${moment(range.from)}, 'UTC') AND rollup.minute < toDateTime(${moment(range.to)}, 'UTC')
    GROUP BY name, operation, model, minuteOf ORDER BY minuteOf LIMIT ${uint(rowsMax)}`;
}

export interface RunValueRow {
  readonly name: string;
  readonly operation: string;
  readonly agent: string;
  readonly version: string;
  readonly minute: number;
  /** A score by its name; '' where it is what the run used. */
  readonly score: string;
  readonly costUsd: number | null;
  readonly tokens: number | null;
  readonly value: number | null;
}

/** Runs that began within, in which the service took part. */
function runsWithin({
  project,
  service,
  range,
}: Pick<CellMinutesRequest, 'project' | 'service' | 'range'>): Sql {
  return sql`project = ${string(project)} AND generation = (SELECT max(generation) FROM runs_progress)
    AND bucket >= toStartOfFiveMinutes(${moment(range.from)}) AND bucket <= ${moment(range.to)} AND start_time >= ${moment(range.from)} AND start_time < ${moment(range.to)}
    AND has(service_names, ${string(service)})`;
}

type RunsRequest = Omit<CellMinutesRequest, 'cellsMax'>;

/** What the calls of the service used in each run, by the version that made them: of at most so many runs, picked by their ids. */
function usedRows({ service, environment: wanted, ...request }: Omit<RunsRequest, 'rowsMax'>): Sql {
  const narrowed =
    wanted === '' ? trusted('') : sql` AND (callEnvironment = '' OR callEnvironment = ${string(wanted)})`;
  return sql`SELECT trace_id, name, operation, first_agent AS agent, callVersion AS version, intDiv(toUnixTimestamp(start_time), 60) AS minute,
      sum(cost) AS costUsd, sum(input) + sum(ifNull(output, 0)) AS tokens
    FROM runs FINAL ARRAY JOIN calls.service AS callService, calls.version AS callVersion, calls.environment AS callEnvironment,
      calls.cost_usd AS cost, calls.input_tokens AS input, calls.output_tokens AS output, calls.is_counted AS isCounted
    WHERE ${runsWithin({ service, ...request })} AND callService = ${string(service)} AND isCounted = 1${narrowed}
    GROUP BY trace_id, name, operation, agent, version, minute`;
}

/** Scores of runs in which the service took part, by the versions of it that did. A score may come a day after its run. */
function scoredRows({ project, service, environment: wanted, range }: Omit<RunsRequest, 'rowsMax'>): Sql {
  const within = runsWithin({ project, service, range });
  const narrowed =
    wanted === ''
      ? trusted('')
      : sql` AND (empty(environment_names) OR has(environment_names, ${string(wanted)}))`;
  const own = (array: string): string =>
    `arrayMap(each -> each.2, arrayFilter(each -> each.1 = wantedService, arrayZip(${array}.service, ${array}.version)))`;
  const columns = trusted('name, value');
  const scores = sql`project = ${string(project)} AND bucket >= toStartOfFiveMinutes(${moment(range.from)}) AND bucket <= ${moment(range.to)} + toIntervalDay(1) AND value IS NOT NULL`;
  return sql`SELECT trace_id, name, operation, agent, version, minute, score, avg(value) AS value
    FROM (SELECT trace_id, name, operation, first_agent AS agent, intDiv(toUnixTimestamp(start_time), 60) AS minute, ${string(service)} AS wantedService,
        arrayJoin(arrayDistinct(arrayConcat(if(service = wantedService, [service_version], []), ${trusted(own('calls'))}, ${trusted(own('other_calls'))}))) AS version
      FROM runs FINAL WHERE ${within}${narrowed}) AS ran
    INNER JOIN (SELECT trace_id, toString(name) AS score, value FROM (
      SELECT trace_id, ${columns} FROM scores FINAL WHERE ${scores} AND trace_id != toFixedString('', 16)
      UNION ALL SELECT trace_id, ${columns} FROM (${answeredScores({ columns, scores: every([scores]), answers: inRange(project, 'spans', range) })}))
    ) AS scored USING (trace_id)
    GROUP BY trace_id, name, operation, agent, version, minute, score`;
}

/** A row for what each run used, and one for each of its scores. */
export function runValues({ rowsMax, ...request }: RunsRequest): Sql {
  const picked = sql`ORDER BY cityHash64(trace_id) LIMIT ${uint(rowsMax)}`;
  return joinSql(
    [
      sql`SELECT name, operation, agent, version, minute, '' AS score, costUsd, tokens, NULL AS value FROM (${usedRows(request)} ${picked})`,
      sql`SELECT name, operation, agent, version, minute, score, NULL AS costUsd, NULL AS tokens, value FROM (${scoredRows(request)} ${picked})`,
    ],
    ' UNION ALL ',
  );
}

/** Means of the same in pieces of some minutes, whatever the version: how they wandered before. */
export function pastRunValues(
  { rowsMax, ...request }: RunsRequest,
  { pieceMinutes }: { readonly pieceMinutes: number },
): Sql {
  const piece = uint(pieceMinutes);
  const minute = sql`intDiv(minute, ${piece}) * ${piece} AS minuteOf, minuteOf AS minute`;
  return joinSql(
    [
      sql`SELECT name, operation, agent, '' AS version, ${minute}, '' AS score, avg(costUsd) AS costUsd, avg(tokens) AS tokens, NULL AS value, count() AS runs
        FROM (${usedRows(request)}) GROUP BY name, operation, agent, minuteOf LIMIT ${uint(rowsMax)}`,
      sql`SELECT name, operation, agent, '' AS version, ${minute}, score, NULL AS costUsd, NULL AS tokens, avg(value) AS value, count() AS runs
        FROM (${scoredRows(request)}) GROUP BY name, operation, agent, score, minuteOf LIMIT ${uint(rowsMax)}`,
    ],
    ' UNION ALL ',
  );
}

export interface SeenVersionRow {
  readonly service: string;
  readonly version: string;
  readonly environment: string;
  readonly firstMs: string;
}

/** Versions of services, with their first spans, of what began in the range. */
export function seenVersions(project: string, range: Range, rowsMax: number): Sql {
  return sql`SELECT service, ${trusted(version)} AS version, ${trusted(environmentOfResource)} AS environment, toUnixTimestamp64Milli(min(start_time)) AS firstMs
    FROM spans WHERE ${inRange(project, 'spans', range)} AND service != '' AND ${trusted(version)} != ''
    GROUP BY service, version, environment ORDER BY firstMs LIMIT ${uint(rowsMax)}`;
}

/** A row where spans of the range were stored after this moment of the engine's clock. */
export function lateSpan(project: string, range: Range, storedMs: bigint): Sql {
  return sql`SELECT 1 AS late FROM spans WHERE ${inRange(project, 'spans', range)} AND ${storedAfter(storedMs)} LIMIT 1`;
}
