import { type PromptUsageParameters, type PromptUsageResponse } from '@sightline/schema/api';
import { decodeTime } from './decode-row.ts';
import { decodeCost } from './decode-span.ts';
import { type QueryContext, Reader } from './reader.ts';
import { quantilesSql } from './sql/quantiles-sql.ts';
import { inRange } from './sql/range-sql.ts';
import { type Sql, sql, string, trusted, uint } from './sql/sql.ts';
import { isInference, knownCost } from './sql/usage-sql.ts';
import { scoresWithin } from './scores/find-scores.ts';
import { readListRange } from './time-range.ts';

interface UsageRow {
  readonly version: string;
  readonly calls: string;
  readonly errors: string;
  readonly runs: string;
  readonly durationsMs: readonly number[];
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
  readonly unpricedCalls: string;
  readonly lastTime: string;
}

interface ScoreRow {
  readonly version: string;
  readonly name: string;
  readonly count: string;
  readonly average: number | null;
}

/** The newest calls count; a prompt that is called more often in the range says so. */
const callsMax = 200_000;
const versionsMax = 200;
const durations = quantilesSql([0.5, 0.95], {
  count: 'count()',
  sketch: (parameters) => `quantilesDD(${parameters})(durationMs)`,
});

/** What calls of models that carried the prompt took and cost, and how they were judged, by the version that they name. */
export async function readPromptUsage(
  context: QueryContext,
  parameters: PromptUsageParameters & { readonly name: string },
): Promise<PromptUsageResponse> {
  const reader = new Reader(context);
  const range = readListRange(parameters, context.clock);
  const calls = callsOf(inRange(context.project, 'spans', range), parameters.name);
  const [rows, scores] = await Promise.all([
    reader.rows<UsageRow>(sql`SELECT version, count() AS calls, sum(isError) AS errors, uniqExact(trace_id) AS runs,
        ${trusted(durations)} AS durationsMs, sum(tokensIn) AS inputTokens, sum(tokensOut) AS outputTokens,
        sum(usd) AS costUsd, countIf(isNull(usd)) AS unpricedCalls, max(start_time) AS lastTime
      FROM (${calls}) GROUP BY version ORDER BY lastTime DESC LIMIT ${uint(versionsMax + 1)}`),
    reader.rows<ScoreRow>(sql`SELECT version, name, count() AS count, avg(value) AS average
      FROM (SELECT trace_id, span_id AS scored, name, value FROM scores FINAL WHERE ${scoresWithin(context.project, range)}) AS score
      INNER JOIN (SELECT trace_id, version, groupUniqArray(span_id) AS spans FROM (${calls}) GROUP BY trace_id, version) AS call USING (trace_id)
      WHERE scored = toFixedString('', 8) OR has(spans, scored)
      GROUP BY version, name ORDER BY count DESC, name LIMIT 2000`),
  ]);
  if (rows.length > versionsMax)
    reader.meet({
      limit: 'rows',
      message: `The ${versionsMax} versions used last are shown, there are more.`,
    });
  if (rows.reduce((sum, row) => sum + Number(row.calls), 0) >= callsMax)
    reader.meet({ limit: 'rows', message: `The newest ${callsMax} calls were looked at, there are more.` });
  return {
    versions: rows.slice(0, versionsMax).map((row) => ({
      version: row.version,
      calls: Number(row.calls),
      errors: Number(row.errors),
      runs: Number(row.runs),
      p50Ms: row.durationsMs[0] ?? null,
      p95Ms: row.durationsMs[1] ?? null,
      inputTokens: row.inputTokens,
      outputTokens: row.outputTokens,
      costUsd: decodeCost(row.costUsd),
      unpricedCalls: Number(row.unpricedCalls),
      lastTime: decodeTime(row.lastTime),
      scores: scores
        .filter(({ version }) => version === row.version)
        .map(({ name, count, average }) => ({ name, count: Number(count), average })),
    })),
    ...reader.limitsMet,
  };
}

/** A row a call. The version stands with the span, the rest in the narrow table; both are of the one prompt only. */
function callsOf(within: Sql, name: string): Sql {
  return sql`SELECT trace_id, span_id, version, start_time, duration_ns / 1e6 AS durationMs, status_code = 2 AS isError,
      toFloat64(input_tokens) AS tokensIn, toFloat64(output_tokens) AS tokensOut, ${trusted(knownCost)} AS usd
    FROM (SELECT trace_id, span_id, start_time, duration_ns, status_code, input_tokens, output_tokens, cost_usd FROM ai_spans
        WHERE ${within} AND prompt_name = ${string(name)} AND ${trusted(isInference)}
        ORDER BY start_time DESC LIMIT 1 BY trace_id, span_id LIMIT ${uint(callsMax)}) AS narrow
      ANY LEFT JOIN (SELECT trace_id, span_id, ${trusted(versionOfSpan)} AS version FROM spans
        WHERE ${within} AND (attributes['gen_ai.prompt.name'] = ${string(name)} OR attributes['langfuse.observation.prompt.name'] = ${string(name)})) AS wide
      USING (trace_id, span_id)`;
}

const versionOfSpan = `multiIf(attributes['gen_ai.prompt.version'] != '', attributes['gen_ai.prompt.version'],
  attributes['langfuse.observation.prompt.version'])`;
