import type { OverviewResponse } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import type { Reader } from '../reader.ts';
import { callFilters, havingRunFilters } from '../sql/agent-filter-sql.ts';
import { callRows, type CallWish } from '../sql/call-rows-sql.ts';
import type { OverviewScope } from '../sql/overview-sql.ts';
import { every, int64, type Sql, sql, uint } from '../sql/sql.ts';

const itemsMax = 10;

function callsOf(
  { scope, where, filters, previousFrom, from, to }: OverviewScope,
  wish: Pick<CallWish, 'kinds' | 'reads'>,
): Sql {
  const calls = callRows({
    scope,
    where,
    having: havingRunFilters(filters),
    ...wish,
    reads: ['callStartNanos', 'service', 'version', 'environment', 'model', ...wish.reads],
  });
  return sql`SELECT *, callStartNanos >= ${int64(from)} AS isCurrent FROM (${calls})
    WHERE ${every([sql`callStartNanos >= ${int64(previousFrom)} AND callStartNanos < ${int64(to)}`, callFilters(filters)])}`;
}

interface ToolRow {
  readonly tool: string;
  readonly calls: string;
  readonly errors: string;
  readonly p95Ms: number | null;
  readonly callsBefore: string;
  readonly errorsBefore: string;
}

/** The tools that failed most often. */
export async function readTopTools(
  reader: Reader,
  overview: OverviewScope,
): Promise<OverviewResponse['topTools']> {
  const calls = callsOf(overview, { kinds: 'tools', reads: ['durationNs', 'isError'] });
  const rows = await reader.rows<ToolRow>(sql`
    SELECT toString(tool) AS tool, countIf(isCurrent) AS calls, countIf(isCurrent AND isError) AS errors,
      if(calls = 0, NULL, quantileDDIf(0.01, 0.95)(durationNs / 1e6, isCurrent)) AS p95Ms,
      countIf(NOT isCurrent) AS callsBefore, countIf(NOT isCurrent AND isError) AS errorsBefore
    FROM (${calls}) WHERE tool != '' GROUP BY tool HAVING calls > 0 ORDER BY errors DESC, calls DESC, tool LIMIT ${uint(itemsMax)}`);
  return rows.map((row) => ({
    tool: row.tool,
    calls: Number(row.calls),
    errors: Number(row.errors),
    errorRate: Number(row.errors) / Number(row.calls),
    p95Ms: decodeCost(row.p95Ms),
    previous: { calls: Number(row.callsBefore), errors: Number(row.errorsBefore) },
  }));
}

interface PromptRow {
  readonly promptName: string;
  readonly isNamed: number | boolean;
  readonly calls: string;
  readonly costUsd: number | null;
  readonly unpriced: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly callsBefore: string;
  readonly costBefore: number | null;
}

/** The prompts that cost most: by their name, or by that of the span that made the call. */
export async function readTopPrompts(
  reader: Reader,
  overview: OverviewScope,
): Promise<OverviewResponse['topPrompts']> {
  const calls = callsOf(overview, { kinds: 'models', reads: ['prompt', 'name'] });
  const rows = await reader.rows<PromptRow>(sql`
    SELECT if(prompt != '', toString(prompt), toString(name)) AS promptName, prompt != '' AS isNamed, countIf(isCurrent) AS calls,
      sumOrNullIf(call.costUsd, isCurrent) AS costUsd, sumIf(unpricedCalls, isCurrent) AS unpriced,
      sumOrNullIf(call.inputTokens, isCurrent) AS inputTokens, sumOrNullIf(call.outputTokens, isCurrent) AS outputTokens,
      countIf(NOT isCurrent) AS callsBefore, sumOrNullIf(call.costUsd, NOT isCurrent) AS costBefore
    FROM (${calls}) AS call GROUP BY promptName, isNamed HAVING calls > 0
    ORDER BY ifNull(costUsd, -1) DESC, calls DESC, promptName LIMIT ${uint(itemsMax)}`);
  return rows.map((row) => ({
    prompt: row.promptName,
    isNamed: row.isNamed === true || row.isNamed === 1,
    calls: Number(row.calls),
    costUsd: decodeCost(row.costUsd),
    unpricedCalls: Number(row.unpriced),
    inputTokens: decodeCost(row.inputTokens),
    outputTokens: decodeCost(row.outputTokens),
    previous: { calls: Number(row.callsBefore), costUsd: decodeCost(row.costBefore) },
  }));
}
