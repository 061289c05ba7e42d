import { unixNano } from '@sightline/base';
import type { AgentFilterParameters, Run, RunsParameters, RunsResponse } from '@sightline/schema/api';
import { type PageStart, writeCursor } from '../cursor.ts';
import { readQ } from '../filter/read-condition.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { tracesOfFilter } from '../sql/agent-filter-sql.ts';
import { keyedPage, readSort, type SortBy } from '../sql/keyed-page-sql.ts';
import { aiSpansWithin, runRows } from '../sql/run-rows-sql.ts';
import { int64, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';
import { ReachingWindow } from '../time-windows.ts';
import type { RangeParameters } from '../time-range.ts';
import { scopeOf, startAgentPage } from './agent-page.ts';
import { readRuns } from './run-facts.ts';
import { withinLimits, withStoredRuns } from './stored-runs.ts';

/** A run with its place in the list. */
interface Placed {
  readonly traceId: string;
  readonly key: readonly string[];
}

/** Runs with a step in the range, in the order asked for. The newest first, their place is their first step in the range. */
export async function findRuns(context: QueryContext, parameters: RunsParameters): Promise<RunsResponse> {
  return withinLimits(context, async (some) => findPage(some, parameters));
}

async function findPage(context: QueryContext, parameters: RunsParameters): Promise<RunsResponse> {
  const { cursor: _cursor, limit, ...query } = parameters;
  const reader = new Reader(context);
  const page = await startAgentPage(reader, ['runs', query], parameters);
  const sort = readSort(parameters.sort);
  const search = { parameters, page, limit: limit + 1 };
  // Whether a run failed its outermost step says, which a window may not hold.
  const placed =
    sort.column === 'startTime' && sort.isDescending && parameters.status === undefined
      ? await findNewest(reader, search)
      : await findSorted(reader, search, { sort, status: parameters.status });
  const shown = placed.slice(0, limit);
  const runs = await readRuns(
    reader,
    shown.map(({ traceId }) => traceId),
    page.range,
  );
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

/** The first `limit` runs of the range, the newest first: their ids, and when their first step in the range began. */
export async function findNewestRuns(
  reader: Reader,
  parameters: AgentFilterParameters & RangeParameters,
  limit: number,
): Promise<readonly { readonly traceId: string; readonly startNanos: bigint }[]> {
  const { from, to } = parameters;
  const page = await startAgentPage(reader, ['runs'], { from, to });
  const placed = await findNewest(reader, { parameters, page, limit });
  return placed.map(({ traceId, key }) => ({ traceId, startNanos: BigInt(key[0] ?? 0) }));
}

interface Search {
  readonly parameters: AgentFilterParameters;
  readonly page: PageStart;
  readonly limit: number;
}

const sortValues: Readonly<Record<string, string>> = { startTime: 'startNanos', durationMs: 'durationNanos' };

async function findSorted(
  reader: Reader,
  search: Search,
  { sort, status }: { readonly sort: SortBy } & Pick<RunsParameters, 'status'>,
): Promise<readonly Placed[]> {
  const { parameters, page, limit } = search;
  const rows = runRows({
    scope: await withStoredRuns(reader, scopeOf(reader, page, 'padded'), parameters),
    where: filteredTraces(reader, search, page.range),
    within: page.range,
    filters: parameters,
    having: status === undefined ? undefined : trusted(status === 'error' ? 'isFailed' : 'NOT isFailed'),
  });
  const value = sortValues[sort.column] ?? sort.column;
  const found = await reader.rows<{ traceId: string; sortKey: string; tie: string }>(sql`
    SELECT lower(hex(trace_id)) AS traceId, sortKey, tie FROM (${keyedPage({
      rows: sql`SELECT trace_id, ${trusted(value)} FROM (${rows})`,
      value,
      identity: 'trace_id',
      isDescending: sort.isDescending,
      after: page.after,
      limit,
    })})`);
  return found.map(({ traceId, sortKey, tie }) => ({ traceId, key: [sortKey, tie] }));
}

function filteredTraces(
  reader: Reader,
  { parameters }: Search,
  window: PageStart['range'] | { from: PageStart['range']['from']; to: PageStart['range']['to'] },
): Sql {
  const filter = readQ(parameters.q, 'traces', reader.clock);
  return tracesOfFilter(reader.project, filter, window);
}

/** Windows that grow back from the end of the range, so that the newest page costs what its rows cost. */
async function findNewest(reader: Reader, search: Search): Promise<readonly Placed[]> {
  const { page, limit } = search;
  const { range, after } = page;
  const end = after === undefined ? range.newest : unixNano(BigInt(after[0] ?? '0'));
  const reaching = new ReachingWindow(range, end, 'steps');
  let spare = 20;
  let best: readonly Placed[] = [];
  for (;;) {
    const { window, isLast } = reaching;
    const wanted = limit + spare;
    const candidates = await findCandidates(reader, search, { window, wanted });
    if (candidates === undefined) return best;
    if (candidates.length >= limit || isLast) {
      best = await dropEarlier(reader, page, { candidates, from: window.from });
      if (best.length >= limit) return best.slice(0, limit);
      if (candidates.length === wanted) {
        spare *= 8;
        continue;
      }
      if (isLast) return best;
    }
    await reaching.grow(reader, { found: candidates.length, wanted: limit });
  }
}

type Window = Pick<PageStart['range'], 'from' | 'to'>;

async function findCandidates(
  reader: Reader,
  search: Search,
  { window, wanted }: { readonly window: Window; readonly wanted: number },
): Promise<readonly Placed[] | undefined> {
  const { parameters, page } = search;
  const rows = runRows({
    scope: { ...scopeOf(reader, page, 'exact'), window },
    where: filteredTraces(reader, search, window),
    filters: parameters,
  });
  const found = await reader.tryRows<{ traceId: string; place: string }>(sql`
    SELECT lower(hex(trace_id)) AS traceId, startNanos AS place FROM (SELECT trace_id, startNanos FROM (${rows}))
    WHERE ${page.after === undefined ? trusted('true') : isAfter(page.after)}
    ORDER BY place DESC, trace_id DESC LIMIT ${uint(wanted)}`);
  return found?.map(({ traceId, place }) => ({ traceId, key: [place, traceId] }));
}

function isAfter([time = '0', traceId = '']: readonly string[]): Sql {
  return sql`(startNanos, trace_id) < (${int64(BigInt(time))}, toFixedString(unhex(${string(traceId)}), 16))`;
}

/** Runs that began before the window have their place there; an older window, or a later page, will give them. */
async function dropEarlier(
  reader: Reader,
  page: PageStart,
  { candidates, from }: { readonly candidates: readonly Placed[]; readonly from: Window['from'] },
): Promise<readonly Placed[]> {
  if (from === page.range.from || candidates.length === 0) return candidates;
  const scope = { ...scopeOf(reader, page, 'exact'), window: { from: page.range.from, to: from } };
  const rows = await reader.rows<{ traceId: string }>(sql`
    SELECT DISTINCT lower(hex(trace_id)) AS traceId FROM ai_spans
    WHERE ${aiSpansWithin(scope)} AND trace_id IN (${tracesByHex(candidates.map(({ traceId }) => traceId))})`);
  const earlier = new Set(rows.map(({ traceId }) => traceId));
  return candidates.filter(({ traceId }) => !earlier.has(traceId));
}
