/** Where the built-in fields of the filter language are in the tables. */
import { spanKind, statusCode } from '@sightline/schema/api';
import type { BuiltinField } from '@sightline/schema/filter';

export type Column =
  | { readonly type: 'text' | 'time'; readonly sql: string }
  /** `of: 'attributes'`: made of attributes when it is read, which takes many times what a column takes. */
  | { readonly type: 'texts'; readonly sql: string; readonly of?: 'attributes' }
  /** A duration in another unit than nanoseconds has `nanosPerUnit`. A number `of: 'calls'` is a column of `ai_spans`. */
  | { readonly type: 'number'; readonly sql: string; readonly nanosPerUnit?: number; readonly of?: 'calls' }
  | { readonly type: 'id'; readonly sql: string; readonly bytes: number }
  /** A number that stands for `words[number]`. */
  | { readonly type: 'word'; readonly sql: string; readonly words: readonly string[] }
  | { readonly type: 'severity' };

/** Signals that have a table of their own; `traces` are made of spans. */
export type StoredSignal = 'spans' | 'logs' | 'metrics';

export interface SignalTable {
  readonly table: string;
  readonly time: string;
  readonly columns: Readonly<Record<string, Column>>;
}

const text = (sql: string): Column => ({ type: 'text', sql });
const time = (sql: string): Column => ({ type: 'time', sql });
const number = (sql: string): Column => ({ type: 'number', sql });

const tagKeys = [
  'tag.tags',
  'langfuse.trace.tags',
  'langfuse.tags',
  'langsmith.span.tags',
  'logfire.tags',
  'ai.telemetry.metadata.tags',
  'traceloop.association.properties.tags',
  'tags',
  'tag',
];
/** Lists are kept as JSON text; a text is one tag, or several with commas between. Long values are not looked at: to read them costs many times the rest. */
const tags = `if(hasAny(mapKeys(attributes), ['${tagKeys.join("', '")}']), arrayDistinct(arrayFilter(tag -> tag != '', arrayFlatten(arrayMap(
  stored -> multiIf(startsWith(stored, '\\x01'), emptyArrayString(), startsWith(stored, '['), JSONExtract(stored, 'Array(String)'), arrayMap(tag -> trimBoth(tag), splitByChar(',', stored))),
  [${tagKeys.map((key) => `toString(attributes['${key}'])`).join(', ')}])))), emptyArrayString())`;

const everywhere = { service: text('service'), scope: text('scope_name'), received: time('received_time') };
const correlated = {
  trace: { type: 'id', sql: 'trace_id', bytes: 16 },
  span: { type: 'id', sql: 'span_id', bytes: 8 },
  session: text('session_id'),
  user: text('user_id'),
  correlation: text('correlation_id'),
} as const satisfies Record<string, Column>;

export const signalTables: Readonly<Record<StoredSignal, SignalTable>> = {
  spans: {
    table: 'spans',
    time: 'start_time',
    columns: {
      ...everywhere,
      ...correlated,
      name: text('name'),
      kind: { type: 'word', sql: 'kind', words: spanKind.options },
      status: { type: 'word', sql: 'status_code', words: statusCode.options },
      message: text('status_message'),
      operation: text('operation'),
      provider: text('provider'),
      model: text('model'),
      request_model: text('request_model'),
      response_model: text('response_model'),
      agent: text('agent_name'),
      tool: text('tool_name'),
      event: { type: 'texts', sql: 'event_names' },
      tag: { type: 'texts', sql: tags, of: 'attributes' },
      duration: number('duration_ns'),
      ttft: { type: 'number', sql: 'ttft_ms', nanosPerUnit: 1_000_000 },
      parent: { type: 'id', sql: 'parent_span_id', bytes: 8 },
      input_tokens: number('input_tokens'),
      output_tokens: number('output_tokens'),
      cache_read_tokens: number('cache_read_tokens'),
      cache_write_tokens: number('cache_write_tokens'),
      reasoning_tokens: number('reasoning_tokens'),
      cost: { type: 'number', sql: 'if(cost_usd >= 0, cost_usd, NULL)', of: 'calls' },
      start: time('start_time'),
    },
  },
  logs: {
    table: 'logs',
    time: 'time',
    columns: {
      ...everywhere,
      ...correlated,
      severity: { type: 'severity' },
      body: text('body'),
      event: text('event_name'),
      time: time('time'),
    },
  },
  metrics: {
    table: 'metric_points',
    time: 'time',
    columns: { ...everywhere, name: text('name'), type: text('type'), unit: text('unit') },
  },
};

/** Fields of whole traces, over rows of `trace_summaries` grouped by trace id; what a trace used, over its usage (sql/usage-sql.ts). */
export const traceColumns: Readonly<Record<string, Column>> = {
  'trace.name': text("tupleElement(min(head), 'name')"),
  'trace.service': text("tupleElement(min(head), 'service')"),
  'trace.duration': number("dateDiff('nanosecond', min(start_time), max(end_time))"),
  'trace.spans': number('sum(span_count)'),
  'trace.errors': number('sum(error_count)'),
  'trace.input_tokens': number('inputTokens'),
  'trace.output_tokens': number('outputTokens'),
  'trace.cost': number('costUsd'),
};

export function findColumn(signal: StoredSignal, field: BuiltinField): Column | undefined {
  return field.ofTrace === true ? traceColumns[field.name] : signalTables[signal].columns[field.name];
}
