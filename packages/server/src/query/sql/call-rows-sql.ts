/**
 * Single calls of models, agents and tools, each once, with the agent that made them. A call that two instrumentations saw (a span of a model
 * directly around another, a tool around the MCP request for the same tool) is one; usage stands where it counts.
 */
import { membersSql } from '@sightline/schema/conventions';
import { type ExactFilters, havingRunFilters, runFilters } from './agent-filter-sql.ts';
import { every, type Sql, sql, trusted } from './sql.ts';
import { aiSpansWithin, firstAgent, type RunScope } from './run-rows-sql.ts';
import { openTraces, storedCallRows } from './stored-runs-sql.ts';
import {
  countedIds,
  endNanos,
  hasUsage,
  inferences,
  isInference,
  isToolCall,
  isUncountable,
  knownCost,
  mostUsedSql,
  wrapperIds,
} from './usage-sql.ts';

const columns: readonly (readonly [name: string, sql: string])[] = [
  ['spanId', 'span_id'],
  ['parentId', 'parent_span_id'],
  ['operation', 'operation'],
  ['name', 'name'],
  ['service', 'service'],
  ['version', 'service_version'],
  ['environment', 'environment'],
  ['provider', 'provider'],
  ['model', 'model'],
  ['ownAgent', 'agent_name'],
  ['tool', 'tool_name'],
  ['prompt', 'prompt_name'],
  ['callStartNanos', 'toUnixTimestamp64Nano(start_time)'],
  ['durationNs', 'duration_ns'],
  ['isError', 'status_code = 2'],
  ['ttftMs', 'if(isFinite(ttft_ms) AND ttft_ms >= 0, ttft_ms, NULL)'],
  ['ownInput', 'toFloat64(input_tokens)'],
  ['ownOutput', 'toFloat64(output_tokens)'],
  ['ownCacheRead', 'toFloat64(cache_read_tokens)'],
  ['ownCacheWrite', 'toFloat64(cache_write_tokens)'],
  ['ownReasoning', 'toFloat64(reasoning_tokens)'],
  ['ownCost', knownCost],
  ['ownUncountable', isUncountable],
  ['ownResponse', 'response_id'],
];
/** What each column is over rows of `ai_spans`. */
export const callColumns: ReadonlyMap<string, string> = new Map(columns);

/**
 * Its own, that of its parent, or of the innermost agent that was at work when it began; the first of the trace where none was. Only direct
 * parents are known here, and between an agent and its call there may be steps.
 */
const agentOfCall = trusted(`arrayFilter(each -> each.1 = parentId, agents) AS parents,
      arraySort(each -> tuple(-each.3, each.1), arrayFilter(each -> each.3 <= callStartNanos AND each.4 >= callStartNanos, agents)) AS around,
      multiIf(ownAgent != '', toString(ownAgent), notEmpty(parents), parents[1].2, notEmpty(around), around[1].2, toString(firstAgent)) AS agent`);

export interface CallWish {
  readonly scope: RunScope;
  /** On the rows of `ai_spans` of whole traces. */
  readonly where: Sql;
  /** Of these, those that ask for something of the trace: its session, its user, the agents in it. */
  readonly filters?: ExactFilters;
  /** Which calls are wanted; what has usage comes besides, unless it is a sum or a repetition. */
  readonly kinds: 'models' | 'tools' | 'all';
  /** Columns that the caller reads, `agent` among them; fewer are faster. What usage needs comes by itself. */
  readonly reads: readonly string[];
}

const kindCondition: Readonly<Record<CallWish['kinds'], string>> = {
  models: `${isInference} OR ${hasUsage}`,
  tools: isToolCall,
  all: `${isInference} OR ${hasUsage} OR ${isToolCall} OR operation = 'agent'`,
};

/** Every column but those that only the rule needs. */
export const callNames: readonly string[] = columns
  .map(([name]) => name)
  .filter((name) => name !== 'parentId' && !name.startsWith('own'));

const usage: Readonly<Record<string, string>> = {
  isCounted: 'isMostUsed',
  inputTokens: 'if(isCounted, ownInput, NULL)',
  outputTokens: 'if(isCounted, ownOutput, NULL)',
  cacheReadTokens: 'if(isCounted, ownCacheRead, NULL)',
  cacheWriteTokens: 'if(isCounted, ownCacheWrite, NULL)',
  reasoningTokens: 'if(isCounted, ownReasoning, NULL)',
  costUsd: 'if(isCounted, ownCost, NULL)',
  unpricedCalls: 'toUInt64(isCounted AND isNull(ownCost))',
};

