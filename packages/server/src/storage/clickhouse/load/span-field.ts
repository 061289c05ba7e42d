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
