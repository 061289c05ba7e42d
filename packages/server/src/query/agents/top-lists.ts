import type { OverviewResponse } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import type { Reader } from '../reader.ts';
import { callFilters, havingRunFilters } from '../sql/agent-filter-sql.ts';
import type { CallSum, OverviewScope } from '../sql/overview-sql.ts';
import { aiSpansWithin } from '../sql/run-rows-sql.ts';
import { moment, type Sql, sql, trusted, uint } from '../sql/sql.ts';
import { decodeUsage } from './run-facts.ts';

const itemsMax = 10;

/** An MCP request for a tool, made by the span of that tool, is no second call. */
const isTool = `operation = 'tool' OR (operation = 'mcp' AND tool_name != '')`;

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
  const { scope, where, filters, previousFrom, from, to } = overview;
  const within = sql`${aiSpansWithin(scope)} AND ${where}`;
  const withMcp = sql`SELECT trace_id FROM ai_spans WHERE ${within} AND operation = 'mcp' AND tool_name != ''`;
  const inTools = sql`SELECT trace_id, span_id, tool_name FROM ai_spans WHERE ${within} AND (${trusted(isTool)}) AND trace_id IN (${withMcp})`;
  const rows = await reader.rows<ToolRow>(sql`
    SELECT toString(tool) AS tool, countIf(isCurrent) AS calls, countIf(isCurrent AND isError) AS errors,
      if(calls = 0, NULL, quantileDDIf(0.01, 0.95)(durationNs / 1e6, isCurrent)) AS p95Ms,
      countIf(NOT isCurrent) AS callsBefore, countIf(NOT isCurrent AND isError) AS errorsBefore
    FROM (
      SELECT tool_name AS tool, status_code = 2 AS isError, duration_ns AS durationNs, start_time >= ${moment(from)} AS isCurrent,
        service, service_version AS version, environment, model
      FROM ai_spans WHERE ${within} AND (${trusted(isTool)}) AND tool_name != '' AND start_time >= ${moment(previousFrom)} AND start_time < ${moment(to)}
        AND (operation != 'mcp' OR (trace_id, parent_span_id, tool_name) NOT IN (${inTools})) AND ${ofRuns(overview)})
    WHERE ${callFilters(filters)} GROUP BY tool HAVING calls > 0 ORDER BY errors DESC, calls DESC, tool LIMIT ${uint(itemsMax)}`);
  return rows.map((row) => ({
    tool: row.tool,
    calls: Number(row.calls),
    errors: Number(row.errors),
    errorRate: Number(row.errors) / Number(row.calls),
    p95Ms: decodeCost(row.p95Ms),
    previous: { calls: Number(row.callsBefore), errors: Number(row.errorsBefore) },
  }));
}

/** Traces that meet what only a whole trace can: its session, its user, the agents in it. */
function ofRuns({ scope, filters }: OverviewScope): Sql {
  const isNarrowed = [filters.session, filters.user, filters.agent].some((each) => each !== undefined);
  if (!isNarrowed) return trusted('true');
  return sql`trace_id IN (SELECT trace_id FROM ai_spans WHERE ${aiSpansWithin(scope)} GROUP BY trace_id HAVING ${havingRunFilters(filters)})`;
}

/** The prompts that cost most: by their name, or by that of the span that made the call. */
export function topPrompts(sums: readonly CallSum[]): OverviewResponse['topPrompts'] {
  const rows = sums.filter(({ hasPrompt }) => Number(hasPrompt) === 1);
  const nameOf = (row: CallSum): string => JSON.stringify([row.promptName, Number(row.isNamed)]);
  const before = new Map(
    rows.filter(({ isCurrent }) => Number(isCurrent) === 0).map((row) => [nameOf(row), row]),
  );
  return rows
    .filter(({ isCurrent }) => Number(isCurrent) === 1)
    .map((row) => {
      const { costUsd, unpricedCalls, inputTokens, outputTokens } = decodeUsage(row);
      const previous = before.get(nameOf(row));
      return {
        prompt: row.promptName,
        isNamed: Number(row.isNamed) === 1,
        calls: Number(row.calls),
        costUsd,
        unpricedCalls,
        inputTokens,
        outputTokens,
        previous: { calls: Number(previous?.calls ?? 0), costUsd: decodeCost(previous?.costUsd ?? null) },
      };
    })
    .toSorted((a, b) => (b.costUsd ?? -1) - (a.costUsd ?? -1) || b.calls - a.calls)
    .slice(0, itemsMax);
}
