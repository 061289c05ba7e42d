/** XXH64 of labels, as Prometheus decides by it which series `limit_ratio` keeps. */
import type { Labels } from './labels.ts';

const mask = (1n << 64n) - 1n;
const [p1, p2, p3, p4, p5]: readonly [bigint, bigint, bigint, bigint, bigint] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
];

export const hashMax = 2 ** 64;

const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & mask;
const round = (acc: bigint, input: bigint): bigint => (rotate((acc + input * p2) & mask, 31n) * p1) & mask;
const merge = (acc: bigint, value: bigint): bigint => ((acc ^ round(0n, value)) * p1 + p4) & mask;

export function hashLabels(labels: Labels): bigint {
  const parts = [...labels].flatMap(([name, value]) => [
    Buffer.from(name),
    separator,
    Buffer.from(value),
    separator,
  ]);
  return xxh64(Buffer.concat(parts));
}

const separator = Buffer.from([0xff]);

function xxh64(bytes: Buffer): bigint {
  let at = 0;
  let hash: bigint;
  if (bytes.length >= 32) {
    let [a, b, c, d]: [bigint, bigint, bigint, bigint] = [(p1 + p2) & mask, p2, 0n, (mask + 1n - p1) & mask];
    for (; at + 32 <= bytes.length; at += 32) {
      a = round(a, bytes.readBigUInt64LE(at));
      b = round(b, bytes.readBigUInt64LE(at + 8));
      c = round(c, bytes.readBigUInt64LE(at + 16));
      d = round(d, bytes.readBigUInt64LE(at + 24));
    }
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & mask;
    for (const each of [a, b, c, d]) hash = merge(hash, each);
  } else hash = p5;
  hash = (hash + BigInt(bytes.length)) & mask;
  for (; at + 8 <= bytes.length; at += 8)
    hash = (rotate(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * p1 + p4) & mask;
  for (; at + 4 <= bytes.length; at += 4)
    hash = (rotate(hash ^ ((BigInt(bytes.readUInt32LE(at)) * p1) & mask), 23n) * p2 + p3) & mask;
  for (; at < bytes.length; at += 1)
    hash = (rotate(hash ^ ((BigInt(bytes[at] ?? 0) * p5) & mask), 11n) * p1) & mask;
  hash = ((hash ^ (hash >> 33n)) * p2) & mask;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask;
  return hash ^ (hash >> 32n);
}
