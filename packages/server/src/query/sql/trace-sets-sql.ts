/**
 * Which traces meet a filter, as conditions on `trace_id`. Every condition on spans becomes "the id is among those of the
 * spans that meet it", looked up within the window of time that is being searched.
 */
import type { BoundFilter } from '@sightline/schema/filter';
import { compileFilter } from '../filter/compile-filter.ts';
import { splitTraceFilter, type TraceFilter } from '../filter/split-trace-filter.ts';
import type { Window } from '../time-range.ts';
import type { FilterScope } from '../filter/filter-scope.ts';
import { inRange } from './range-sql.ts';
import { every, joinSql, type Sql, sql, string, trusted, uint } from './sql.ts';
import { tracesByHex } from './trace-summary-sql.ts';
import { tracesBySummary, tracesByUsage, tracesByWords, tracesWithScore } from './whole-traces-sql.ts';

/** What a list of traces asks for. */
export interface TraceRequest {
  readonly filter: BoundFilter;
  readonly service?: string | undefined;
  readonly session?: string | undefined;
  readonly user?: string | undefined;
  readonly status?: 'unset' | 'ok' | 'error' | undefined;
  readonly minDurationMs?: number | undefined;
  readonly maxDurationMs?: number | undefined;
  /** Only these, by their hex: all that meet the rarest condition of the filter (`rarestCondition`). */
  readonly ids?: readonly string[] | undefined;
}

/** Where conditions on spans are looked for: within the window, and among these traces where they are known. */
interface Scope {
  readonly project: string;
  readonly window: Window;
  readonly among?: Sql | undefined;
}

/** Undefined where every trace is wanted. */
export function wantedTraces(project: string, request: TraceRequest, window: Window): Sql | undefined {
  const among = (condition: Sql): Sql => amongSpans(project, window, condition);
  const conditions: Sql[] = [];
  if (request.service !== undefined) conditions.push(among(sql`service = ${string(request.service)}`));
  if (request.session !== undefined) conditions.push(among(sql`session_id = ${string(request.session)}`));
  if (request.user !== undefined) conditions.push(among(sql`user_id = ${string(request.user)}`));
  if (request.status === 'error') conditions.push(among(trusted('status_code = 2')));
  if (request.status === 'ok') conditions.push(sql`NOT ${among(trusted('status_code = 2'))}`);
  if (request.status === 'unset') conditions.push(sql`NOT ${among(trusted('status_code != 0'))}`);
  const known = request.ids === undefined ? undefined : sql`trace_id IN (${tracesByHex(request.ids)})`;
  if (known !== undefined) conditions.push(known);
  const scope: Scope = { project, window, among: known };
  const durations = durationFilter(request);
  if (durations !== undefined) conditions.push(compile(scope, durations));
  const split = splitTraceFilter(request.filter);
  if (split.type !== 'everything') conditions.push(compile(scope, split));
  return conditions.length === 0 ? undefined : every(conditions);
}

function compile(scope: Scope, filter: TraceFilter): Sql {
  const { project, window } = scope;
  switch (filter.type) {
    case 'everything':
      return trusted('true');
    case 'span':
      return compileAll(scope, [filter]);
    case 'trace':
      return tracesBySummary(project, window, compileFilter('spans', filter.filter));
    case 'usage':
      return tracesByUsage(project, window, compileFilter('spans', filter.filter));
    case 'score':
      return tracesWithScore(project, filter.tests, window);
    case 'not':
      return sql`NOT ${compile(scope, filter.item)}`;
    case 'and':
      return compileAll(scope, filter.items);
    case 'or':
      return sql`(${joinSql(
        filter.items.map((item) => compile(scope, item)),
        ' OR ',
      )})`;
  }
}

/**
 * Each condition on spans is looked for in the traces that the one before found, those first that few spans meet: so what nearly every span meets (`service:api`) is asked of
 * a few traces, and not of the range.
 */
function compileAll(scope: Scope, items: readonly TraceFilter[]): Sql {
  const { project, window, among } = scope;
  const ofSpans = items.flatMap((item) => (item.type === 'span' ? [item.filter] : []));
  const others = items.filter(({ type }) => type !== 'span').map((item) => compile(scope, item));
  const chained = ofSpans
    .toSorted((a, b) => commonness(a) - commonness(b))
    .reduce<Sql | undefined>((found, each) => {
      const within = (condition: Sql): Sql =>
        found === undefined ? condition : sql`${found} AND ${condition}`;
      const condition = compileFilter('spans', each, { project, ...window });
      const bySpans = amongSpans(project, window, within(condition));
      const words = textsIn(each).map((parts) => tracesByWords(project, window, parts));
      return words.length === 0 ? bySpans : sql`(${bySpans} OR ${within(sql`(${joinSql(words, ' OR ')})`)})`;
    }, among);
  return every([chained, ...others]);
}

