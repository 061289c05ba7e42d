import type { MessageReader } from './message-reader.ts';
import type { FixedColumn } from './native-columns.ts';

/** Numbers of the fields of a span. */
export const spanField = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  start: 7,
  end: 8,
  attribute: 9,
  droppedAttributes: 10,
  event: 11,
  droppedEvents: 12,
  link: 13,
  droppedLinks: 14,
  status: 15,
  flags: 16,
} as const;

interface IdColumns {
  readonly trace_id: FixedColumn;
  readonly span_id: FixedColumn;
  readonly parent_span_id: FixedColumn;
}

export function appendIds(columns: IdColumns, span: MessageReader): void {
  const { bytes } = span;
  columns.trace_id.append(bytes, span.startOf(spanField.traceId), span.endOf(spanField.traceId));
  columns.span_id.append(bytes, span.startOf(spanField.spanId), span.endOf(spanField.spanId));
  columns.parent_span_id.appendId(
    bytes,
    span.startOf(spanField.parentSpanId),
    span.endOf(spanField.parentSpanId),
  );
}
