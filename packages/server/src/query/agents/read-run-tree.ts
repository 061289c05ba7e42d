import type { StepsState, StoredRun } from './stored-run.ts';
import { unixNano } from '@sightline/base';
import { statusCode } from '@sightline/schema/api';
import { decodeCost, decodeOperation } from '../decode-span.ts';
import { decodeWord } from '../decode-row.ts';
import { meetSpanLimit, spansOfTrace } from '../read-trace.ts';
import type { TraceExtent } from '../trace-extent.ts';
import type { Reader } from '../reader.ts';
import { columnArray } from '../sql/column-array-sql.ts';
import { inRange } from '../sql/range-sql.ts';
import { type Sql, sql, string, trusted, uint } from '../sql/sql.ts';
import { isUncountable, knownCost, usageDetail } from '../sql/usage-sql.ts';
import { type RunFlags, runFlagColumns } from './run-flags.ts';
import { buildRunTree, type RunSpan } from './run-tree.ts';

/** Spans of one run that its views are made of. */
export const runSpansMax = 50_000;

/** By columns: 2,000 rows of 20 named cells take the engine and the parser several times as long. */
interface SpanColumns {
  readonly spanIds: readonly string[];
  readonly parentIds: readonly string[];
  readonly names: readonly string[];
  readonly services: readonly string[];
  readonly operations: readonly string[];
  readonly starts: readonly string[];
  readonly durations: readonly string[];
  readonly receivedTimes: readonly string[];
  readonly statusCodes: readonly number[];
  readonly statusMessages: readonly string[];
  readonly agents: readonly string[];
  readonly tools: readonly string[];
  readonly providers: readonly string[];
  readonly models: readonly string[];
  readonly ttfts: readonly (number | null)[];
  readonly inputTokens: readonly (number | null)[];
  readonly outputTokens: readonly (number | null)[];
  readonly cacheReadTokens: readonly (number | null)[];
  readonly cacheWriteTokens: readonly (number | null)[];
  readonly reasoningTokens: readonly (number | null)[];
  readonly sessions: readonly string[];
  readonly users: readonly string[];
  readonly marks: readonly string[];
}

/** Tells spans with one id and one kind of work apart; empty where there are none. */
const marks = (
  cost: string,
): string => `if(uniqExact(span_id, operation) = count(), [], groupArray(toString(cityHash64(
  start_time, duration_ns, toString(name), toString(model), response_id, ifNull(input_tokens, 0), ifNull(output_tokens, 0), ifNull(${cost}, -1))))) AS marks`;

const spanColumns = trusted(`
  ${columnArray('lower(hex(span_id))')} AS spanIds, ${columnArray('lower(hex(parent_span_id))')} AS parentIds,
  ${columnArray('name')} AS names, ${columnArray('service')} AS services, ${columnArray('operation')} AS operations,
  ${columnArray('toUnixTimestamp64Nano(start_time)')} AS starts, ${columnArray('duration_ns')} AS durations,
  ${columnArray('toUnixTimestamp64Nano(received_time)')} AS receivedTimes,
  ${columnArray('status_code')} AS statusCodes, ${columnArray('leftUTF8(status_message, 1000)')} AS statusMessages,
  ${columnArray('agent_name')} AS agents, ${columnArray('tool_name')} AS tools, ${columnArray('provider')} AS providers, ${columnArray('model')} AS models,
  ${columnArray('tuple(ttft_ms)')}.1 AS ttfts,
  ${columnArray('tuple(toFloat64(input_tokens))')}.1 AS inputTokens, ${columnArray('tuple(toFloat64(output_tokens))')}.1 AS outputTokens,
  ${columnArray('tuple(toFloat64(cache_read_tokens))')}.1 AS cacheReadTokens,
  ${columnArray('tuple(toFloat64(cache_write_tokens))')}.1 AS cacheWriteTokens,
  ${columnArray('tuple(toFloat64(reasoning_tokens))')}.1 AS reasoningTokens,
  ${columnArray('session_id')} AS sessions, ${columnArray('user_id')} AS users, ${marks('cost_usd')}`);