/** A row a call: the columns read, `isCounted`, and (null where it does not count) the usage and `costUsd`. */
export function callRows(wish: CallWish): Sql {
  const { scope, where, filters = {}, kinds, reads } = wish;
  const { project, window, stored } = scope;
  if (stored === undefined) return gatheredCalls(wish);
  const names = [...new Set(['operation', ...reads, ...(kinds === 'tools' ? [] : Object.keys(usage))])];
  const known = storedCallRows({
    project,
    window,
    stored,
    where,
    filters: runFilters(filters),
    kinds,
    names,
  });
  if (stored.open === undefined) return known;
  const rest = gatheredCalls({
    ...wish,
    scope: { ...scope, window: stored.open, stored: undefined },
    where: every([where, openTraces(project, stored)]),
  });
  const output = trusted(['trace_id', ...names].join(', '));
  return sql`SELECT ${output} FROM (${known}) UNION ALL SELECT ${output} FROM (${rest})`;
}

const alwaysNeeded = ['spanId', 'parentId', 'operation', 'ownAgent', 'tool', 'callStartNanos', 'durationNs'];

/** From rows of `ai_spans`. */
function gatheredCalls({ scope, where, filters = {}, kinds, reads }: CallWish): Sql {
  const withUsage = kinds !== 'tools';
  const needed = new Set([...alwaysNeeded, ...reads]);
  if (withUsage) needed.add('model').add('provider');
  const taken = columns.filter(([name]) => needed.has(name) || (withUsage && name.startsWith('own')));
  const place = (name: string): string => `call.${taken.findIndex(([each]) => each === name) + 1}`;
  // Of a span that came twice with other words the longer one is here: the first may have been sent before it ended.
  const inTurn = ['durationNs', 'callStartNanos', ...(needed.has('isError') ? ['isError'] : []), 'parentId']
    .map(place)
    .join(', ');
  const tellsFailures = kinds !== 'models' && needed.has('isError');
  const fails = `call.${taken.length + (withUsage ? 2 : 1)}`;
  const read = taken.map(([name]) =>
    name === 'isError' && tellsFailures
      ? `${place(name)} OR ${fails} AS isError`
      : `${place(name)} AS ${name}`,
  );
  const used = withUsage ? Object.entries(usage).map(([name, text]) => `, ${text} AS ${name}`) : [];
  if (withUsage) read.push(`call.${taken.length + 1} AS isMostUsed`);
  // Of calls that are each other's parents, those that count are calls. What used something that does not count is a call that was told before.
  const isTold = withUsage ? `(wraps_ OR (${isInferenceOf(place)} AND ${hasUsageOf(place)}))` : 'wraps_';
  const ids = `arrayMap(call -> ${place('spanId')}, calls_)`;
  // What a call of a tool, or of a model, would repeat if it is around it.
  const family = `if(${place('operation')} = 'embedding', '\u0001e', '\u0001')`;
  const uses = `arrayMap(call -> concat(${place('parentId')}, ${withUsage ? `if(${isInferenceOf(place)}, ${family}, toString(${place('tool')}))` : `toString(${place('tool')})`}), calls_)`;
  const counted = `arrayFilter(call -> call.${taken.length + 1} AND ${isInferenceOf(place)}, calls_)`;
  const around = withUsage
    ? `arrayConcat(tools, arrayMap(call -> concat(${place('spanId')}, ${family}), ${counted}))`
    : 'tools';
  const isIn = [
    membersSql(ids, 'wrappers'),
    withUsage ? membersSql(ids, 'countedIds') : 'arrayMap(call -> 0, calls_)',
    membersSql(uses, around),
  ];
  const repeats = withUsage
    ? `if(${isInferenceOf(place)}, NOT counts_, ${place('tool')} != '')`
    : `${place('tool')} != ''`;
  const told = `arrayMap(calls_ -> arrayFilter((call, wraps_, counts_, repeats_) -> NOT (${isTold} AND NOT counts_) AND NOT (${repeats} AND repeats_), calls_, ${isIn.join(', ')}), [${withUsage ? rankedCalls(place, inTurn) : onePerId(`arrayReverseSort(call -> tuple(${inTurn}), calls)`, place)}])[1]`;
  const once = withUsage ? oncePerResponse(told, place) : told;
  // A call failed, too, where the one of the same tool directly below it did: Python's MCP client ends its span without a word.
  const places = `arrayMap(call -> concat(${place('spanId')}, toString(${place('tool')})), once_)`;
  const kept = tellsFailures
    ? `arrayMap(once_ -> arrayMap((call, fails_) -> tupleConcat(call, tuple(fails_)), once_, ${membersSql(places, 'failedTools')}), [${once}])[1]`
    : once;
  return sql`SELECT trace_id, ${trusted(read.join(', '))}${trusted(used.join(''))},
      ${agentOfCall}
    FROM (
      SELECT trace_id, ${trusted(withUsage ? `${countedIds} AS countedIds,` : '')} ${trusted(wrapperIds(isInference))} AS wrappers,
        ${trusted(firstAgent)} AS firstAgent,
        groupArrayIf(tuple(span_id, toString(agent_name), toUnixTimestamp64Nano(start_time), ${trusted(endNanos)}), operation = 'agent' AND agent_name != '') AS agents,
        groupArrayIf(concat(span_id, toString(tool_name)), ${trusted(isToolCall)}) AS tools,
        groupArrayIf(concat(parent_span_id, toString(tool_name)), tool_name != '' AND status_code = 2 AND ${trusted(isToolCall)}) AS failedTools,
        groupUniqArrayIf(tuple(${trusted(taken.map(([, text]) => text).join(', '))}), ${trusted(kindCondition[kinds])}) AS calls
      FROM ai_spans WHERE ${aiSpansWithin(scope)} AND ${where} GROUP BY trace_id HAVING ${havingRunFilters(filters)})
    ARRAY JOIN ${trusted(kept)} AS call
    WHERE ${trusted(kinds === 'models' ? `operation IN (${inferences}) OR isCounted` : 'true')}`;
}