/**
 * The condition of the filter that the fewest traces meet, as far as a guess tells, and that every trace of the list meets. Undefined where there is none that an index or a
 * narrow column finds.
 */
export function rarestCondition(filter: BoundFilter): BoundFilter | undefined {
  const split = splitTraceFilter(filter);
  const ofSpans = (split.type === 'and' ? split.items : [split]).flatMap((item) =>
    item.type === 'span' ? [item.filter] : [],
  );
  const [rarest] = ofSpans.toSorted((a, b) => commonness(a) - commonness(b));
  return rarest === undefined || commonness(rarest) > 1 ? undefined : rarest;
}

/** Whether the filter asks for nothing else: the traces that meet the condition are then those of the list. */
export function isWhole(condition: BoundFilter, filter: BoundFilter): boolean {
  const split = splitTraceFilter(filter);
  return split.type === 'span' && split.filter === condition;
}

/** One value of it is that of few spans, whatever is stored. */
export const isOfFew = (condition: BoundFilter): boolean => commonness(condition) === 0;

/** Traces of the window that meet the condition, at most `limit` by their spans. */
export function tracesMeeting(
  condition: BoundFilter,
  { project, limit, ...window }: FilterScope & { readonly limit: number },
): Sql {
  const bySpans = sql`trace_id IN (SELECT DISTINCT trace_id FROM spans
    WHERE ${inRange(project, 'spans', window)} AND ${compileFilter('spans', condition, { project, ...window })} LIMIT ${uint(limit)})`;
  const words = textsIn(condition).map((parts) => tracesByWords(project, window, parts));
  return sql`(${joinSql([bySpans, ...words], ' OR ')})`;
}

/** Each of these texts meets the filter by itself. */
function textsIn(filter: BoundFilter): readonly (readonly string[])[] {
  if (filter.type === 'or') return filter.items.flatMap(textsIn);
  return filter.type === 'text' ? [filter.parts] : [];
}

/** Fields of which one value is that of few spans. */
const rareFields = ['trace', 'span', 'parent', 'session', 'user', 'correlation'];
/** Fields of a few values. */
const commonFields = ['service', 'scope', 'kind', 'operation', 'provider', 'duration', 'start', 'received'];

/** A guess at how many spans meet the filter, the smaller the fewer. It decides on the time that a list takes and not on what is in it. */
function commonness(filter: BoundFilter): number {
  switch (filter.type) {
    case 'everything':
      return 4;
    case 'not':
      return 3;
    case 'text':
      return 1;
    case 'span':
      return commonness(filter.item);
    case 'and':
      return Math.min(...filter.items.map(commonness));
    case 'or':
      return Math.max(...filter.items.map(commonness));
    case 'test': {
      if (filter.match.type !== 'equals') return 3;
      if (filter.field.type === 'attribute') return 1;
      const { name } = filter.field.field;
      return rareFields.includes(name) ? 0 : commonFields.includes(name) ? 2 : 1;
    }
  }
}

function amongSpans(project: string, window: Window, condition: Sql): Sql {
  return sql`trace_id IN (SELECT trace_id FROM spans WHERE ${inRange(project, 'spans', window)} AND ${condition})`;
}

function durationFilter({ minDurationMs, maxDurationMs }: TraceRequest): TraceFilter | undefined {
  const compare = (comparison: '>=' | '<=', ms: number): BoundFilter => ({
    type: 'test',
    field: {
      type: 'builtin',
      field: { name: 'trace.duration', type: 'duration', description: '', ofTrace: true },
    },
    match: { type: 'compare', comparison, value: BigInt(Math.round(Math.min(ms, 9e12) * 1e6)) },
  });
  const items: BoundFilter[] = [];
  if (minDurationMs !== undefined) items.push(compare('>=', minDurationMs));
  if (maxDurationMs !== undefined) items.push(compare('<=', maxDurationMs));
  return items.length === 0 ? undefined : { type: 'trace', filter: { type: 'and', items } };
}
