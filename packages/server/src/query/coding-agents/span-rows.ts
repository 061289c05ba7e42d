import type { CodingAgentName } from '@sightline/schema/api';
import type { Window } from '../time-windows.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { moment, type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { billedColumns } from '../sql/usage-sql.ts';

/** A trace of a coding agent with its calls, each counted once: span id, provider, model, tokens (five kinds), cost, price version. */
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
    string,
    number | null,
    number | null,
    number | null,
    number | null,
    number | null,
    number | null,
    string,
  ])[];
}

/** Claude Code names itself with and without a suffix (`claude-code-desktop`), Codex by how it was started (`codex_exec`). */
const agent = `multiIf(startsWith(service, 'claude-code'), 'claude-code', startsWith(service, 'codex'), 'codex', service = 'gemini-cli', 'gemini-cli', '')`;

export function selectSpans(project: string, { from, to }: Window, limit: number): Sql {
  return sql`SELECT agent, session, user, version, firstText, lastText, errors, toolCalls, toolFailures,
      arrayMap(call -> (hex(call.1), toString(call.2), toString(call.3), call.4, call.5, call.6, call.7, call.8, call.9, toString(call.10)), billed) AS billed
    FROM (SELECT trace_id, ${trusted(agent)} AS agent, max(session_id) AS session, max(user_id) AS user, max(toString(service_version)) AS version,
        min(start_time) AS firstText, max(start_time) AS lastText, countIf(operation = 'llm' AND status_code = 2) AS errors,
        countIf(operation = 'tool') AS toolCalls, countIf(operation = 'tool' AND status_code = 2) AS toolFailures, ${trusted(billedColumns)}
      FROM ai_spans WHERE project = ${string(project)} AND ${inBuckets({ from, to })} AND start_time >= ${moment(from)} AND start_time < ${moment(to)}
        AND (startsWith(service, 'claude-code') OR startsWith(service, 'codex') OR service = 'gemini-cli')
      GROUP BY trace_id, agent)
    WHERE agent != '' ORDER BY lastText DESC LIMIT ${uint(limit)}`;
}
