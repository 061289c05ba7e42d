/** Columns of a span as the readers want them; ids as hex. The aliases are unlike the columns, which they would shadow. */
import { trusted } from './sql.ts';
import { textIdsHex } from './texts-sql.ts';
import { listValueCharactersMax } from '../query-bounds.ts';

export interface SlimSpanRow {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  readonly service: string;
  readonly startTime: string;
  readonly startNanos: string;
  readonly durationNs: string;
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly operation: string;
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: string | null;
  readonly outputTokens: string | null;
  readonly eventCount: string;
}

export const slimSpanColumns = trusted(`
  lower(hex(trace_id)) AS traceId, lower(hex(span_id)) AS spanId, lower(hex(parent_span_id)) AS parentId,
  name, kind, service, start_time AS startTime, toUnixTimestamp64Nano(start_time) AS startNanos, duration_ns AS durationNs,
  status_code AS statusCode, status_message AS statusMessage, operation, provider, model,
  input_tokens AS inputTokens, output_tokens AS outputTokens, length(event_names) AS eventCount`);

/**
 * Keys and values of `attributes`, one of each for each character of the types, and behind them those of `long_attributes`. Put together by
 * `ownAttributes`: the engine would be given a copy of all keys for every key, and of a span with ten thousand of them run out of memory.
 */
export interface AttributeRow {
  readonly attributeKeys: readonly string[];
  readonly attributeValues: readonly string[];
  readonly attributeTypes: string;
}

const allKeys = 'arrayConcat(mapKeys(attributes), mapKeys(long_attributes))';
const allValues = 'arrayConcat(mapValues(attributes), mapValues(long_attributes))';

/** Attributes with their values cut for a list. */
export const cutAttributeColumns = trusted(`
  ${allKeys} AS attributeKeys, attribute_types AS attributeTypes,
  arrayMap(value -> leftUTF8(value, ${listValueCharactersMax}), ${allValues}) AS attributeValues`);

export const wholeAttributeColumns = trusted(`
  ${allKeys} AS attributeKeys, attribute_types AS attributeTypes, ${allValues} AS attributeValues`);

/** For restore-texts.ts: values stand for texts that are kept elsewhere. One string: a long run has a hundred thousand ids. */
export const textIdColumns = trusted(`${textIdsHex} AS textIds`);

export interface ContextRow {
  readonly resourceKeys: readonly string[];
  readonly resourceValues: readonly string[];
  readonly resourceTypes: string;
  readonly resourceSchemaUrl: string;
  readonly resourceDropped: number;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly scopeKeys: readonly string[];
  readonly scopeValues: readonly string[];
  readonly scopeTypes: string;
  readonly scopeSchemaUrl: string;
}

/** Resource and scope of a span or a log record. */
export const contextColumns = trusted(`
  mapKeys(resource_attributes) AS resourceKeys, mapValues(resource_attributes) AS resourceValues, resource_types AS resourceTypes,
  resource_schema_url AS resourceSchemaUrl, resource_dropped AS resourceDropped,
  scope_name AS scopeName, scope_version AS scopeVersion, mapKeys(scope_attributes) AS scopeKeys,
  mapValues(scope_attributes) AS scopeValues, scope_types AS scopeTypes, scope_schema_url AS scopeSchemaUrl`);

/** Events and links: a fifth of all columns of a span, and empty in most. */
export interface MoreSpanRow {
  readonly eventTimes: readonly string[];
  readonly eventNames: readonly string[];
  readonly eventKeys: readonly (readonly string[])[];
  readonly eventValues: readonly (readonly string[])[];
  readonly eventTypes: readonly string[];
  readonly eventDropped: readonly number[];
  readonly linkTraceIds: readonly string[];
  readonly linkSpanIds: readonly string[];
  readonly linkStates: readonly string[];
  readonly linkFlags: readonly number[];
  readonly linkKeys: readonly (readonly string[])[];
  readonly linkValues: readonly (readonly string[])[];
  readonly linkTypes: readonly string[];
  readonly linkDropped: readonly number[];
}

/** A span with everything but events and links. */
export interface OwnSpanRow extends SlimSpanRow, AttributeRow, ContextRow {
  readonly textIds: string;
  readonly linkCount: string;
  readonly traceState: string;
  readonly flags: number;
  readonly droppedAttributes: number;
  readonly droppedEvents: number;
  readonly droppedLinks: number;
  readonly receivedTime: string;
  readonly requestModel: string;
  readonly responseModel: string;
  readonly cacheReadTokens: string | null;
  readonly cacheWriteTokens: string | null;
  readonly reasoningTokens: string | null;
  readonly sessionId: string;
  readonly userId: string;
  readonly agentName: string;
  readonly toolName: string;
  readonly correlationId: string;
  readonly ttftMs: number | null;
}

export type FullSpanRow = OwnSpanRow & MoreSpanRow;

export const moreSpanColumns = trusted(`
  event_times AS eventTimes, event_names AS eventNames, arrayMap(m -> mapKeys(m), event_attributes) AS eventKeys,
  arrayMap(m -> mapValues(m), event_attributes) AS eventValues, event_types AS eventTypes, event_dropped AS eventDropped,
  arrayMap(id -> lower(hex(id)), link_trace_ids) AS linkTraceIds, arrayMap(id -> lower(hex(id)), link_span_ids) AS linkSpanIds,
  link_trace_states AS linkStates, link_flags AS linkFlags, arrayMap(m -> mapKeys(m), link_attributes) AS linkKeys,
  arrayMap(m -> mapValues(m), link_attributes) AS linkValues, link_types AS linkTypes, link_dropped AS linkDropped`);

/** Behind those of a slim span, its attributes and its context. */
export const ownSpanColumns = trusted(`
  ${textIdsHex} AS textIds, length(link_trace_ids) AS linkCount,
  trace_state AS traceState, flags,
  dropped_attributes AS droppedAttributes, dropped_events AS droppedEvents, dropped_links AS droppedLinks,
  received_time AS receivedTime, request_model AS requestModel, response_model AS responseModel,
  cache_read_tokens AS cacheReadTokens, cache_write_tokens AS cacheWriteTokens, reasoning_tokens AS reasoningTokens,
  session_id AS sessionId, user_id AS userId, agent_name AS agentName, tool_name AS toolName,
  correlation_id AS correlationId, ttft_ms AS ttftMs`);

/** What tells the spans of a trace apart; few are alike in all of it. */
export const spanIdentityColumns = trusted(`
  lower(hex(span_id)) AS spanId, toUnixTimestamp64Nano(start_time) AS startNanos, duration_ns AS durationNs, kind,
  received_time AS receivedTime, length(event_names) AS eventCount, length(link_trace_ids) AS linkCount`);
