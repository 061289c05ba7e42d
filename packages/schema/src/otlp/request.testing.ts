import fc from 'fast-check';

import type { TelemetrySignal } from '../api/index.ts';
import { type Field, type MessageType, requestTypes } from './message-type.ts';

/** How deep the generated attribute values go. */
const depthMax = 4;

/**
 * Any request of the signal as OTLP/JSON in the very form `protobufToJson` prints, made from the OTLP table: every field,
 * every type, present or not. Most of its items are nonsense to admission; to the codec they are all the same.
 */
export function arbitraryRequest(signal: TelemetrySignal): fc.Arbitrary<object> {
  return message(requestTypes[signal], 0);
}

function message(type: MessageType, depth: number): fc.Arbitrary<object> {
  const fields = type.fields.filter(
    (field) => field.name !== 'jsonValue' && (depth < depthMax || !isRecursive(field)),
  );
  const single = fields
    .filter((field) => !field.oneof)
    .map((field) => [field.name, fieldValue(field, depth)] as const);
  const plain = fc.record(Object.fromEntries(single), { requiredKeys: [] });
  const members = fields.filter((field) => field.oneof);
  if (members.length === 0) return plain;
  const chosen = members.map((field) =>
    fieldValue(field, depth).map((value): object => ({ [field.name]: value })),
  );
  return fc
    .tuple(plain, fc.oneof(fc.constant({}), ...chosen))
    .map(([first, second]) => ({ ...first, ...second }));
}

function isRecursive(field: Field): boolean {
  return field.name === 'arrayValue' || field.name === 'kvlistValue';
}

function fieldValue(field: Field, depth: number): fc.Arbitrary<unknown> {
  const below = field.message?.name === 'AnyValue' ? depth + 1 : depth;
  const one = field.message
    ? fc.constant(0).chain(() => message(field.message ?? never(), below))
    : scalar(field);
  return field.repeated ? fc.array(one, { minLength: 1, maxLength: 3 }) : one;
}

function scalar(field: Field): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 12 });
    case 'bytes':
      return fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    case 'traceId':
      return hex(16);
    case 'spanId':
      return hex(8);
    case 'bool':
      return fc.boolean();
    case 'int32':
    case 'sint32':
      return fc.integer({ min: -0x80000000, max: 0x7fffffff });
    case 'enum':
      return fc.nat({ max: field.enumNames.length - 1 });
    case 'uint32':
    case 'fixed32':
      return fc.nat({ max: 0xffffffff });
    case 'int64':
    case 'sfixed64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
    case 'uint64':
    case 'fixed64':
    case 'time':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
    case 'double':
      return fc.double().map((value) => (Number.isFinite(value) ? value : String(value)));
    case 'message':
      return never();
  }
}

function hex(length: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => Buffer.from(bytes).toString('hex'));
}

function never(): never {
  throw new Error('A message field without a message');
}
