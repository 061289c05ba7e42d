import { unixNano } from '@sightline/base';
import type { BoundFilter } from '@sightline/schema/filter';
import type { AgentFilterParameters, Run, RunsParameters, RunsResponse } from '@sightline/schema/api';
import { type PageStart, startListPage, writeCursor } from '../cursor.ts';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { RareLookup } from '../rare-traces.ts';
import type { ExactFilters } from '../sql/agent-filter-sql.ts';
import { keyedPage, readSort, type SortBy } from '../sql/keyed-page-sql.ts';
import { type RunScope, runRows } from '../sql/runs-sql.ts';
import { int64, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { wantedTraces } from '../sql/trace-sets-sql.ts';
import { ReachingWindow } from '../time-windows.ts';
import type { RangeParameters } from '../time-range.ts';
import { readJoinedModels, withModelNames } from './joined-models.ts';
import { type PlacedRun, readRunsAt } from './run-facts.ts';
import { settledRuns } from './settled-runs.ts';

/** A run with its place in the list. */
interface Placed extends PlacedRun {
  readonly key: readonly string[];
}

/** Runs that were at work in the range, in the order asked for. */
export async function findRuns(context: QueryContext, parameters: RunsParameters): Promise<RunsResponse> {
  const { cursor: _cursor, limit, ...query } = parameters;
  const reader = new Reader(context);
  const page = startListPage(['runs', query], parameters, reader.clock);
  const sort = readSort(parameters.sort);
  const find = async () => {
    const scope = await settledRuns(reader, page.range);
    const filters = await withModelNames(reader, parameters, page.range);
    const search = { parameters: filters, scope, page, limit: limit + 1 };
    const placed =
      sort.column === 'startTime' && sort.isDescending
        ? await findNewest(reader, search)
        : await findSorted(reader, search, sort);
    return { scope, placed };
  };
  const [{ scope, placed }, joined] = await Promise.all([find(), readJoinedModels(reader, page.range)]);
  const shown = placed.slice(0, limit);
  const runs = await readRunsAt(reader, { scope, joined }, shown);
  const last = placed.length > limit ? shown.at(-1) : undefined;
  return {
    runs: shown.flatMap(({ traceId }): readonly Run[] => {
      const found = runs.get(traceId);
      return found === undefined ? [] : [found];
    }),
    nextCursor: last === undefined ? null : writeCursor(['runs', query], page, last.key),
    ...reader.limitsMet,
  };
}

/** The first `limit` runs of the range, the newest first. */
export async function findNewestRuns(
  reader: Reader,
  parameters: AgentFilterParameters & RangeParameters,
  limit: number,
): Promise<readonly PlacedRun[]> {
  const { from, to } = parameters;
  const page = startListPage(['runs'], { from, to }, reader.clock);
  const named = await withModelNames(reader, parameters, page.range);
  return findNewest(reader, { parameters: named, page, scope: await settledRuns(reader, page.range), limit });
}

interface Search {
  readonly parameters: ExactFilters &
    Pick<AgentFilterParameters, 'q'> &
    Partial<Pick<RunsParameters, 'status'>>;
  readonly scope: RunScope;
  readonly page: PageStart;
  readonly limit: number;
  /** See `TraceRequest`. */
  readonly ids?: readonly string[];
}

const sortValues: Readonly<Record<string, string>> = { startTime: 'startNanos', durationMs: 'durationNanos' };

function filterOf(reader: Reader, { parameters }: Search): BoundFilter {
  return readQ(parameters.q, 'traces', reader.clock);
}

function rowsOf(reader: Reader, search: Search, begunFrom?: bigint): Sql {
  const { parameters, scope, ids } = search;
  const { status, ...filters } = parameters;
  return runRows({
    scope: { ...scope, begunFrom },
    where:
      wantedTraces(reader.project, { filter: filterOf(reader, search), ids }, scope.window) ??
      trusted('true'),
    filters,
    having: status === undefined ? undefined : trusted(status === 'error' ? 'isFailed' : 'NOT isFailed'),
  });
}

async function findSorted(reader: Reader, search: Search, sort: SortBy): Promise<readonly Placed[]> {
  const { page, limit } = search;
  const value = sortValues[sort.column] ?? sort.column;
  const found = await reader.rows<{ traceId: string; startNanos: string; sortKey: string; tie: string }>(sql`
    SELECT lower(hex(trace_id)) AS traceId, startNanos, sortKey, tie FROM (${keyedPage({
      rows: sql`SELECT trace_id, startNanos${value === 'startNanos' ? trusted('') : trusted(`, ${value}`)} FROM (${rowsOf(reader, search)})`,
      value,
      identity: 'trace_id',
      isDescending: sort.isDescending,
      after: page.after,
      limit,
    })})`);
  return found.map(({ traceId, startNanos, sortKey, tie }) => ({
    traceId,
    startNanos: BigInt(startNanos),
    key: [sortKey, tie],
  }));
}

/** Windows that grow back from the end of the range, so that the newest page costs what its rows cost. */
async function findNewest(reader: Reader, asked: Search): Promise<readonly Placed[]> {
  let search = asked;
  const { page, limit } = search;
  const { range, after } = page;
  const end = after === undefined ? range.newest : unixNano(BigInt(after[0] ?? '0'));
  const reaching = new ReachingWindow(range, end, 'steps');
  const lookup = new RareLookup(reader, filterOf(reader, search), search.scope.window);
  let rare = await lookup.atOnce();
  for (;;) {
    if (rare !== undefined) {
      if (rare.ids.length === 0) return [];
      // A run may begin before the first of its spans in the range.
      search = { ...search, ids: rare.ids };
      reaching.narrow(range.from);
      rare = undefined;
    }
    const { window, isLast } = reaching;
    const found = await reader.tryRows<{ traceId: string; startNanos: string }>(sql`
      SELECT lower(hex(trace_id)) AS traceId, startNanos FROM (SELECT trace_id, startNanos FROM (${rowsOf(reader, search, isLast ? undefined : window.from)}))
      WHERE ${after === undefined ? trusted('true') : isAfter(after)}
      ORDER BY startNanos DESC, trace_id DESC LIMIT ${uint(limit)}`);
    if (found === undefined) return [];
    if (found.length >= limit || isLast)
      return found.map(({ traceId, startNanos }) => ({
        traceId,
        startNanos: BigInt(startNanos),
        key: [startNanos, traceId],
      }));
    if (await reaching.skipsPause(reader, found.length)) continue;
    rare = await lookup.after(found.length);
    if (rare === undefined) reaching.widen({ found: found.length, wanted: limit });
  }
}

function isAfter([time = '0', traceId = '']: readonly string[]): Sql {
  return sql`(startNanos, trace_id) < (${int64(BigInt(time))}, toFixedString(unhex(${string(traceId)}), 16))`;
}