/** What stands in `ai_spans` alone. */
interface StepColumns {
  readonly count: string;
  readonly changedMs: string;
  readonly spanIds: readonly string[];
  readonly operations: readonly string[];
  readonly responseIds: readonly string[];
  readonly scopes: readonly string[];
  readonly uncountable: readonly number[];
  readonly usageDetails: readonly number[];
  readonly costs: readonly (number | null)[];
  readonly reported: readonly (number | null)[];
  readonly priceVersions: readonly string[];
  readonly versions: readonly string[];
  readonly environments: readonly string[];
  readonly prompts: readonly string[];
  readonly marks: readonly string[];
}

/** When the steps of a run last changed, and how many they are: see `run-cache.ts`. */
const changeColumns = 'count() AS count, toUnixTimestamp64Milli(max(changed_time)) AS changedMs';

const stepColumns = trusted(`
  ${changeColumns},
  ${columnArray('lower(hex(span_id))')} AS spanIds, ${columnArray('operation')} AS operations, ${columnArray('response_id')} AS responseIds, ${columnArray('scope_name')} AS scopes, ${columnArray(`toUInt8(${isUncountable})`)} AS uncountable, ${columnArray(`toUInt8(${usageDetail})`)} AS usageDetails,
  ${columnArray(`tuple(${knownCost})`)}.1 AS costs, ${columnArray('tuple(reported_cost_usd)')}.1 AS reported, ${columnArray('price_version')} AS priceVersions,
  ${columnArray('service_version')} AS versions, ${columnArray('environment')} AS environments, ${columnArray('prompt_name')} AS prompts, ${marks('reported_cost_usd')}`);

/**
 * A trace without a step of an agent is a tree without steps. Flags come with the spans: to plan another statement would take as long as to
 * read the run.
 */
export async function readRunTree(
  reader: Reader,
  traceId: string,
  { extent, withFlags }: { readonly extent: TraceExtent; readonly withFlags: boolean },
): Promise<StoredRun> {
  const where = spansOfTrace(reader.project, traceId, extent);
  // What is read whole is put in order here.
  const spans =
    extent.spanCount <= runSpansMax
      ? sql`spans WHERE ${where}`
      : sql`(SELECT * FROM spans WHERE ${where} ORDER BY start_time, duration_ns DESC, span_id LIMIT ${uint(runSpansMax)})`;
  const [[row], [steps]] = await Promise.all([
    reader.rows<SpanColumns & RunFlags>(
      sql`SELECT ${spanColumns} ${withFlags ? runFlagColumns : trusted('')} FROM ${spans}`,
    ),
    reader.rows<StepColumns>(
      sql`SELECT ${stepColumns} FROM ai_spans WHERE ${stepsOfTrace(reader, traceId, extent)}`,
    ),
  ]);
  const found = row === undefined ? [] : decodeColumns(row, steps);
  if (extent.spanCount > found.length) meetSpanLimit(reader, found.length, extent.spanCount);
  return {
    tree: buildRunTree(traceId, found),
    extent,
    state: stateOf(steps),
    flags: withFlags && row !== undefined ? pickFlags(row) : undefined,
  };
}

export async function readStepsState(
  reader: Reader,
  traceId: string,
  extent: TraceExtent,
): Promise<StepsState> {
  const [row] = await reader.rows<StepColumns>(
    sql`SELECT ${trusted(changeColumns)} FROM ai_spans WHERE ${stepsOfTrace(reader, traceId, extent)}`,
  );
  return stateOf(row);
}

function stateOf(row: Pick<StepColumns, 'count' | 'changedMs'> | undefined): StepsState {
  return { count: Number(row?.count ?? 0), changedMs: row?.changedMs ?? '' };
}

/** Without the columns that were read along. */
function pickFlags({ hasMessages, hasStages, absurd, negative }: RunFlags): RunFlags {
  return { hasMessages, hasStages, absurd, negative };
}