const isInferenceOf = (place: (name: string) => string): string => `${place('operation')} IN (${inferences})`;

function hasUsageOf(place: (name: string) => string): string {
  const known = (name: string): string => `ifNull(${place(name)}, 0) > 0`;
  return `(${known('ownInput')} OR ${known('ownOutput')} OR ${known('ownCost')} OR ${place('ownUncountable')})`;
}

/** Of calls of models with one response the first: those that count come first. */
function oncePerResponse(calls: string, place: (name: string) => string): string {
  const answers = `arrayMap((call, at_) -> if(${isInferenceOf(place)} AND ${place('ownResponse')} != '', ${place('ownResponse')}, concat(' ', toString(at_))), told_, arrayEnumerate(told_))`;
  return `arrayMap(told_ -> arrayFilter((call, nth) -> nth = 1, told_, arrayEnumerateUniq(${answers})), [${calls}])[1]`;
}

/** Of sorted calls of one kind with one id the first: a span that came twice is one call. */
function onePerId(sorted: string, place: (name: string) => string): string {
  const kind = `if(${isInferenceOf(place)}, '', if(${place('operation')} = 'mcp', 'tool', toString(${place('operation')})))`;
  const places = `arrayMap(call -> concat(${place('spanId')}, ${kind}), all_)`;
  return `arrayMap(all_ -> arrayFilter((call, nth) -> nth = 1, all_, arrayEnumerateUniq(${places})), [${sorted}])[1]`;
}

/** The calls with one more part: whether its usage counts. Of spans with one id, which two clients or a client and a server may share, one does. */
function rankedCalls(place: (name: string) => string, inTurn: string): string {
  const [used, isCall] = [hasUsageOf(place), isInferenceOf(place)];
  const ids = (of: string): string => `arrayMap(call -> ${place('spanId')}, ${of})`;
  const mayCount = (of: string): string =>
    `arrayMap((call, in_) -> in_ AND ${used} AND (${isCall}) = any_, ${of}, ${membersSql(ids(of), 'countedIds')})`;
  const use = mostUsedSql({
    input: place('ownInput'),
    output: place('ownOutput'),
    cost: place('ownCost'),
    cacheRead: place('ownCacheRead'),
    cacheWrite: place('ownCacheWrite'),
    reasoning: place('ownReasoning'),
    model: place('model'),
    provider: place('provider'),
  });
  const sorted = `arrayReverseSort((call, may_) -> tuple(may_, ${use}, ${inTurn}), calls, ${mayCount('calls')})`;
  const ranked = `arrayMap(sorted_ -> arrayMap((call, may_, nth) -> tupleConcat(call, tuple(nth = 1 AND may_)), sorted_, ${mayCount('sorted_')}, arrayEnumerateUniq(${ids('sorted_')})), [${sorted}])[1]`;
  return `arrayMap(any_ -> ${onePerId(ranked, place)}, [arrayExists(call -> ${isCall} AND ${used}, calls)])[1]`;
}
