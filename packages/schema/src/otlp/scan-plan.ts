/** The OTLP table compiled for the admission scan: what to do is looked up by the tag as it stands in the bytes. */
import { type Field, isItem, type MessageType, wireType } from './message-type.ts';

export const action = {
  unknown: 0,
  varint: 1,
  uint32: 2,
  bool: 3,
  enum: 4,
  fixed32: 5,
  fixed64: 6,
  time: 7,
  text: 8,
  bytes: 9,
  id: 10,
  message: 11,
  anyValue: 12,
  packed64: 13,
  packedVarint: 14,
  unpacked: 15,
  mistyped: 16,
} as const;

/** Tags below this have their own row; OTLP's largest is Span.flags with 16 << 3 | 5. */
export const tagCount = 256;

export interface ScanPlan {
  readonly type: MessageType;
  readonly action: Uint8Array;
  /** A bit per field that may come once only; all members of a oneof share one. */
  readonly once: Int32Array;
  /** The largest number of an enum, or the length of an id. */
  readonly argument: Int32Array;
  /** Where the place of the value is noted for the checks of an item; 0 for nowhere. See `note`. */
  readonly note: Uint8Array;
  readonly child: readonly (ScanPlan | undefined)[];
  readonly isItem: boolean;
  readonly isMetric: boolean;
  readonly isAttribute: boolean;
  /** An item whose attributes may leave long texts. */
  readonly hasTexts: boolean;
}

/** What the checks of items look at. */
export const note = {
  traceId: 1,
  spanId: 2,
  time: 3,
  endTime: 4,
  value: 5,
  flags: 6,
  count: 7,
  zeroCount: 8,
  bucketCounts: 9,
  bounds: 10,
  scale: 11,
  positive: 12,
  negative: 13,
  /** Of the attribute at hand. */
  attributeKey: 14,
  /** Kept while the items of a metric are scanned, so the last one. */
  metricName: 15,
} as const;

const notesByType: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Span: {
    traceId: note.traceId,
    spanId: note.spanId,
    startTimeUnixNano: note.time,
    endTimeUnixNano: note.endTime,
  },
  KeyValue: { key: note.attributeKey },
  LogRecord: { timeUnixNano: note.time, observedTimeUnixNano: note.endTime, traceId: note.traceId },
  Metric: { name: note.metricName },
  NumberDataPoint: { timeUnixNano: note.time, asDouble: note.value, asInt: note.value, flags: note.flags },
  HistogramDataPoint: {
    timeUnixNano: note.time,
    count: note.count,
    bucketCounts: note.bucketCounts,
    explicitBounds: note.bounds,
  },
  ExponentialHistogramDataPoint: {
    timeUnixNano: note.time,
    count: note.count,
    zeroCount: note.zeroCount,
    scale: note.scale,
    positive: note.positive,
    negative: note.negative,
  },
  SummaryDataPoint: { timeUnixNano: note.time, count: note.count },
};

const plans = new Map<MessageType, ScanPlan>();

export function scanPlan(type: MessageType): ScanPlan {
  const known = plans.get(type);
  if (known !== undefined) return known;
  const child: (ScanPlan | undefined)[] = Array.from({ length: tagCount });
  const plan: ScanPlan = {
    type,
    action: new Uint8Array(tagCount),
    once: new Int32Array(tagCount),
    argument: new Int32Array(tagCount),
    note: new Uint8Array(tagCount),
    child,
    isItem: isItem(type),
    isMetric: type.name === 'Metric',
    isAttribute: type.name === 'KeyValue',
    hasTexts: type.name === 'Span' || type.name === 'LogRecord',
  };
  plans.set(type, plan);
  for (const field of type.fields) {
    for (let wire = 0; wire < 8; wire++) plan.action[(field.number << 3) | wire] = action.mistyped;
    const tag = (field.number << 3) | (field.packed ? wireType.bytes : field.wire);
    plan.action[tag] = actionOf(field);
    plan.once[tag] = field.repeated && !field.packed ? 0 : field.oneof ? 1 : 1 << field.number;
    plan.argument[tag] = argumentOf(field);
    plan.note[tag] = notesByType[type.name]?.[field.name] ?? 0;
    if (field.packed) plan.action[(field.number << 3) | field.wire] = action.unpacked;
    if (field.message && field.message.name !== 'AnyValue') child[tag] = scanPlan(field.message);
  }
  return plan;
}

function actionOf(field: Field): number {
  if (field.packed) return field.wire === wireType.fixed64 ? action.packed64 : action.packedVarint;
  switch (field.type) {
    case 'string':
      return action.text;
    case 'traceId':
    case 'spanId':
      return action.id;
    case 'message':
      return field.message?.name === 'AnyValue' ? action.anyValue : action.message;
    case 'uint32':
    case 'sint32':
      return action.uint32;
    case 'bool':
      return action.bool;
    case 'enum':
      return action.enum;
    case 'fixed32':
      return action.fixed32;
    case 'time':
      return action.time;
    case 'fixed64':
    case 'sfixed64':
    case 'double':
      return action.fixed64;
    case 'bytes':
      return action.bytes;
    case 'int32':
    case 'int64':
    case 'uint64':
      return action.varint;
  }
}

function argumentOf(field: Field): number {
  if (field.type === 'enum') return field.enumNames.length - 1;
  return field.type === 'traceId' ? 16 : 8;
}
