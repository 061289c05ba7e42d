/** Reads a recorded run: one trace as OTLP/JSON, as `sightline replay --save`, `sightline export traces` and the SDK's file exporter write it. */
import { SightlineConfigError } from '../core/sdk-error.ts';
import { parseJson } from './exchange.ts';

export interface RecordedSpan {
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** OTLP's number: 3 is a client. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly failed: boolean;
  readonly message: string;
}

export interface Recording {
  readonly traceId: string;
  /** By start time. */
  readonly spans: readonly RecordedSpan[];
}

interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
}
interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
}
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string | number;
  readonly endTimeUnixNano?: string | number;
  readonly attributes?: readonly KeyValue[];
  readonly events?: readonly { readonly name?: string; readonly attributes?: readonly KeyValue[] }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}
interface OtlpRequest {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[];
  }[];
}

/** @throws SightlineConfigError when the text holds no trace, or several and none is named. */
export function readRecording(text: string, source: string, traceId?: string): Recording {
  const spans = requestsOf(text).flatMap((request) =>
    (request.resourceSpans ?? []).flatMap(({ scopeSpans }) =>
      (scopeSpans ?? []).flatMap(({ spans: some }) => some ?? []),
    ),
  );
  const ids = [...new Set(spans.map((span) => span.traceId))];
  const wanted = traceId ?? (ids.length === 1 ? ids[0] : undefined);
  if (ids.length === 0)
    throw new SightlineConfigError(
      source,
      'holds no spans',
      'Give a file that "sightline replay <trace> --save", "sightline export traces" or the file exporter wrote.',
    );
  if (wanted === undefined || !ids.includes(wanted))
    throw new SightlineConfigError(
      source,
      traceId === undefined ? `holds ${ids.length} traces` : `holds no trace ${traceId}`,
      `Name one of its traces: ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}.`,
    );
  return {
    traceId: wanted,
    spans: spans
      .filter((span) => span.traceId === wanted)
      .map(recordedSpan)
      .toSorted((a, b) => a.startMs - b.startMs),
  };
}

/** A document, or one request a line. */
function requestsOf(text: string): OtlpRequest[] {
  const whole = parseJson(text);
  const values = whole === undefined ? text.split('\n').map((line) => parseJson(line)) : [whole].flat();
  return values.filter((value): value is OtlpRequest => typeof value === 'object' && value !== null);
}

function recordedSpan(span: OtlpSpan): RecordedSpan {
  return {
    spanId: span.spanId,
    parentSpanId: span.parentSpanId === undefined || span.parentSpanId === '' ? undefined : span.parentSpanId,
    name: span.name ?? '',
    kind: span.kind ?? 0,
    startMs: Number(span.startTimeUnixNano ?? 0) / 1e6,
    endMs: Number(span.endTimeUnixNano ?? 0) / 1e6,
    attributes: plainAttributes(span.attributes),
    events: (span.events ?? []).map((event) => ({
      name: event.name ?? '',
      attributes: plainAttributes(event.attributes),
    })),
    failed: span.status?.code === 2,
    message: span.status?.message ?? '',
  };
}

function plainAttributes(attributes: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: AnyValue | undefined): unknown {
  if (value === undefined) return undefined;
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.doubleValue !== undefined) return value.doubleValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain);
  if (value.kvlistValue !== undefined) return plainAttributes(value.kvlistValue.values);
  return undefined;
}
