import { assert } from '@sightline/base';

import type { TelemetrySignal } from '../api/index.ts';
import {
  type EnumName,
  enumRows,
  type MessageName,
  messageRows,
  type MessageRows,
  type ScalarType,
} from './descriptors.ts';

/** Protobuf wire types. Groups (3, 4) are only ever skipped. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: ScalarType | 'enum' | 'message';
  readonly repeated: boolean;
  readonly oneof: boolean;
  /** The wire type of one value; repeated numbers are packed into `bytes` when written. */
  readonly wire: number;
  readonly packed: boolean;
  /** Set when `type` is `message`. */
  readonly message: MessageType | undefined;
  /** Names by number, set when `type` is `enum`. */
  readonly enumNames: readonly string[];
}

export interface MessageType {
  readonly name: MessageName;
  readonly fields: readonly Field[];
  readonly byNumber: readonly (Field | undefined)[];
}

const scalarWire: Readonly<Record<ScalarType | 'enum' | 'message', number>> = {
  string: wireType.bytes,
  bytes: wireType.bytes,
  traceId: wireType.bytes,
  spanId: wireType.bytes,
  message: wireType.bytes,
  bool: wireType.varint,
  int32: wireType.varint,
  uint32: wireType.varint,
  sint32: wireType.varint,
  int64: wireType.varint,
  uint64: wireType.varint,
  enum: wireType.varint,
  fixed32: wireType.fixed32,
  fixed64: wireType.fixed64,
  sfixed64: wireType.fixed64,
  time: wireType.fixed64,
  double: wireType.fixed64,
};

const built = new Map<string, MessageType>();

/** The type with its fields linked to their message types; `KeyValueList` reaches itself again through `AnyValue`. */
export function messageType(name: MessageName): MessageType {
  const known = built.get(name);
  if (known !== undefined) return known;
  const fields: Field[] = [];
  const byNumber: (Field | undefined)[] = [];
  const type: MessageType = { name, fields, byNumber };
  built.set(name, type);
  const rows: MessageRows = messageRows[name];
  for (const [fieldName, [number, typeName, modifier]] of Object.entries(rows)) {
    const field = linkField(fieldName, number, typeName, modifier);
    fields.push(field);
    byNumber[number] = field;
  }
  return type;
}

function linkField(name: string, number: number, typeName: string, modifier: string | undefined): Field {
  const message = typeName in messageRows ? messageType(typeName as MessageName) : undefined;
  const enumNames = typeName in enumRows ? enumRows[typeName as EnumName] : [];
  const type = message ? 'message' : enumNames.length > 0 ? 'enum' : (typeName as ScalarType);
  const wire = scalarWire[type];
  assert(wire !== undefined, `The OTLP table names an unknown type: "${typeName}" of ${name}`);
  const repeated = modifier === 'repeated';
  const packed = repeated && wire !== wireType.bytes;
  return { name, number, type, repeated, oneof: modifier === 'oneof', wire, packed, message, enumNames };
}

export const requestTypes: Readonly<Record<TelemetrySignal, MessageType>> = {
  traces: messageType('ExportTraceServiceRequest'),
  logs: messageType('ExportLogsServiceRequest'),
  metrics: messageType('ExportMetricsServiceRequest'),
};

/** The messages that are counted, accepted and rejected one by one. */
const itemNames: ReadonlySet<MessageName> = new Set<MessageName>([
  'Span',
  'LogRecord',
  'NumberDataPoint',
  'HistogramDataPoint',
  'ExponentialHistogramDataPoint',
  'SummaryDataPoint',
]);

export function isItem(type: MessageType): boolean {
  return itemNames.has(type.name);
}

const containerNames: ReadonlySet<MessageName> = new Set<MessageName>([
  'ExportTraceServiceRequest',
  'ResourceSpans',
  'ScopeSpans',
  'ExportLogsServiceRequest',
  'ResourceLogs',
  'ScopeLogs',
  'ExportMetricsServiceRequest',
  'ResourceMetrics',
  'ScopeMetrics',
  'Metric',
  'Gauge',
  'Sum',
  'Histogram',
  'ExponentialHistogram',
  'Summary',
]);

/** A message that has items somewhere inside. */
export function isContainer(type: MessageType): boolean {
  return containerNames.has(type.name);
}