function stepsOfTrace(reader: Reader, traceId: string, { start, end }: TraceExtent): Sql {
  const window = { from: unixNano(BigInt(start)), to: unixNano(BigInt(end) + 1n) };
  return sql`${inRange(reader.project, 'spans', window)} AND trace_id = unhex(${string(traceId)})`;
}

function decodeColumns(columns: SpanColumns, steps: StepColumns | undefined): RunSpan[] {
  const places = placesOf(steps);
  const starts = columns.starts.map(BigInt);
  const durations = columns.durations.map(BigInt);
  const rows = inOrder(columns.spanIds, starts, durations);
  return rows.map((row): RunSpan => {
    const spanId = columns.spanIds[row] ?? '';
    const operation = columns.operations[row] ?? '';
    const place =
      places.get(placeKey(spanId, operation, columns.marks[row])) ??
      places.get(placeKey(spanId, operation)) ??
      -1;
    const startNanos = starts[row] ?? 0n;
    return {
      spanId,
      responseId: steps?.responseIds[place] ?? '',
      parentSpanId: columns.parentIds[row] ?? '',
      name: columns.names[row] ?? '',
      service: columns.services[row] ?? '',
      operation: decodeOperation(operation),
      startNanos,
      endNanos: startNanos + (durations[row] ?? 0n),
      receivedNanos: BigInt(columns.receivedTimes[row] ?? 0),
      status: decodeWord(statusCode.options, columns.statusCodes[row] ?? 0),
      statusMessage: columns.statusMessages[row] ?? '',
      ownAgent: columns.agents[row] ?? '',
      tool: columns.tools[row] ?? '',
      provider: columns.providers[row] ?? '',
      model: columns.models[row] ?? '',
      ttftMs: columns.ttfts[row] ?? null,
      inputTokens: columns.inputTokens[row] ?? null,
      outputTokens: columns.outputTokens[row] ?? null,
      cacheReadTokens: columns.cacheReadTokens[row] ?? null,
      cacheWriteTokens: columns.cacheWriteTokens[row] ?? null,
      reasoningTokens: columns.reasoningTokens[row] ?? null,
      costUsd: decodeCost(steps?.costs[place] ?? null),
      reportedCostUsd: decodeCost(steps?.reported[place] ?? null),
      priceVersion: steps?.priceVersions[place] ?? '',
      isUncountable: steps?.uncountable[place] === 1,
      scope: steps?.scopes[place] ?? '',
      usageDetail: steps?.usageDetails[place] ?? 0,
      version: steps?.versions[place] ?? '',
      environment: steps?.environments[place] ?? '',
      prompt: steps?.prompts[place] ?? '',
      sessionId: columns.sessions[row] ?? '',
      userId: columns.users[row] ?? '',
    };
  });
}

/** A client and its server may share an id: the kind of work tells them apart. */
const placeKey = (spanId: string, operation: string, mark = ''): string => `${spanId} ${operation} ${mark}`;

function placesOf(steps: StepColumns | undefined): ReadonlyMap<string, number> {
  if (steps === undefined) return new Map();
  return new Map(
    steps.spanIds.flatMap((spanId, index): [string, number][] => {
      const operation = steps.operations[index] ?? '';
      const mark = steps.marks[index];
      const key = placeKey(spanId, operation);
      return mark === undefined
        ? [[key, index]]
        : [
            [key, index],
            [placeKey(spanId, operation, mark), index],
          ];
    }),
  );
}

/** Rows in the order of their start; a parent that starts with its child comes first, being longer. */
function inOrder(
  spanIds: readonly string[],
  starts: readonly bigint[],
  durations: readonly bigint[],
): readonly number[] {
  const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...spanIds.keys()].toSorted(
    (a, b) =>
      compare(starts[a] ?? 0n, starts[b] ?? 0n) ||
      compare(durations[b] ?? 0n, durations[a] ?? 0n) ||
      ((spanIds[a] ?? '') < (spanIds[b] ?? '') ? -1 : 1),
  );
}
