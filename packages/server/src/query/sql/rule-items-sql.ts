/**
 * What rules look at, a row an item: `at` (when it was known: the end of a span or run, the time of a log record or score, in nanoseconds), `trace_id`, what tells items apart, and
 * what each of the rules that are asked together wants of it.
 */
import { SightlineError } from '@sightline/schema/errors';
import type { BoundFilter } from '@sightline/schema/filter';
import { type Dimension, type Measure, type RuleSource, signalOf, type Term } from '@sightline/schema/rules';
import { underJoinedNames } from '../agents/joined-models.ts';
import type { JoinedModels } from '../agents/model-names.ts';
import { compileColumnTest } from '../filter/compile-condition.ts';
import { compileFilter } from '../filter/compile-filter.ts';
import { fieldText } from '../filter/field-text.ts';
import type { Window } from '../time-range.ts';
import { verdictRows } from './hallucination-sql.ts';
import { inBuckets, inRange, storedAfter } from './range-sql.ts';
import { callColumnsIn, callRows, runRows } from './runs-sql.ts';
import { every, int64, joinSql, moment, type Sql, sql, string, trusted } from './sql.ts';
import { wantedTraces } from './trace-sets-sql.ts';
import { endNanos } from './usage-sql.ts';

/** Reads a filter of a rule on the signal of its source. */
export type ReadFilter = (text: string) => BoundFilter;

export interface ItemRequest {
  readonly project: string;
  /** Of the table of runs (`settledRuns`). */
  readonly generation: number;
  readonly source: RuleSource;
  readonly by: readonly Dimension[];
  /** Under which names models are listed. */
  readonly joined: JoinedModels;
  /** Items whose `at` is in it. */
  readonly window: Window;
  /** Only what came into the store after this: all that ended in the window did, where the window is of now. Milliseconds since 1970. */
  readonly storedAfterMs: bigint | undefined;
  readonly queries: readonly { readonly filter: string; readonly terms: readonly Term[] }[];
  readonly readFilter: ReadFilter;
}

/** Spans and runs may have begun so long before they ended. */
const lookBackNanos = 86_400_000_000_000n;

/** Columns `at`, `trace_id`, `l0`…, and for query q: `f{q}` whether it is looked at, `x{q}_{t}` what term t wants. */
export function ruleItems(request: ItemRequest): Sql {
  const { source, by, queries } = request;
  const scope = scopeOf(request);
  const filters = queries.map(({ filter }) => filterOf(request, filter, scope));
  const columns = [
    trusted('trace_id'),
    ...by.map((dimension, index) => sql`${dimensionSql(source, dimension)} AS ${trusted(`l${index}`)}`),
    ...queries.flatMap(({ terms }, q) => [
      sql`toUInt8(${filters[q] ?? trusted('true')}) AS ${trusted(`f${q}`)}`,
      ...terms.flatMap((term, t) => {
        const wanted = termSql(request, term, scope);
        return wanted === undefined ? [] : [sql`${wanted} AS ${trusted(`x${q}_${t}`)}`];
      }),
    ]),
  ];
  const isAll = filters.includes(undefined);
  const some = filters.filter((filter) => filter !== undefined);
  const any = isAll ? undefined : sql`(${joinSql(some, ' OR ')})`;
  const wanted = joinSql(columns, ', ');
  const rows = rowsOf(request, scope, wanted);
  return sql`SELECT ${rows.at} AS at, ${wanted} FROM ${rows.from} WHERE ${every([rows.where, any])}`;
}

interface ItemScope extends Window {
  readonly project: string;
}

function scopeOf({ project, window, source }: ItemRequest): ItemScope {
  if (source === 'logs' || source === 'scores') return { project, ...window };
  const from = window.from > lookBackNanos ? window.from - lookBackNanos : 0n;
  return { project, from: from as Window['from'], to: window.to };
}

interface ItemRows {
  readonly at: Sql;
  readonly from: Sql;
  readonly where: Sql;
}

