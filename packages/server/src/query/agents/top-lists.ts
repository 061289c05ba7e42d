import type { OverviewResponse } from '@sightline/schema/api';
import { decodeCost } from '../decode-span.ts';
import type { Reader } from '../reader.ts';
import { callFilterNames, callFilters } from '../sql/agent-filter-sql.ts';
import { type CallSum, type OverviewScope, toolParts } from '../sql/overview-sql.ts';
import { callRows } from '../sql/runs-sql.ts';
import { quantilesSql } from '../sql/quantiles-sql.ts';
import { every, sql, trusted, uint } from '../sql/sql.ts';
import { decodeUsage } from './run-facts.ts';

const itemsMax = 10;

interface ToolRow {
  readonly tool: string;
  readonly calls: string;
  readonly errors: string;
  readonly p95Ms: number | null;
  readonly callsBefore: string;
  readonly errorsBefore: string;
  readonly tools: string;
}

const p95 = trusted(
  `${quantilesSql([0.95], {
    count: 'sumIf(items_, isCurrent)',
    sketch: (parameters) => `quantilesDDMergeIf(${parameters})(durations_, isCurrent)`,
  })}[1]`,
);

/** The tools that failed most often. */
export async function readTopTools(
  reader: Reader,
  overview: OverviewScope,
): Promise<Pick<OverviewResponse, 'topTools' | 'toolCount'>> {
  const { scope, where, filters } = overview;
  const calls = callRows({
    scope,
    where,
    filters,
    kinds: 'tools',
    reads: ['runStart', 'runLast', 'durationNs', 'isError', 'tool', ...callFilterNames(filters)],
  });
  const within = sql`SELECT * FROM (${calls})
    WHERE ${every([trusted("tool != ''"), callFilters(filters)])}`;
  const rows = await reader.rows<ToolRow>(sql`
    SELECT toString(tool) AS tool, sumIf(items_, isCurrent) AS calls, sumIf(errors_, isCurrent) AS errors,
      ${p95} / 1e6 AS p95Ms,
      sumIf(items_, NOT isCurrent) AS callsBefore, sumIf(errors_, NOT isCurrent) AS errorsBefore, count() OVER () AS tools
    FROM (${toolParts(overview, within)}) GROUP BY tool HAVING calls > 0 ORDER BY errors DESC, calls DESC, tool LIMIT ${uint(itemsMax)}`);
  const topTools = rows.map((row) => ({
    tool: row.tool,
    calls: Number(row.calls),
    errors: Number(row.errors),
    errorRate: Number(row.errors) / Number(row.calls),
    p95Ms: decodeCost(row.p95Ms),
    previous: { calls: Number(row.callsBefore), errors: Number(row.errorsBefore) },
  }));
  return { topTools, toolCount: Number(rows[0]?.tools ?? 0) };
}

/** The prompts that cost most: by their name, or by that of the span that made the call. */
export function topPrompts(sums: readonly CallSum[]): Pick<OverviewResponse, 'topPrompts' | 'promptCount'> {
  const rows = sums.filter(({ hasPrompt }) => Number(hasPrompt) === 1);
  const nameOf = (row: CallSum): string => JSON.stringify([row.promptName, Number(row.isNamed)]);
  const before = new Map(
    rows.filter(({ isCurrent }) => Number(isCurrent) === 0).map((row) => [nameOf(row), row]),
  );
  const prompts = rows
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
    .toSorted((a, b) => (b.costUsd ?? -1) - (a.costUsd ?? -1) || b.calls - a.calls);
  return { topPrompts: prompts.slice(0, itemsMax), promptCount: prompts.length };
}
