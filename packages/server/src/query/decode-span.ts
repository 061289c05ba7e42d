import {
  type FoundSpan,
  type OperationKind,
  operationKind,
  type SlimSpan,
  type Span,
  type SpanEvent,
  spanKind,
  type SpanLink,
  statusCode,
} from '@sightline/schema/api';
import {
  decodeAttributes,
  decodeCount,
  decodeTime,
  decodeWord,
  idOrNull,
  nanosToMs,
  textOrNull,
} from './decode-row.ts';
import { type CallCosts, costOf } from './read-call-costs.ts';
import type { AttributeRow, ContextRow, FullSpanRow, SlimSpanRow } from './sql/span-columns-sql.ts';

export { decodeCost } from './decode-row.ts';

export function decodeSlimSpan(row: SlimSpanRow, costs: CallCosts): SlimSpan {
  return {
    traceId: row.traceId,
    spanId: row.spanId,
    parentSpanId: idOrNull(row.parentId),
    name: row.name,
    kind: decodeWord(spanKind.options, row.kind),
    service: row.service,
    startTime: decodeTime(row.startTime),
    durationMs: nanosToMs(row.durationNs),
    status: { code: decodeWord(statusCode.options, row.statusCode), message: row.statusMessage },
    operation: decodeOperation(row.operation),
    provider: textOrNull(row.provider),
    model: textOrNull(row.model),
    inputTokens: decodeCount(row.inputTokens),
    outputTokens: decodeCount(row.outputTokens),
    costUsd: costOf(costs, row.traceId, row.spanId).costUsd,
    eventCount: Number(row.eventCount),
  };
}

export function decodeFoundSpan(row: SlimSpanRow & AttributeRow, costs: CallCosts): FoundSpan {
  return { ...decodeSlimSpan(row, costs), attributes: ownAttributes(row) };
}

export function decodeSpan(row: FullSpanRow, costs: CallCosts): Span {
  const { resource, scope } = decodeContext(row);
  return {
    ...decodeSlimSpan(row, costs),
    ...costOf(costs, row.traceId, row.spanId),
    traceState: row.traceState,
    flags: row.flags,
    attributes: ownAttributes(row),
    resource,
    scope,
    events: decodeEvents(row),
    links: decodeLinks(row),
    droppedAttributesCount: row.droppedAttributes,
    droppedEventsCount: row.droppedEvents,
    droppedLinksCount: row.droppedLinks,
    requestModel: textOrNull(row.requestModel),
    responseModel: textOrNull(row.responseModel),
    cacheReadTokens: decodeCount(row.cacheReadTokens),
    cacheWriteTokens: decodeCount(row.cacheWriteTokens),
    reasoningTokens: decodeCount(row.reasoningTokens),
    sessionId: textOrNull(row.sessionId),
    userId: textOrNull(row.userId),
    agentName: textOrNull(row.agentName),
    toolName: textOrNull(row.toolName),
    timeToFirstTokenMs: row.ttftMs,
    correlationId: textOrNull(row.correlationId),
    receivedTime: decodeTime(row.receivedTime),
  };
}

/** A long value left '' under its key; of a key that came more than once each takes the next one. */
export function ownAttributes(row: AttributeRow): Span['attributes'] {
  const { attributeKeys: keys, attributeValues: values, attributeTypes: types } = row;
  if (keys.length === types.length) return decodeAttributes({ keys, values, types });
  const long = new Map<string, string[]>();
  for (let at = keys.length - 1; at >= types.length; at -= 1) {
    const key = keys[at] ?? '';
    const known = long.get(key);
    if (known === undefined) long.set(key, [values[at] ?? '']);
    else known.push(values[at] ?? '');
  }
  const own = keys.slice(0, types.length);
  return decodeAttributes({
    keys: own,
    values: own.map((key, at) => (values[at] === '' ? (long.get(key)?.pop() ?? '') : (values[at] ?? ''))),
    types,
  });
}

export function decodeContext(row: ContextRow): Pick<Span, 'resource' | 'scope'> {
  return {
    resource: {
      attributes: decodeAttributes({
        keys: row.resourceKeys,
        values: row.resourceValues,
        types: row.resourceTypes,
      }),
      schemaUrl: row.resourceSchemaUrl,
      droppedAttributesCount: row.resourceDropped,
    },
    scope: {
      name: row.scopeName,
      version: row.scopeVersion,
      attributes: decodeAttributes({ keys: row.scopeKeys, values: row.scopeValues, types: row.scopeTypes }),
      schemaUrl: row.scopeSchemaUrl,
    },
  };
}

const operations = new Set<string>(operationKind.options);

export function decodeOperation(text: string): OperationKind {
  return operations.has(text) ? (text as OperationKind) : 'other';
}

function decodeEvents(row: FullSpanRow): SpanEvent[] {
  return row.eventTimes.map((time, index) => ({
    time: decodeTime(time),
    name: row.eventNames[index] ?? '',
    attributes: decodeAttributes({
      keys: row.eventKeys[index] ?? [],
      values: row.eventValues[index] ?? [],
      types: row.eventTypes[index] ?? '',
    }),
    droppedAttributesCount: row.eventDropped[index] ?? 0,
  }));
}

function decodeLinks(row: FullSpanRow): SpanLink[] {
  return row.linkTraceIds.map((traceId, index) => ({
    traceId,
    spanId: row.linkSpanIds[index] ?? '',
    traceState: row.linkStates[index] ?? '',
    flags: row.linkFlags[index] ?? 0,
    attributes: decodeAttributes({
      keys: row.linkKeys[index] ?? [],
      values: row.linkValues[index] ?? [],
      types: row.linkTypes[index] ?? '',
    }),
    droppedAttributesCount: row.linkDropped[index] ?? 0,
  }));
}
