/**
 * Calls of models as `callRows` gives them, the fast way. In most traces every call with usage counts, once; there the rows are read as they are.
 * The others (calls within calls, answers told twice, spans sent twice) go through the arrays of `callRows`.
 */
import { type ExactFilters, havingRunFilters } from './agent-filter-sql.ts';
import { callColumns, callRows, type CallWish } from './call-rows-sql.ts';
import { aiSpansWithin } from './run-rows-sql.ts';
import { type Sql, sql, trusted } from './sql.ts';
import { hasUsage, isInference } from './usage-sql.ts';

export type ModelCallWish = Omit<CallWish, 'kinds' | 'having'> & { readonly filters: ExactFilters };

/** Without `agent`, unless it is among `reads`. */
export function modelCalls({ filters, ...wish }: ModelCallWish): Sql {
  const { scope, where, reads } = wish;
  const having = havingRunFilters(filters);
  const needsTrace = [filters.session, filters.user, filters.agent].some((each) => each !== undefined);
  const columns = [...new Set(['operation', ...reads])].filter((name) => name !== 'agent');
  const output = trusted(['trace_id', ...columns, ...usageNames].join(', '));
  const all = callRows({ ...wish, kinds: 'models', having });
  if (needsTrace || reads.includes('agent')) return sql`SELECT * FROM (${all})`;
  const within = sql`${aiSpansWithin(scope)} AND ${where}`;
  const irregular = sql`SELECT trace_id FROM ai_spans WHERE ${within} AND (${trusted(`${isInference} OR ${hasUsage}`)})
    GROUP BY trace_id HAVING count() > 1 AND ${trusted(isIrregular)}`;
  const withSums = sql`SELECT trace_id FROM ai_spans WHERE ${within} AND NOT (${trusted(isInference)}) AND ${trusted(hasUsage)}`;
  const withCalls = sql`SELECT trace_id FROM ai_spans WHERE ${within} AND ${trusted(isInference)} AND ${trusted(hasUsage)} AND trace_id IN (${withSums})`;
  return sql`SELECT ${output} FROM (
      SELECT trace_id, ${trusted(columns.map((name) => `${callColumns.get(name)} AS ${name}`).join(', '))}, ${trusted(plainUsage)}
      FROM ai_spans WHERE ${within} AND trace_id NOT IN (${irregular})
        AND (${trusted(isInference)} OR (${trusted(hasUsage)} AND trace_id NOT IN (${withCalls}))))
    UNION ALL SELECT ${output} FROM (${callRows({ ...wish, where: sql`${where} AND trace_id IN (${irregular})`, kinds: 'models', having })})`;
}

const usageNames = [
  'isCounted',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'costUsd',
  'unpricedCalls',
] as const;

const plainUsage = `${hasUsage} AS isCounted,
  if(isCounted, ${callColumns.get('ownInput')}, NULL) AS inputTokens, if(isCounted, ${callColumns.get('ownOutput')}, NULL) AS outputTokens,
  if(isCounted, ${callColumns.get('ownCacheRead')}, NULL) AS cacheReadTokens, if(isCounted, ${callColumns.get('ownCacheWrite')}, NULL) AS cacheWriteTokens,
  if(isCounted, ${callColumns.get('ownReasoning')}, NULL) AS reasoningTokens, if(isCounted, ${callColumns.get('ownCost')}, NULL) AS costUsd,
  toUInt64(isCounted AND isNull(${callColumns.get('ownCost')})) AS unpricedCalls`;

/** Sums of agents that stand beside calls are told apart by the rows; among themselves they need the rule. */
const isIrregular = `(
  hasAny(groupArrayIf(span_id, ${isInference}), groupArrayIf(parent_span_id, ${isInference}))
  OR uniqExact(span_id) != count()
  OR uniqExactIf(response_id, response_id != '' AND ${isInference}) != countIf(response_id != '' AND ${isInference})
  OR (countIf(NOT (${isInference})) > 1 AND countIf(${isInference} AND ${hasUsage}) = 0))`;
