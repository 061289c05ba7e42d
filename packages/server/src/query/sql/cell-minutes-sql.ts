/** Calls of a service minute by minute and cell by cell: where regressions are looked for. */
import type { TimeRange } from '../time-range.ts';
import { inRange } from './range-sql.ts';
import { moment, type Sql, sql, string, trusted, uint } from './sql.ts';

type Range = Pick<TimeRange, 'from' | 'to'>;

export interface CellMinutesWish {
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
}

const version = "resource_attributes['service.version']";
const environment =
  "if(resource_attributes['deployment.environment.name'] != '', resource_attributes['deployment.environment.name'], resource_attributes['deployment.environment'])";

/** By version, from the spans, of the busiest cells. */
export function cellMinutes({
  project,
  service,
  environment: wanted,
  range,
  cellsMax,
  rowsMax,
}: CellMinutesWish): Sql {
  const narrowed = wanted === '' ? trusted('') : sql` AND ${trusted(environment)} = ${string(wanted)}`;
  const rows = sql`${inRange(project, 'spans', range)} AND service = ${string(service)}${narrowed}`;
  return sql`SELECT name, operation, model, agent_name AS agent, ${trusted(version)} AS version,
      intDiv(toUnixTimestamp(start_time), 60) AS minute, count() AS calls, countIf(status_code = 2) AS errors, quantile(0.5)(duration_ns) / 1e6 AS medianMs
    FROM spans WHERE ${rows} AND (name, operation, model, agent_name) IN (
      SELECT name, operation, model, agent_name FROM spans WHERE ${rows}
      GROUP BY name, operation, model, agent_name ORDER BY count() DESC LIMIT ${uint(cellsMax)})
    GROUP BY name, operation, model, agent, version, minute ORDER BY minute LIMIT ${uint(rowsMax)}`;
}

/** The same of a longer past, from the roll-up: by pieces of some minutes, whatever the version and agent. */
export function pastCellMinutes(
  { project, service, range, rowsMax }: CellMinutesWish,
  { names, pieceMinutes }: { readonly names: readonly string[]; readonly pieceMinutes: number },
): Sql {
  const named = names.map((name) => sql`${string(name)}`);
  const list = named.reduce((all, each, index) => (index === 0 ? each : sql`${all}, ${each}`), trusted(''));
  const piece = uint(pieceMinutes);
  return sql`SELECT name, operation, model, '' AS agent, '' AS version, intDiv(intDiv(toUnixTimestamp(minute), 60), ${piece}) * ${piece} AS minuteOf,
      minuteOf AS minute, sum(count) AS calls, sum(error_count) AS errors, quantilesDDMerge(0.01, 0.5)(duration_ns_quantiles)[1] / 1e6 AS medianMs
    FROM span_rollup_1m AS rollup
    WHERE project = ${string(project)} AND service = ${string(service)} AND name IN (${list})
      AND rollup.minute >= toDateTime(${moment(range.from)}, 'UTC') AND rollup.minute < toDateTime(${moment(range.to)}, 'UTC')
    GROUP BY name, operation, model, minuteOf ORDER BY minuteOf LIMIT ${uint(rowsMax)}`;
}

export interface SeenVersionRow {
  readonly service: string;
  readonly version: string;
  readonly environment: string;
  readonly firstMs: string;
}

/** Versions of services, with their first spans, of what began in the range. */
export function seenVersions(project: string, range: Range, rowsMax: number): Sql {
  return sql`SELECT service, ${trusted(version)} AS version, ${trusted(environment)} AS environment, toUnixTimestamp64Milli(min(start_time)) AS firstMs
    FROM spans WHERE ${inRange(project, 'spans', range)} AND service != '' AND ${trusted(version)} != ''
    GROUP BY service, version, environment ORDER BY firstMs LIMIT ${uint(rowsMax)}`;
}
