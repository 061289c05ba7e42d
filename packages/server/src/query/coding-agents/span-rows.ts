import type { CodingAgentName } from '@sightline/schema/api';
import type { Window } from '../time-range.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { moment, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';

/** A trace of a coding agent with its calls, each counted once: provider, model, tokens (input, output, from the cache), cost. */
export interface SpanRow {
  readonly agent: CodingAgentName;
  readonly session: string;
  readonly user: string;
  readonly version: string;
  readonly firstText: string;
  readonly lastText: string;
  readonly errors: string;
  readonly toolCalls: string;
  readonly toolFailures: string;
  readonly billed: readonly (readonly [
    string,
    string,
    number | null,
    number | null,
    number | null,
    number | null,
  ])[];
}

/** Claude Code names itself with and without a suffix (`claude-code-desktop`), Codex by how it was started (`codex_exec`). */
const agentOf = (service: string): string =>
  `multiIf(startsWith(${service}, 'claude-code'), 'claude-code', startsWith(${service}, 'codex'), 'codex', ${service} = 'gemini-cli', 'gemini-cli', '')`;

export function selectSpans(project: string, { from, to }: Window, limit: number): Sql {
  const isTheirs = trusted(
    `(startsWith(service, 'claude-code') OR startsWith(service, 'codex') OR service = 'gemini-cli')`,
  );
  const within = sql`project = ${string(project)} AND ${inBuckets({ from, to })} AND start_time >= ${moment(from)} AND start_time < ${moment(to)} AND ${isTheirs}`;
  // A run that began the day before may have calls within.
  const calls = sql`SELECT trace_id, ${trusted(agentOf('toString(call.1)'))} AS agent,
      groupArray((toString(call.2), toString(call.3), call.4, call.5, call.6, call.7)) AS billed
    FROM runs FINAL ARRAY JOIN arrayZip(calls.service, calls.provider, calls.model, calls.input_tokens, calls.output_tokens, calls.cache_read_tokens, calls.cost_usd, calls.is_counted) AS call
    WHERE project = ${string(project)} AND generation = (SELECT max(generation) FROM runs_progress)
      AND bucket >= toStartOfFiveMinutes(${moment(from)}) - toIntervalDay(1) AND bucket <= ${moment(to)} AND call.8 = 1
      AND trace_id IN (SELECT trace_id FROM ai_spans WHERE ${within}) GROUP BY trace_id, agent`;
  return sql`SELECT agent, session, user, version, firstText, lastText, errors, toolCalls, toolFailures, billed
    FROM (SELECT trace_id, ${trusted(agentOf('toString(service)'))} AS agent, max(session_id) AS session, max(user_id) AS user, max(toString(service_version)) AS version,
        min(start_time) AS firstText, max(start_time) AS lastText, countIf(operation = 'llm' AND status_code = 2) AS errors,
        countIf(operation = 'tool') AS toolCalls, countIf(operation = 'tool' AND status_code = 2) AS toolFailures
      FROM ai_spans WHERE ${within} GROUP BY trace_id, agent) AS steps
    LEFT JOIN (${calls}) AS made USING (trace_id, agent)
    WHERE agent != '' ORDER BY lastText DESC LIMIT ${uint(limit)}`;
}
