/** Segments for tests, made the way the receiver makes them. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type UnixNano, unixNano } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { admit, defaultAdmissionLimits, jsonToProtobuf } from '@sightline/schema/otlp';
import { encodeEnvelope, type Rejection } from '../../ingest/envelope.ts';
import type { SegmentFile, TelemetryStore } from '../telemetry-store.ts';

export const testNow = unixNano(1_795_000_000_000_000_000n);
export const dayNanos = 86_400_000_000_000n;

export interface RequestOptions {
  readonly project?: string;
  readonly received?: UnixNano;
  /** Later items are refused. */
  readonly newest?: UnixNano;
}

/** One journal record from an OTLP/JSON request. */
export function recordOf(signal: TelemetrySignal, json: unknown, options: RequestOptions = {}): Uint8Array {
  const protobuf = jsonToProtobuf(signal, Buffer.from(JSON.stringify(json)));
  if (!protobuf.ok) throw new Error(protobuf.error.message);
  return recordOfProtobuf(signal, protobuf.value, options);
}

/** The same from protobuf, through the door: checked, long texts apart. */
export function recordOfProtobuf(
  signal: TelemetrySignal,
  bytes: Uint8Array,
  options: RequestOptions = {},
): Uint8Array {
  const { project = 'default', received: receivedUnixNano = testNow } = options;
  const { newest: newestUnixNano = unixNano(testNow + 2n * dayNanos) } = options;
  const oldestUnixNano = unixNano(0n);
  const admitted = admit(signal, bytes, {
    ...defaultAdmissionLimits,
    oldestUnixNano,
    newestUnixNano,
    receivedUnixNano,
  });
  if (!admitted.ok) throw new Error(admitted.error.message);
  const { request, accepted } = admitted.value;
  const rejections: readonly Rejection[] = admitted.value.rejections;
  return encodeEnvelope({ signal, project, receivedUnixNano, accepted, rejections, request });
}

/** Writes segments below a directory of its own and loads them. */
export class SegmentLoader {
  readonly #store: TelemetryStore;
  readonly #directory: string;
  #count = 0;

  constructor(store: TelemetryStore, directory: string) {
    this.#store = store;
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  async load(
    signal: TelemetrySignal,
    records: readonly Uint8Array[],
    token: string = randomUUID(),
  ): Promise<number> {
    const segment = this.write(signal, Buffer.concat(records), token);
    const { rows } = await this.#store.load(segment);
    rmSync(segment.path);
    return rows;
  }

  write(signal: TelemetrySignal, bytes: Uint8Array, token: string): SegmentFile {
    this.#count += 1;
    const path = join(this.#directory, `${this.#count}.segment`);
    writeFileSync(path, bytes);
    return { signal, path, byteLength: bytes.length, token };
  }
}

export interface TestSpan {
  readonly trace: string;
  readonly span: string;
  readonly parent?: string;
  readonly name?: string;
  readonly start?: bigint;
  readonly durationNs?: bigint;
  readonly failed?: boolean;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

/** An OTLP/JSON request with these spans of one service. */
export function spansRequest(service: string, spans: readonly TestSpan[]): unknown {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': service }) },
        scopeSpans: [{ scope: { name: 'test' }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

function spanOf(span: TestSpan): unknown {
  const start = span.start ?? testNow;
  return {
    traceId: span.trace.padStart(32, '0'),
    spanId: span.span.padStart(16, '0'),
    ...(span.parent === undefined ? {} : { parentSpanId: span.parent.padStart(16, '0') }),
    name: span.name ?? 'work',
    kind: 1,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + (span.durationNs ?? 1_000_000n)),
    ...(span.failed === true ? { status: { code: 2, message: 'It failed.' } } : {}),
    attributes: attributesOf(span.attributes ?? {}),
  };
}

export function attributesOf(attributes: Readonly<Record<string, string | number>>): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }));
}
