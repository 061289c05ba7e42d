/** Failed calls of tools, grouped by what they say. */
import { unixNano } from '@sightline/base';
import type { ToolFailure, ToolFailuresParameters, ToolFailuresResponse } from '@sightline/schema/api';
import { decodeTime, textOrNull } from '../decode-row.ts';
import { readQ } from '../filter/read-condition.ts';
import { startListPage } from '../cursor.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { callFilterNames, callFilters, type ExactFilters, tracesOfFilter } from '../sql/agent-filter-sql.ts';
import { callRows } from '../sql/runs-sql.ts';
import { idsByHex } from '../sql/ids-sql.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { every, int64, sql, string, trusted, uint } from '../sql/sql.ts';
import { settledRuns } from './settled-runs.ts';

/** The newest failures of a range; more of them say nothing new. */
const failuresMax = 1000;

interface FailedCall {
  readonly tool: string;
  readonly agent: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly startNanos: string;
  readonly startText: string;
  readonly durationMs: number;
}

export async function findToolFailures(
  context: QueryContext,
  parameters: ToolFailuresParameters,
): Promise<ToolFailuresResponse> {
  const reader = new Reader(context);
  const found = await readFailedCalls(reader, parameters);
  if (found.length > failuresMax)
    reader.meet({ limit: 'rows', message: `The newest ${failuresMax} failed calls are grouped.` });
  const calls = found.slice(0, failuresMax);
  const messages = await readMessages(reader, calls);
  const failures = groupByText(calls, { messages, shown: parameters.calls });
  return { failures, errors: calls.length, ...reader.limitsMet };
}

async function readFailedCalls(
  reader: Reader,
  parameters: ToolFailuresParameters,
): Promise<readonly FailedCall[]> {
  const page = startListPage('tool-failures', parameters, reader.clock);
  const { from, to } = page.range;
  const { q, calls: _calls, from: _from, to: _to, ...filters } = parameters;
  const exact: ExactFilters = filters;
  const rows = callRows({
    scope: await settledRuns(reader, page.range),
    where: tracesOfFilter(reader.project, readQ(q, 'traces', reader.clock), page.range),
    filters: exact,
    kinds: 'tools',
    reads: ['tool', 'agent', 'spanId', 'callStartNanos', 'durationNs', 'isError', ...callFilterNames(exact)],
  });
  return reader.rows<FailedCall>(sql`
    SELECT toString(tool) AS tool, toString(agent) AS agent, lower(hex(trace_id)) AS traceId, lower(hex(spanId)) AS spanId,
      toString(callStartNanos) AS startNanos, toString(fromUnixTimestamp64Nano(callStartNanos, 'UTC')) AS startText, durationNs / 1e6 AS durationMs
    FROM (${rows}) WHERE ${every([
      sql`callStartNanos >= ${int64(from)} AND callStartNanos < ${int64(to)}`,
      trusted("isError AND tool != ''"),
      callFilters(exact),
    ])}
    ORDER BY callStartNanos DESC, trace_id, spanId LIMIT ${uint(failuresMax + 1)}`);
}

/** A call that does not say why it failed has it from the request below it, which did. */
async function readMessages(
  reader: Reader,
  calls: readonly FailedCall[],
): Promise<ReadonlyMap<string, string>> {
  const [newest, oldest] = [calls[0], calls.at(-1)];
  if (newest === undefined || oldest === undefined) return new Map();
  const traces = idsByHex([...new Set(calls.map(({ traceId }) => traceId))], 16);
  const rows = await reader.rows<{ spanId: string; parentId: string; traceId: string; message: string }>(sql`
    SELECT lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, lower(hex(parent_span_id)) AS parentId,
      leftUTF8(multiIf(status_message != '', status_message,
        arrayElement(arrayMap(each -> each['exception.message'], event_attributes), indexOf(event_names, 'exception')) != '',
        arrayElement(arrayMap(each -> each['exception.message'], event_attributes), indexOf(event_names, 'exception')),
        attributes['error.type']), 1000) AS message
    FROM spans WHERE project = ${string(reader.project)}
      AND ${inBuckets({ from: unixNano(BigInt(oldest.startNanos)), to: unixNano(BigInt(newest.startNanos) + dayNanos) })}
      AND status_code = 2 AND trace_id IN (${traces})`);
  const messages = new Map<string, string>();
  const below = new Map<string, string>();
  for (const { traceId, spanId, parentId, message } of rows) {
    if (message === '') continue;
    messages.set(`${traceId} ${spanId}`, message);
    below.set(`${traceId} ${parentId}`, message);
  }
  for (const [key, message] of below) if (!messages.has(key)) messages.set(key, message);
  return messages;
}

/** A request below a call begins later than the call, within a day of it. */
const dayNanos = 86_400_000_000_000n;

function groupByText(
  calls: readonly FailedCall[],
  { messages, shown }: { readonly messages: ReadonlyMap<string, string>; readonly shown: number },
): ToolFailure[] {
  const messageOf = ({ traceId, spanId }: FailedCall): string => messages.get(`${traceId} ${spanId}`) ?? '';
  return [...Map.groupBy(calls, (call) => textKey(messageOf(call))).values()]
    .map((same): ToolFailure => {
      const [newest] = same as [FailedCall, ...FailedCall[]];
      return {
        message: messageOf(newest),
        count: same.length,
        tools: toolsOf(same),
        firstTime: decodeTime((same.at(-1) ?? newest).startText),
        lastTime: decodeTime(newest.startText),
        calls: same.slice(0, shown).map((call) => ({
          tool: call.tool,
          agent: textOrNull(call.agent),
          time: decodeTime(call.startText),
          durationMs: call.durationMs,
          message: messageOf(call),
          traceId: call.traceId,
          spanId: call.spanId,
        })),
      };
    })
    .toSorted((a, b) => b.count - a.count);
}

function toolsOf(calls: readonly FailedCall[]): string[] {
  return [...Map.groupBy(calls, ({ tool }) => tool)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([tool]) => tool);
}

/** Without what is another one each time: ids, and numbers longer than a status code. */
function textKey(message: string): string {
  return message.replaceAll(/[0-9a-f]{8}(?:-?[0-9a-f]{4,})*|\d{4,}|\d+\.\d+/gi, '#').trim();
}
