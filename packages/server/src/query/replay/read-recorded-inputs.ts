/** What runs were given, as it was recorded: by `target()` or `traceWorkflow()` of our SDK, else by what other SDKs write on the root. */
import { unixNano } from '@sightline/base';
import type { Span } from '@sightline/schema/api';
import { decodeSpan } from '../decode-span.ts';
import { readHeads } from '../evaluation/quiet-traces.ts';
import { readWholeSpans } from '../read-whole-spans.ts';
import { type QueryContext, Reader } from '../reader.ts';
import { inBuckets } from '../sql/range-sql.ts';
import { sql, string, trusted, uint } from '../sql/sql.ts';
import { tracesByHex } from '../sql/trace-summary-sql.ts';

export interface RecordedInput {
  readonly traceId: string;
  /** Undefined: nothing of it was recorded. */
  readonly input: unknown;
  readonly context: unknown;
  readonly target: string | undefined;
  readonly masked: boolean;
  readonly isReplay: boolean;
  readonly answer: string | null;
  readonly failed: boolean;
  readonly durationMs: number | null;
}

const spansMax = 5_000;
const perStatement = 200;

/** By trace id; a trace of which nothing is stored has no entry. */
export async function readRecordedInputs(
  context: QueryContext,
  traceIds: readonly string[],
): Promise<ReadonlyMap<string, RecordedInput>> {
  const found = new Map<string, RecordedInput>();
  for (let at = 0; at < traceIds.length; at += perStatement) {
    const reader = new Reader(context);
    const heads = await readHeads(reader, traceIds.slice(at, at + perStatement));
    if (heads.size === 0) continue;
    const from = [...heads.values()].map(({ startNanos }) => startNanos).reduce((a, b) => (a < b ? a : b));
    const to = [...heads.values()].map(({ endNanos }) => endNanos).reduce((a, b) => (a > b ? a : b));
    const within = inBuckets({ from: unixNano(from), to: unixNano(to + 1n) });
    const rows = await readWholeSpans(
      reader,
      sql`PREWHERE project = ${string(context.project)} AND trace_id IN (${tracesByHex([...heads.keys()])}) AND ${within}
        WHERE ${trusted("mapContains(attributes, 'sightline.input') OR parent_span_id = toFixedString('', 8)")}
        ORDER BY start_time LIMIT ${uint(spansMax)}`,
    );
    const spans = Map.groupBy(
      rows.map((row) => decodeSpan(row, new Map())),
      ({ traceId }) => traceId,
    );
    for (const traceId of heads.keys()) found.set(traceId, recordedInput(traceId, spans.get(traceId) ?? []));
  }
  return found;
}

/** In the order of trust: ours, OpenInference's, OpenLLMetry's. */
const inputNames = ['sightline.input', 'input.value', 'traceloop.entity.input'] as const;
const answerNames = [
  'sightline.output',
  'sightline.result',
  'output.value',
  'traceloop.entity.output',
] as const;

function recordedInput(traceId: string, spans: readonly Span[]): RecordedInput {
  const own = spans.find(({ attributes }) => attributes['sightline.input'] !== undefined);
  const root = own ?? spans.find(({ parentSpanId }) => parentSpanId === null) ?? spans[0];
  const attributes = root?.attributes ?? {};
  const inputText = firstOf(attributes, inputNames);
  const answer = firstOf(attributes, answerNames);
  const context = firstOf(attributes, ['sightline.context']);
  const name = attributes['sightline.target'];
  return {
    traceId,
    input: inputText === undefined ? undefined : plain(inputText),
    context: context === undefined ? null : plain(context),
    target: typeof name === 'string' ? name : undefined,
    masked: [inputText, context].some((text) => typeof text === 'string' && text.includes('[masked:')),
    isReplay: attributes['sightline.replay.of'] !== undefined,
    answer: answer === undefined ? null : typeof answer === 'string' ? answer : JSON.stringify(answer),
    failed: root?.status.code === 'error',
    durationMs: root?.durationMs ?? null,
  };
}

function firstOf(attributes: Span['attributes'], names: readonly string[]): unknown {
  return names.map((name) => attributes[name]).find((value) => value !== undefined && value !== '');
}

/** Recorded as JSON text where it is more than a text. */
function plain(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{"\d-]|^(true|false|null)$/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
