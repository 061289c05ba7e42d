/**
 * The events of coding agents, one row per agent, session, user and model. Each tells the same things under its own names; Claude Code
 * leaves cached tokens out of its input, Gemini CLI leaves thoughts out of its output.
 */
import type { CodingAgentName } from '@sightline/schema/api';
import type { Window } from '../time-range.ts';
import { inRange } from '../sql/range-sql.ts';
import { type Sql, sql, strings, trusted, uint } from '../sql/sql.ts';

/** Time (ms), input, output, cache read, cache write tokens and what the agent says it cost, in dollars. */
export type CallTuple = readonly [string, number, number, number, number, number | null];

export interface EventRow {
  readonly agent: CodingAgentName;
  readonly session: string;
  readonly user: string;
  readonly model: string;
  readonly version: string;
  readonly firstText: string;
  readonly lastText: string;
  readonly prompts: string;
  readonly errors: string;
  readonly toolCalls: string;
  readonly toolFailures: string;
  readonly accepted: string;
  readonly rejected: string;
  readonly calls: readonly CallTuple[];
}

export interface ToolRow {
  readonly agent: CodingAgentName;
  readonly session: string;
  readonly user: string;
  readonly model: string;
  readonly tool: string;
  readonly calls: string;
  readonly failures: string;
  readonly accepted: string;
  readonly rejected: string;
}

/** Those that are counted; the rest of what agents send is not read. */
const events = [
  'user_prompt',
  'api_request',
  'api_error',
  'tool_result',
  'tool_decision',
  'codex.conversation_starts',
  'codex.user_prompt',
  'codex.api_request',
  'codex.sse_event',
  'codex.websocket_event',
  'codex.tool_result',
  'codex.tool_decision',
  'gemini_cli.config',
  'gemini_cli.user_prompt',
  'gemini_cli.api_response',
  'gemini_cli.api_error',
  'gemini_cli.tool_call',
];

const a = (key: string): string => `attributes['${key}']`;
const event = `if(${a('event.name')} = '', toString(event_name), ${a('event.name')})`;
/** Absurd counts are mistakes of the sender. */
const tokens = (key: string): string =>
  `if(toUInt64OrZero(${a(key)}) > 10000000000, 0, toFloat64(toUInt64OrZero(${a(key)})))`;

const agent = `multiIf(startsWith(event, 'codex.'), 'codex', startsWith(event, 'gemini_cli.'), 'gemini-cli',
  startsWith(scope_name, 'com.anthropic.claude_code') OR startsWith(body, 'claude_code.'), 'claude-code', '')`;

const isCall = `(agent = 'claude-code' AND event = 'api_request') OR event = 'gemini_cli.api_response'
  OR (event IN ('codex.sse_event', 'codex.websocket_event') AND ${a('event.kind')} = 'response.completed' AND mapContains(attributes, 'input_token_count'))`;
const isError = `(agent = 'claude-code' AND event = 'api_error') OR event = 'gemini_cli.api_error'
  OR (event = 'codex.api_request' AND (toUInt16OrZero(${a('http.response.status_code')}) >= 400 OR ${a('error.message')} != ''))`;
const isToolEnd = `event IN ('tool_result', 'codex.tool_result', 'gemini_cli.tool_call')`;
const decision = `if(event IN ('tool_decision', 'codex.tool_decision', 'gemini_cli.tool_call'), lower(${a('decision')}), '')`;
const isAccepted = `(decision IN ('accept', 'auto_accept', 'modify') OR startsWith(decision, 'approved'))`;
const isRejected = `(decision IN ('reject', 'abort', 'timed_out') OR startsWith(decision, 'denied'))`;

const input = `if(agent = 'claude-code', ${tokens('input_tokens')} + ${tokens('cache_read_tokens')} + ${tokens('cache_creation_tokens')}, ${tokens('input_token_count')})`;
const output = `multiIf(agent = 'claude-code', ${tokens('output_tokens')}, agent = 'codex', ${tokens('output_token_count')}, ${tokens('output_token_count')} + ${tokens('thoughts_token_count')})`;
const cacheRead = `multiIf(agent = 'claude-code', ${tokens('cache_read_tokens')}, agent = 'codex', ${tokens('cached_token_count')}, ${tokens('cached_content_token_count')})`;
const cacheWrite = `if(agent = 'claude-code', ${tokens('cache_creation_tokens')}, ${tokens('cache_write_token_count')})`;
const dollars = `toFloat64OrNull(${a('cost_usd')})`;
const reported = `if(${dollars} >= 0 AND ${dollars} <= 1000000, ${dollars}, NULL)`;

/** Two narrow columns say that a line cannot be theirs, before its attributes are read. The scope stays when a service is renamed. */
const fromCodingAgents = `(match(scope_name, '^(com.anthropic.claude_code|codex|gemini)') OR match(service, '^(claude-code|codex|gemini)'))`;

function source(project: string, window: Window): Sql {
  return sql`(SELECT time, service, session_id, ${trusted(`resource_attributes['service.version']`)} AS version, ${trusted(event)} AS event,
      ${trusted(agent)} AS agent, ${trusted(`if(${a('user.email')} = '', user_id, ${a('user.email')})`)} AS person, ${trusted(a('model'))} AS model_name,
      ${trusted(`if(${a('tool_name')} = '', ${a('function_name')}, ${a('tool_name')})`)} AS tool_name_,
      ${trusted(isCall)} AS is_call, ${trusted(isError)} AS is_error, ${trusted(isToolEnd)} AS is_tool_end,
      ${trusted(a('success'))} = 'false' AS is_failure, ${trusted(decision)} AS decision, ${trusted(isAccepted)} AS is_accepted,
      ${trusted(isRejected)} AS is_rejected, endsWith(event, 'user_prompt') AS is_prompt,
      tuple(toUnixTimestamp64Milli(time), ${trusted(input)}, ${trusted(output)}, ${trusted(cacheRead)}, ${trusted(cacheWrite)}, ${trusted(reported)}) AS call
    FROM logs PREWHERE ${inRange(project, 'logs', window)} AND ${trusted(fromCodingAgents)} WHERE (attributes['event.name'] IN ${strings(events)} OR event_name IN ${strings(events)})
      AND agent != '')`;
}

export function selectEvents(project: string, window: Window, limit: number): Sql {
  return sql`SELECT agent, session_id AS session, person AS user, model_name AS model, max(version) AS version,
      min(time) AS firstText, max(time) AS lastText, countIf(is_prompt) AS prompts, countIf(is_error) AS errors,
      countIf(is_tool_end) AS toolCalls, countIf(is_tool_end AND is_failure) AS toolFailures,
      countIf(is_accepted) AS accepted, countIf(is_rejected) AS rejected, groupArrayIf(100000)(call, is_call) AS calls
    FROM ${source(project, window)} GROUP BY agent, session, user, model ORDER BY lastText DESC LIMIT ${uint(limit)}`;
}

export function selectTools(project: string, window: Window, limit: number): Sql {
  return sql`SELECT agent, session_id AS session, person AS user, model_name AS model, tool_name_ AS tool, countIf(is_tool_end) AS calls,
      countIf(is_tool_end AND is_failure) AS failures, countIf(is_accepted) AS accepted, countIf(is_rejected) AS rejected
    FROM ${source(project, window)} WHERE tool_name_ != '' GROUP BY agent, session, user, model, tool ORDER BY calls DESC LIMIT ${uint(limit)}`;
}
