import { expandTimes } from './edge-times.ts';

/**
 * Protobuf as hand-made cases write it down: fields in order, each `[number, kind, value]`. Independent of the codec, so
 * that it can be wrong on purpose. Kinds: `m` message, `s` text, `h` bytes in hex, `v` varint, `t` time, `q` fixed64,
 * `d` double, `f` fixed32, `raw` hex as it stands.
 */
export type EdgeField = readonly [number: number, kind: string, value: unknown];

export function encodeEdge(fields: readonly EdgeField[], now: bigint): Buffer {
  return Buffer.concat(fields.map((field) => encodeField(field, now)));
}

function encodeField([number, kind, value]: EdgeField, now: bigint): Buffer {
  const tag = (wire: number): Buffer => varint(BigInt(number * 8 + wire));
  switch (kind) {
    case 'm':
      return delimited(tag(2), encodeEdge(value as EdgeField[], now));
    case 's':
      return delimited(tag(2), Buffer.from(String(value)));
    case 'h':
      return delimited(tag(2), Buffer.from(String(value), 'hex'));
    case 'v':
      return Buffer.concat([tag(0), varint(BigInt.asUintN(64, BigInt(Number(value))))]);
    case 't':
    case 'q': {
      const fixed = Buffer.alloc(8);
      fixed.writeBigUInt64LE(BigInt(expandTimes(`"${String(value)}"`, now).slice(1, -1)));
      return Buffer.concat([tag(1), fixed]);
    }
    case 'd': {
      const fixed = Buffer.alloc(8);
      fixed.writeDoubleLE(Number(value));
      return Buffer.concat([tag(1), fixed]);
    }
    case 'f': {
      const fixed = Buffer.alloc(4);
      fixed.writeUInt32LE(Number(value));
      return Buffer.concat([tag(5), fixed]);
    }
    case 'raw':
      return Buffer.from(String(value), 'hex');
    default:
      throw new Error(`An edge case uses the unknown kind "${kind}"`);
  }
}

function delimited(tag: Buffer, content: Buffer): Buffer {
  return Buffer.concat([tag, varint(BigInt(content.length)), content]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A span with one attribute whose value is an array in an array and so on, `depth` times. */
export function nestedSpan(depth: number, now: bigint): Buffer {
  let value = encodeEdge([[3, 'v', 1]], now);
  for (let level = 0; level < depth; level++) {
    const values = delimited(varint(0x0an), value);
    value = delimited(varint(0x2an), values);
  }
  const span: EdgeField[] = [
    [1, 'h', '5b8efff798038103d269b633813fc60c'],
    [2, 'h', 'eee19b7ec3c1b174'],
    [7, 't', '@now-1s'],
    [8, 't', '@now'],
  ];
  const attribute = [
    [1, 's', 'deep'],
    [2, 'h', value.toString('hex')],
  ];
  return encodeEdge([[1, 'm', [[2, 'm', [[2, 'm', [...span, [9, 'm', attribute]]]]]]]], now);
}
