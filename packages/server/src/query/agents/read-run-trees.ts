/** The trees of many runs at once, in RowBinary: what the table of runs is filled from, and the graph of a range is made of. */
import { statusCode } from '@sightline/schema/api';
import type { RowBinary } from '../../storage/row-binary.ts';
import { decodeWord } from '../decode-row.ts';
import { decodeOperation } from '../decode-span.ts';
import { inRange } from '../sql/range-sql.ts';
import { type Sql, sql, trusted } from '../sql/sql.ts';
import type { Window } from '../time-range.ts';
import { isUncountable, knownCost, usageDetail } from '../sql/usage-sql.ts';
import { buildRunTree, type RunSpan, type RunTree } from './run-tree.ts';

export interface TreesRequest {
  readonly project: string;
  /** All spans of the traces lie within. */
  readonly window: Window;
  /** On `trace_id`. */
  readonly among: Sql;
  readonly binary: (statement: Sql) => Promise<RowBinary>;
}

/** Of a trace that is longer its first steps, and its first other spans, as they are stored: somebody may send everything under one id. */
const perTrace = trusted('LIMIT 100000 BY trace_id');

/** In the order in which `readPlace` reads them. */
const placeColumns =
  'trace_id, span_id, parent_span_id, start_time, duration_ns, status_code, operation, name, service, session_id, user_id, agent_name';
/** In the order in which `readStep` reads them; below zero for unknown. */
const stepColumns = `${placeColumns}, tool_name, provider, model, response_id, scope_name, prompt_name, service_version, environment, price_version,
  ifNull(if(isFinite(ttft_ms), ttft_ms, -1), -1), ${[
    'input_tokens',
    'output_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'reasoning_tokens',
  ]
    .map((column) => `ifNull(toFloat64(${column}), -1)`)
    .join(', ')}, ifNull(${knownCost}, -1), toUInt8(${isUncountable}), toUInt8(${usageDetail})`;

/** Every trace of these that has a step, with all of its spans; each tree is made when it is asked for, so that others have their turn in between. */
export async function readRunTrees({
  project,
  window,
  among,
  binary,
}: TreesRequest): Promise<readonly (() => RunTree)[]> {
  const [steps, others] = await Promise.all([
    binary(
      sql`SELECT ${trusted(stepColumns)} FROM ai_spans WHERE ${inRange(project, 'spans', window)} AND ${among} ${perTrace}`,
    ),
    binary(
      sql`SELECT ${trusted(placeColumns)} FROM spans WHERE ${inRange(project, 'spans', window)} AND operation IN ('other', 'http', 'db', 'messaging') AND ${among} ${perTrace}`,
    ),
  ]);
  const traces = new Map<string, RunSpan[]>();
  while (!steps.isAtEnd) {
    const traceId = steps.hex(16);
    const span = readStep(steps);
    const spans = traces.get(traceId);
    if (spans === undefined) traces.set(traceId, [span]);
    else spans.push(span);
  }
  while (!others.isAtEnd) {
    const spans = traces.get(others.hex(16));
    const span = readPlace(others);
    spans?.push(span);
  }
  return [...traces].map(
    ([traceId, spans]) =>
      () =>
        buildRunTree(traceId, spans.toSorted(byStart)),
  );
}

/** A parent that starts with its child comes first, being longer. */
function byStart(a: RunSpan, b: RunSpan): number {
  if (a.startNanos !== b.startNanos) return a.startNanos < b.startNanos ? -1 : 1;
  if (a.endNanos !== b.endNanos) return a.endNanos > b.endNanos ? -1 : 1;
  return a.spanId < b.spanId ? -1 : a.spanId === b.spanId ? 0 : 1;
}

const nothing: Omit<
  RunSpan,
  | 'spanId'
  | 'parentSpanId'
  | 'startNanos'
  | 'endNanos'
  | 'status'
  | 'operation'
  | 'name'
  | 'service'
  | 'sessionId'
  | 'userId'
  | 'ownAgent'
> = {
  receivedNanos: 0n,
  statusMessage: '',
  tool: '',
  provider: '',
  model: '',
  responseId: '',
  scope: '',
  prompt: '',
  version: '',
  environment: '',
  ttftMs: null,
  inputTokens: null,
  outputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  reasoningTokens: null,
  costUsd: null,
  reportedCostUsd: null,
  priceVersion: '',
  isUncountable: false,
  usageDetail: 0,
};

/** Behind its trace id. */
function readPlace(answer: RowBinary): RunSpan {
  const spanId = answer.hex(8);
  const parentSpanId = answer.hex(8);
  const startNanos = answer.int64();
  const durationNs = answer.uint64();
  return {
    ...nothing,
    spanId,
    parentSpanId,
    startNanos,
    endNanos: startNanos + durationNs,
    status: decodeWord(statusCode.options, answer.uint8()),
    operation: decodeOperation(answer.string()),
    name: answer.string(),
    service: answer.string(),
    sessionId: answer.string(),
    userId: answer.string(),
    ownAgent: answer.string(),
  };
}

function readStep(answer: RowBinary): RunSpan {
  const known = (): number | null => {
    const value = answer.float64();
    return value < 0 ? null : value;
  };
  return {
    ...readPlace(answer),
    tool: answer.string(),
    provider: answer.string(),
    model: answer.string(),
    responseId: answer.string(),
    scope: answer.string(),
    prompt: answer.string(),
    version: answer.string(),
    environment: answer.string(),
    priceVersion: answer.string(),
    ttftMs: known(),
    inputTokens: known(),
    outputTokens: known(),
    cacheReadTokens: known(),
    cacheWriteTokens: known(),
    reasoningTokens: known(),
    costUsd: known(),
    isUncountable: answer.uint8() === 1,
    usageDetail: answer.uint8(),
  };
}
