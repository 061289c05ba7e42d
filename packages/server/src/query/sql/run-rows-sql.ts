/** Runs: rows of `ai_spans`, a row a trace. */
import { membersSql } from '@sightline/schema/conventions';
import { type ExactFilters, havingFilters } from './agent-filter-sql.ts';
import { every, moment, type Sql, sql, string, strings, trusted } from './sql.ts';
import { inBuckets, storedUntil } from './range-sql.ts';
import {
  type NamedGroups,
  openTraces,
  runColumnNames,
  type StoredRuns,
  storedRunRows,
} from './stored-runs-sql.ts';
import {
  billedColumns,
  billedSums,
  endNanos,
  hasUsage,
  isInference,
  isToolCall,
  wrapperIds,
} from './usage-sql.ts';
import type { Window } from './trace-sets-sql.ts';

export interface RunScope {
  readonly project: string;
  /** Spans outside are not looked at. */
  readonly window: Window;
  /** Rows that came later are not looked at: the pages of a list are read at one moment. Milliseconds since 1970. */
  readonly storedUntilMs?: bigint | undefined;
  /** Where the runs are put together already: `readStoredRuns` says. */
  readonly stored?: StoredRuns | undefined;
}

/** Rows of `ai_spans` of the scope. */
export function aiSpansWithin({ project, window, storedUntilMs }: Omit<RunScope, 'stored'>): Sql {
  const { from, to } = window;
  return every([
    sql`project = ${string(project)} AND ${inBuckets(window)} AND start_time >= ${moment(from)} AND start_time < ${moment(to)}`,
    storedUntilMs === undefined ? undefined : storedUntil(storedUntilMs),
  ]);
}

/**
 * As one number, the smallest first; tuples take twice the time. The outermost step: a root, else the longest workflow or agent, else the longest of all. Not the first to start: the clock of another
 * service may be behind.
 */
const headOrder = `bitOr(bitOr(toUInt64(if(parent_span_id = toFixedString('', 8), 0, 9223372036854775808)), toUInt64(if(operation IN ('workflow', 'agent'), 0, 4611686018427387904))),
  toUInt64(4611686018427387903 - least(duration_ns, 4611686018427387903)))`;
/**
 * The same for a step and another of the same rank and length: then one of them is mostly directly around the other, and outermost. So both ends of
 * the tie are looked at, by their ids.
 */
const tieOrder = `bitOr(bitShiftLeft(toUInt128(${headOrder}), 64), toUInt128(reinterpretAsUInt64(span_id)))`;
const headTuple =
  'tuple(name, operation, service, service_version, environment, status_code, span_id, parent_span_id)';
/** The first to start; of several at once always the same. */
const startOrder =
  'bitOr(bitShiftLeft(toUInt128(toUInt64(toUnixTimestamp64Nano(start_time))), 64), toUInt128(reinterpretAsUInt64(span_id)))';
export const firstAgent = `argMinIf(agent_name, ${startOrder}, agent_name != '')`;
/** Spans of models: their ids, whether they have usage, those of the responses, what they are below, and whether they are around others. Of those with one id one, as in `callRows`. */
const answers = `arrayMap((around, calls) -> arrayMap((call, in_) -> tuple(call.1, call.2, call.5, call.6, in_), calls, ${membersSql('arrayMap(call -> call.1, calls)', 'around')}),
  [${wrapperIds("operation = 'llm'")}], [arrayMap(calls -> arrayFilter((call, nth) -> nth = 1, calls, arrayEnumerateUniq(arrayMap(call -> call.1, calls))),
    [arrayReverseSort(groupUniqArrayIf((span_id, ${hasUsage}, duration_ns, start_time, response_id, parent_span_id), operation = 'llm'))])[1]])[1]`;
/** As `modelCalls` of a run's tree has them, and `callRows`: what counts, and of what tells no usage the innermost that is not below what counts; each response once. */
const llmCalls = `arrayMap(counts -> arrayMap((told, silent) -> toUInt64(length(arrayDistinct(arrayMap(call -> if(call.3 = '', hex(call.1), call.3),
      arrayConcat(told, arrayFilter((call, below_) -> NOT below_, silent, ${membersSql('arrayMap(call -> call.4, silent)', 'arrayMap(call -> call.1, told)')})))))),
    [arrayFilter((call, in_) -> in_, answers, counts)], [arrayFilter((call, in_) -> NOT (in_ OR call.2 OR call.5), answers, counts)])[1],
  [${membersSql('arrayMap(call -> call.1, answers)', 'arrayMap(call -> call.1, billed)')}])[1]`;

