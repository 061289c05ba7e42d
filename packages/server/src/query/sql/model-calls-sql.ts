/**
 * Calls of models as `callRows` gives them, the fast way. In most traces every call with usage counts, once; there the rows are read as they are.
 * The others (calls within calls, answers or calls told twice, spans sent twice) go through the arrays of `callRows`.
 */
import { modelNameSql } from '@sightline/schema/conventions';
import type { ExactFilters } from './agent-filter-sql.ts';
import { callColumns, callRows, type CallWish } from './call-rows-sql.ts';
import type { Reader } from '../reader.ts';
import { aiSpansWithin } from './run-rows-sql.ts';
import { type Sql, sql, trusted, uint } from './sql.ts';
import { tracesByHex } from './trace-summary-sql.ts';
import { hasUsage, isInference } from './usage-sql.ts';

export type ModelCallWish = Omit<CallWish, 'kinds'> & { readonly filters: ExactFilters };

/** More than these, and all traces take the way of the few. */
const irregularMax = 20_000;

/** Without `agent`, unless it is among `reads`. Asks the store which traces need the rule. */
export async function modelCalls(reader: Reader, wish: ModelCallWish): Promise<Sql> {
  const { scope, where, reads, filters } = wish;
  const needsTrace = [filters.session, filters.user, filters.agent].some((each) => each !== undefined);
  const ruled = callRows({ ...wish, kinds: 'models' });
  if (scope.stored !== undefined || needsTrace || reads.includes('agent')) return ruled;
  const within = sql`${aiSpansWithin(scope)} AND ${where}`;
  const irregular = await reader.rows<{ traceId: string }>(sql`
    SELECT lower(hex(trace_id)) AS traceId FROM (
      SELECT trace_id, groupArray(tuple(span_id, parent_span_id, ${trusted(isInference)} AS isCall, response_id, toString(scope_name), cityHash64(service, ${trusted(modelNameSql('model'))}, ifNull(input_tokens, 0), ifNull(output_tokens, 0)))) AS spans
      FROM ai_spans WHERE ${within} AND (${trusted(`${isInference} OR ${hasUsage}`)}) GROUP BY trace_id HAVING length(spans) > 1)
    WHERE ${trusted(isIrregular)} LIMIT ${uint(irregularMax + 1)}`);
  if (irregular.length > irregularMax) return ruled;
  const withSums = sql`SELECT trace_id FROM ai_spans WHERE ${within} AND NOT (${trusted(isInference)}) AND ${trusted(hasUsage)}`;
  const withCalls = sql`SELECT trace_id FROM ai_spans WHERE ${within} AND ${trusted(isInference)} AND ${trusted(hasUsage)} AND trace_id IN (${withSums})`;
  const columns = [...new Set(['operation', ...reads])];
  const output = trusted(['trace_id', ...columns, ...usageNames].join(', '));
  const among = sql`trace_id IN (${tracesByHex(irregular.map(({ traceId }) => traceId))})`;
  const plain = sql`SELECT ${output} FROM (
    SELECT trace_id, ${trusted(columns.map((name) => `${callColumns.get(name)} AS ${name}`).join(', '))}, ${trusted(plainUsage)}
    FROM ai_spans WHERE ${within} AND ${irregular.length === 0 ? trusted('true') : sql`NOT ${among}`}
      AND (${trusted(isInference)} OR (${trusted(hasUsage)} AND trace_id NOT IN (${withCalls}))))`;
  if (irregular.length === 0) return plain;
  return sql`${plain} UNION ALL SELECT ${output} FROM (${callRows({ ...wish, where: sql`${where} AND ${among}`, kinds: 'models' })})`;
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

/**
 * Over `spans`, more than one of a trace: one is around another, came twice or answers what another answers; several instrumentations tell of calls with one usage; or sums of agents stand
 * alone, and need the rule among themselves. A sum beside calls needs none: it does not count.
 */
const isIrregular = `(
  hasAny(arrayMap(s -> s.1, arrayFilter(s -> s.3, spans)), arrayMap(s -> s.2, arrayFilter(s -> s.3, spans)))
  OR length(arrayDistinct(arrayMap(s -> s.1, spans))) != length(spans)
  OR length(arrayDistinct(arrayMap(s -> s.4, arrayFilter(s -> s.3 AND s.4 != '', spans)))) != arrayCount(s -> s.3 AND s.4 != '', spans)
  OR (length(arrayDistinct(arrayMap(s -> s.5, arrayFilter(s -> s.3, spans)))) > 1
    AND length(arrayDistinct(arrayMap(s -> s.6, arrayFilter(s -> s.3, spans)))) != arrayCount(s -> s.3, spans))
  OR NOT arrayExists(s -> s.3, spans))`;
