/** Log records that carry messages of a conversation: conventions 1.28–1.36, details events, coding agents. */
import { unixNano } from '@sightline/base';
import type { Reader } from '../reader.ts';
import type { TraceExtent } from '../trace-extent.ts';
import { inRange } from './range-sql.ts';
import type { Window } from '../time-range.ts';
import { type Sql, sql, string, trusted } from './sql.ts';

const names = [
  'gen_ai.system.message',
  'gen_ai.user.message',
  'gen_ai.assistant.message',
  'gen_ai.tool.message',
  'gen_ai.choice',
  'gen_ai.content.prompt',
  'gen_ai.content.completion',
  'gen_ai.client.inference.operation.details',
  'user_prompt',
  'assistant_response',
  'api_request_body',
  'api_response_body',
  'claude_code.user_prompt',
  'claude_code.assistant_response',
  'claude_code.api_request_body',
  'claude_code.api_response_body',
  'codex.user_prompt',
  'gemini_cli.user_prompt',
  'gemini_cli.api_request',
  'gemini_cli.api_response',
];
const list = names.map((name) => `'${name}'`).join(', ');
/** Of a row of `logs`. */
export const hasMessages = trusted(`(event_name IN (${list}) OR attributes['event.name'] IN (${list}))`);

/** Records are written while the span runs or right after it. */
const edgeNanos = 600_000_000_000n;

/** `SELECT * FROM logs …` of a trace. */
export function messageLogs(reader: Reader, traceId: string, { start, end }: TraceExtent): Sql {
  const window = { from: unixNano(BigInt(start)), to: unixNano(BigInt(end)) };
  return messageLogsAmong(reader.project, window, sql`trace_id = unhex(${string(traceId)})`);
}

/** The same of traces that meet the condition, all of whose spans are within the window. */
export function messageLogsAmong(project: string, { from, to }: Window, among: Sql): Sql {
  const begin = from - edgeNanos;
  const window = { from: unixNano(begin > 0n ? begin : 0n), to: unixNano(to + edgeNanos) };
  return sql`SELECT * FROM logs WHERE ${inRange(project, 'logs', window)} AND ${among} AND ${hasMessages}`;
}