/** As `callRows` has it: a call directly below another of the same tool is that call, told by the client or the server of MCP. */
const toolCalls = `toUInt64(arrayMap((tools, calls) -> length(arrayDistinct(arrayMap(call -> call.1, arrayFilter((call, in_) -> NOT in_ OR NOT call.3, calls, ${membersSql('arrayMap(call -> call.2, calls)', 'tools')})))),
  [groupUniqArrayIf(concat(span_id, toString(tool_name)), ${isToolCall})], [groupUniqArrayIf((span_id, concat(parent_span_id, toString(tool_name)), tool_name != ''), ${isToolCall})])[1])`;
/** A span that was sent again is one; a client and its server may share an id, and are two. */
const spansWhere = (condition: string): string =>
  `uniqExactIf(cityHash64(span_id, start_time, operation), ${condition})`;

const runColumns = `
  trace_id,
  min(toUnixTimestamp64Nano(start_time)) AS startNanos, max(toUnixTimestamp64Nano(start_time)) AS lastNanos, max(${endNanos}) AS endNanos, endNanos - startNanos AS durationNanos,
  argMin(${headTuple}, ${tieOrder}) AS oneEnd, argMin(${headTuple}, bitXor(${tieOrder}, toUInt128(18446744073709551615))) AS otherEnd,
  if(oneEnd.8 = otherEnd.7, otherEnd, oneEnd) AS head,
  ${firstAgent} AS firstAgent,
  ${spansWhere('true')} AS steps, ${answers} AS answers, ${toolCalls} AS toolCalls,
  ${spansWhere('status_code = 2')} AS errorCount,
  if(head.2 IN ('workflow', 'agent', 'step'), head.6 = 2, countIf(status_code = 2) > 0) AS isFailed,
  max(session_id) AS sessionId, max(user_id) AS userId,
  groupUniqArrayIf(toString(agent_name), agent_name != '') AS agentNames, groupUniqArray(toString(service)) AS serviceNames,
  groupUniqArrayIf(toString(service_version), service_version != '') AS versionNames,
  groupUniqArrayIf(toString(model), ${isInference} AND model != '') AS modelNames,
  groupUniqArray(session_id) AS sessionIds, groupUniqArray(user_id) AS userIds, groupUniqArray(toString(environment)) AS environmentNames,
  groupUniqArray(toString(model)) AS mentionedModels, groupUniqArray(toString(tool_name)) AS toolNames,
  ${billedColumns}`;

const billedParts = `${billedSums}, ${llmCalls} AS llmCalls, arrayMap(call -> tuple(toString(call.2), toString(call.3), call.9), billed) AS models`;

export interface RunWish {
  readonly scope: RunScope;
  /** On `trace_id`. */
  readonly where: Sql;
  readonly filters?: ExactFilters;
  /** The run has a step in it. */
  readonly within?: Window;
  /** On the columns of a run, but for what it used. */
  readonly having?: Sql | undefined;
  /** Runs of these are wanted; others may come along. */
  readonly groups?: NamedGroups | undefined;
}

/** A row a run. */
export function runRows({ scope, where, filters = {}, within, having, groups }: RunWish): Sql {
  const { project, window, stored } = scope;
  const put = (of: RunScope, among: Sql | undefined): Sql =>
    putTogether(
      of,
      every([where, among, groups === undefined ? undefined : tracesThatName(of, groups)]),
      every([
        within === undefined
          ? undefined
          : sql`countIf(start_time >= ${moment(within.from)} AND start_time < ${moment(within.to)}) > 0`,
        havingFilters(filters),
        having,
      ]),
    );
  if (stored === undefined) return put(scope, undefined);
  // A run that began before and went on after is at work in between.
  const wish = { project, window: within ?? window, stored, where, filters };
  const known = sql`SELECT * FROM (${storedRunRows({ ...wish, groups })}) WHERE ${having ?? trusted('true')}`;
  if (stored.open === undefined) return known;
  const columns = trusted(['trace_id', ...runColumnNames].join(', '));
  return sql`SELECT ${columns} FROM (${known}) UNION ALL SELECT ${columns} FROM (${put({ ...scope, window: stored.open }, openTraces(project, stored))})`;
}

function tracesThatName(scope: RunScope, { by, ids }: NamedGroups): Sql {
  return sql`trace_id IN (SELECT trace_id FROM ai_spans
    WHERE ${aiSpansWithin(scope)} AND ${trusted(`${by}_id`)} IN (SELECT arrayJoin(${strings(ids)})))`;
}

/** From rows of `ai_spans`; `having` may name the columns of a run, but for what it used. */
export function putTogether(scope: RunScope, where: Sql, having: Sql): Sql {
  return sql`SELECT *, ${trusted(billedParts)} FROM (SELECT ${trusted(runColumns)} FROM ai_spans
    WHERE ${aiSpansWithin(scope)} AND ${where} GROUP BY trace_id HAVING ${having})`;
}
