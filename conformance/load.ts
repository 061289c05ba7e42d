/**
 * The conformance cases: what real exporters sent (`recorded/`, made by record.ts) and hand-made edge cases (`edge/`).
 * Each says what a receiver must answer, so that the codec and the sockets are held to the same expectations.
 */
import { readdirSync, readFileSync } from 'node:fs';

import type { TelemetrySignal } from '@sightline/schema/api';

import { type EdgeField, encodeEdge, nestedSpan } from './edge-protobuf.ts';
import { expandTimes } from './edge-times.ts';

export interface Case {
  readonly name: string;
  readonly signal: TelemetrySignal;
  /** gRPC bodies are bare messages, without the frame. */
  readonly transport: 'http' | 'grpc';
  readonly contentType: 'application/x-protobuf' | 'application/json';
  readonly contentEncoding: 'identity' | 'gzip';
  /** As it goes over the wire, compressed where `contentEncoding` says so. */
  readonly body: Uint8Array;
  /** What the receiver's clock has to show. */
  readonly nowUnixNano: bigint;
  readonly expect: Expectation;
}

export type Expectation =
  | {
      readonly status: 200;
      readonly accepted: number;
      /** Counts by reason; empty when nothing is refused. */
      readonly rejected: Readonly<Record<string, number>>;
      /** Part of the warning the sender gets for items that were kept but changed. */
      readonly warning?: string;
    }
  | { readonly status: 400; /** Part of the message. */ readonly message: string };

export interface LoadOptions {
  /** The receiver's clock for the hand-made cases. Recorded ones bring their own. */
  readonly nowUnixNano?: bigint;
}

interface ManifestEntry {
  readonly name: string;
  readonly file: string;
  readonly signal: TelemetrySignal;
  readonly transport: 'http' | 'grpc';
  readonly recordedUnixMs: number;
  readonly items: number;
  readonly headers: Readonly<Record<string, string>>;
}

interface EdgeCase {
  readonly name: string;
  readonly signal: TelemetrySignal;
  readonly json?: unknown;
  readonly text?: string;
  readonly protobuf?: readonly EdgeField[];
  readonly nested?: number;
  readonly repeat?: { readonly char: string; readonly count: number; readonly at: string };
  readonly expect: {
    readonly status: 200 | 400;
    readonly accepted?: number;
    readonly rejected?: Readonly<Record<string, number>>;
    readonly warning?: string;
    readonly message?: string;
  };
}

const edgeNowUnixNano = 1_795_226_400_000_000_000n;

export function loadCases(options: LoadOptions = {}): Case[] {
  return [...loadRecorded(), ...loadEdge(options)];
}

export function loadRecorded(): Case[] {
  const manifest = JSON.parse(readText('recorded/manifest.json')) as ManifestEntry[];
  return manifest.map(({ name, file, signal, transport, recordedUnixMs, items, headers }) => ({
    name: `recorded: ${name}`,
    signal,
    transport,
    contentType:
      headers['content-type'] === 'application/json' ? 'application/json' : 'application/x-protobuf',
    contentEncoding: headers['content-encoding'] === 'gzip' ? 'gzip' : 'identity',
    body: readFileSync(new URL(`recorded/${file}`, import.meta.url)),
    nowUnixNano: BigInt(recordedUnixMs) * 1_000_000n,
    expect: { status: 200, accepted: items, rejected: {} },
  }));
}

export function loadEdge({ nowUnixNano = edgeNowUnixNano }: LoadOptions = {}): Case[] {
  const files = readdirSync(new URL('edge/', import.meta.url)).filter((file) => file.endsWith('.json'));
  return files.toSorted().flatMap((file) => {
    const cases = JSON.parse(readText(`edge/${file}`)) as EdgeCase[];
    return cases.map((edge) => toCase(file.replace('.json', ''), edge, nowUnixNano));
  });
}

function toCase(group: string, edge: EdgeCase, now: bigint): Case {
  const isProtobuf = edge.protobuf !== undefined || edge.nested !== undefined;
  const { status, accepted = 0, rejected = {}, warning, message = '' } = edge.expect;
  return {
    name: `${group}: ${edge.name}`,
    signal: edge.signal,
    transport: 'http',
    contentType: isProtobuf ? 'application/x-protobuf' : 'application/json',
    contentEncoding: 'identity',
    body: bodyOf(edge, now),
    nowUnixNano: now,
    expect:
      status === 400
        ? { status, message }
        : { status, accepted, rejected, ...(warning === undefined ? {} : { warning }) },
  };
}

function bodyOf(edge: EdgeCase, now: bigint): Uint8Array {
  if (edge.protobuf) return encodeEdge(edge.protobuf, now);
  if (edge.nested !== undefined) return nestedSpan(edge.nested, now);
  const text = edge.text ?? JSON.stringify(edge.json);
  const filled = edge.repeat
    ? text.replace(edge.repeat.at, edge.repeat.char.repeat(edge.repeat.count))
    : text;
  return Buffer.from(expandTimes(filled, now));
}

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}