/** `wanted`: what is read of each item beside `at`. */
function rowsOf(request: ItemRequest, scope: ItemScope, wanted: Sql): ItemRows {
  const { project, generation, source, window, joined, storedAfterMs, queries } = request;
  const stored = storedAfterMs === undefined ? undefined : storedAfter(storedAfterMs);
  const isWithin = (at: Sql): Sql => sql`${at} >= ${int64(window.from)} AND ${at} < ${int64(window.to)}`;
  switch (source) {
    case 'spans': {
      const at = trusted(`(${endNanos})`);
      return {
        at,
        from: trusted('spans'),
        where: every([inRange(project, 'spans', scope), stored, isWithin(at)]),
      };
    }
    case 'logs':
      return {
        at: trusted('toUnixTimestamp64Nano(time)'),
        from: trusted('logs'),
        where: every([inRange(project, 'logs', window), stored]),
      };
    case 'calls': {
      const at = trusted('(callStartNanos + toInt64(least(durationNs, 4000000000000000000)))');
      const { sql: statement } = sql`${at} ${wanted}`.toStatement();
      const rows = callRows({
        scope: { project, generation, window: scope },
        where: touched(scope, stored),
        kinds: 'models',
        // Under which names models are listed is said of both.
        reads: [...callColumnsIn(statement), 'provider', 'model'],
        isExact: true,
      });
      return { at, from: sql`(${underJoinedNames(rows, joined)})`, where: isWithin(at) };
    }
    case 'runs': {
      const rows = runRows({ scope: { project, generation, window: scope }, where: touched(scope, stored) });
      return { at: trusted('endNanos'), from: sql`(${rows})`, where: isWithin(trusted('endNanos')) };
    }
    case 'scores': {
      const at = trusted('toUnixTimestamp64Nano(time)');
      const scores = sql`project = ${string(project)} AND ${inBuckets(window)} AND time >= ${moment(window.from)} AND time < ${moment(window.to)}`;
      const isJudged = queries.some(({ terms }) => terms.some(({ type }) => type === 'hallucinated'));
      if (!isJudged) return { at, from: trusted('scores FINAL'), where: scores };
      const answers = inRange(project, 'spans', { from: scopeBefore(window), to: window.to });
      const rows = verdictRows({ scores, answers, columns: trusted('time, service, source, session_id') });
      return { at, from: sql`(${rows})`, where: trusted('true') };
    }
  }
}

function scopeBefore({ from }: Window): Window['from'] {
  return (from > lookBackNanos ? from - lookBackNanos : 0n) as Window['from'];
}

/** Whole traces, of which something came lately. */
function touched(scope: ItemScope, stored: Sql | undefined): Sql {
  if (stored === undefined) return trusted('true');
  return sql`trace_id IN (SELECT trace_id FROM ai_spans WHERE ${inRange(scope.project, 'spans', scope)} AND ${stored})`;
}

/** Undefined where everything is looked at. */
function filterOf(request: ItemRequest, text: string, scope: ItemScope): Sql | undefined {
  if (text.trim() === '') return undefined;
  const { project, source, readFilter } = request;
  const filter = readFilter(text);
  if (filter.type === 'everything') return undefined;
  switch (signalOf(source)) {
    case 'logs':
      return compileFilter('logs', filter, scope);
    case 'traces': {
      if (source === 'scores' && isOfScores(filter)) return scoreFilter(filter);
      return wantedTraces(project, { filter }, padded(scope));
    }
    default: {
      if (source === 'spans') return compileFilter('spans', filter, scope);
      if (isOfFailures(filter)) return trusted('isError');
      return sql`(trace_id, spanId) IN (SELECT trace_id, span_id FROM spans
        WHERE ${inRange(project, 'spans', scope)} AND ${compileFilter('spans', filter, scope)})`;
    }
  }
}

/** A call has failed where the span that it comes from has. To look spans up by their ids costs as much as reading all calls. */
const isOfFailures = (filter: BoundFilter): boolean =>
  filter.type === 'test' &&
  filter.field.type === 'builtin' &&
  filter.field.field.name === 'status' &&
  filter.match.type === 'equals' &&
  filter.match.text === 'error';

const padded = ({ from, to }: Window): Window => ({ from: scopeBefore({ from, to }), to });

/** What a term wants of an item: a number or NULL, or whether it meets a condition. Undefined where it wants nothing. */
function termSql(request: ItemRequest, term: Term, scope: ItemScope): Sql | undefined {
  switch (term.type) {
    case 'count':
      return term.filter === ''
        ? undefined
        : sql`toUInt8(${filterOf(request, term.filter, scope) ?? trusted('true')})`;
    case 'share':
      return request.source === 'scores'
        ? scoreShare(request.readFilter(term.filter))
        : sql`toUInt8(${filterOf(request, term.filter, scope) ?? trusted('true')})`;
    case 'failed':
      return trusted(failedSql[request.source] ?? '0');
    case 'hallucinated':
      return trusted('toUInt8(isHallucinated)');
    case 'quantile':
    case 'avg':
    case 'max':
    case 'min':
    case 'sum':
      return measureSql(request.source, term.measure, term.type === 'quantile' && term.inMs);
    case 'uniq':
      return dimensionSql(request.source, term.dimension);
    default:
      return undefined;
  }
}

const failedSql: Partial<Record<RuleSource, string>> = {
  spans: 'toUInt8(status_code = 2)',
  calls: 'toUInt8(isError)',
  runs: 'toUInt8(isFailed)',
};

const tokensOf = (input: string, output: string): string =>
  `if(isNull(${input}) AND isNull(${output}), NULL, ifNull(toFloat64(${input}), 0) + ifNull(toFloat64(${output}), 0))`;

const measures: Readonly<Record<RuleSource, Readonly<Record<string, string>>>> = {
  spans: {
    duration: 'duration_ns / 1e9',
    ttft: 'if(isFinite(ttft_ms) AND ttft_ms >= 0, ttft_ms / 1e3, NULL)',
  },
  calls: {
    duration: 'durationNs / 1e9',
    ttft: 'ttftMs / 1e3',
    cost: 'costUsd',
    tokens: tokensOf('inputTokens', 'outputTokens'),
    input_tokens: 'inputTokens',
    output_tokens: 'outputTokens',
    cache_read_tokens: 'cacheReadTokens',
    cache_write_tokens: 'cacheWriteTokens',
    reasoning_tokens: 'reasoningTokens',
  },
  runs: {
    duration: 'durationNanos / 1e9',
    steps: 'steps',
    errors: 'errorCount',
    llm_calls: 'llmCalls',
    tool_calls: 'toolCalls',
    cost: 'costUsd',
    tokens: tokensOf('inputTokens', 'outputTokens'),
    input_tokens: 'inputTokens',
    output_tokens: 'outputTokens',
    cache_read_tokens: 'cacheReadTokens',
  },
  logs: {},
  scores: { value: 'value' },
};

function measureSql(source: RuleSource, measure: Measure, inMs: boolean): Sql {
  if (measure.type === 'score') return sql`toFloat64(if(name = ${string(measure.name)}, value, NULL))`;
  if (measure.type === 'attribute') return sql`toFloat64OrNull(${dimensionSql(source, measure)})`;
  const column = measures[source][measure.name] ?? 'NULL';
  return trusted(`CAST(${column}${inMs ? ' * 1e3' : ''} AS Nullable(Float64))`);
}

const text = (column: string): string => `toString(${column})`;
const hexId = (column: string): string => `if(match(hex(${column}), '^0*$'), '', lower(hex(${column})))`;

const dimensions: Readonly<Record<'calls' | 'runs' | 'scores', Readonly<Record<string, string>>>> = {
  calls: Object.fromEntries(
    ['service', 'model', 'provider', 'agent', 'operation', 'version', 'environment', 'name'].map((name) => [
      name,
      text(name),
    ]),
  ),
  runs: {
    workflow: text('head.1'),
    operation: text('head.2'),
    service: text('head.3'),
    version: text('head.4'),
    environment: text('head.5'),
    agent: text('firstAgent'),
    session: text('sessionId'),
    user: text('userId'),
    trace: hexId('trace_id'),
  },
  scores: {
    name: text('name'),
    label: text('label'),
    service: text('service'),
    source: text('source'),
    session: text('session_id'),
    trace: hexId('trace_id'),
  },
};

export function dimensionSql(source: RuleSource, dimension: Dimension): Sql {
  if (source === 'spans' || source === 'logs')
    return dimension.type === 'builtin'
      ? fieldText(source, { source: 'any', name: dimension.name })
      : fieldText(source, { source: dimension.source, name: dimension.name });
  return trusted(dimensions[source][dimension.name] ?? "''");
}

type ScoreTest = Extract<BoundFilter, { type: 'test' }>;

function isOfScores(filter: BoundFilter): boolean {
  return testsOf(filter).every((test) => scoreName(test) !== undefined);
}

function testsOf(filter: BoundFilter): readonly ScoreTest[] {
  switch (filter.type) {
    case 'and':
    case 'or':
      return filter.items.flatMap(testsOf);
    case 'not':
    case 'span':
      return testsOf(filter.item);
    case 'test':
      return [filter];
    default:
      return [];
  }
}

function scoreName({ field }: ScoreTest): string | undefined {
  return field.type === 'builtin' && field.field.type === 'score'
    ? field.field.name.slice('score.'.length)
    : undefined;
}

/** On rows of `scores`. */
function scoreFilter(filter: BoundFilter): Sql {
  switch (filter.type) {
    case 'everything':
      return trusted('true');
    case 'and':
    case 'or':
      return sql`(${joinSql(filter.items.map(scoreFilter), filter.type === 'and' ? ' AND ' : ' OR ')})`;
    case 'not':
      return sql`(NOT ${scoreFilter(filter.item)})`;
    case 'test': {
      const column =
        filter.match.type === 'compare'
          ? ({ type: 'number', sql: 'value' } as const)
          : ({ type: 'text', sql: 'label' } as const);
      const met = filter.match.type === 'exists' ? trusted('true') : compileColumnTest(column, filter.match);
      return sql`(name = ${string(scoreName(filter) ?? '')} AND ifNull(${met}, false))`;
    }
    default:
      throw notOfScores();
  }
}

/** NULL for scores of other names, which are no part of the whole. */
function scoreShare(filter: BoundFilter): Sql {
  if (!isOfScores(filter)) throw notOfScores();
  const names = [...new Set(testsOf(filter).map((test) => scoreName(test) ?? ''))];
  const isNamed = joinSql(
    names.map((name) => sql`name = ${string(name)}`),
    ' OR ',
  );
  return sql`if(${isNamed}, toUInt8(${scoreFilter(filter)}), NULL)`;
}

function notOfScores(): SightlineError {
  return new SightlineError(
    'bad_filter',
    'Conditions on scores in parentheses name scores only, as in `rate(score.hallucination>0.5)`.',
    {
      hint: 'Put conditions on traces after `where`.',
    },
  );
}
