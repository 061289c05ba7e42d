/** A run as the SDK replays it. */
import { type ReplayRecording, type Span, spanKind } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { readTrace } from '../read-trace.ts';
import type { QueryContext } from '../reader.ts';

const spansMax = 20_000;

export async function readRecording(context: QueryContext, traceId: string): Promise<ReplayRecording> {
  const { spans, spanCount } = await readTrace(context, { traceId, limit: spansMax });
  if (spanCount > spansMax)
    throw new SightlineError(
      'nothing_to_replay',
      `The run has ${spanCount} spans, more than the ${spansMax} that a program can be given.`,
      { hint: 'Use "sightline replay <trace> --offline".' },
    );
  return { traceId, spans: spans.map(recordedSpan) };
}

function recordedSpan(span: Span): ReplayRecording['spans'][number] {
  const startMs = exactMs(span.startTime);
  return {
    spanId: span.spanId,
    ...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: spanKind.options.indexOf(span.kind),
    startMs,
    endMs: startMs + span.durationMs,
    attributes: span.attributes,
    events: span.events.map(({ name, attributes }) => ({ name, attributes })),
    failed: span.status.code === 'error',
    message: span.status.message,
  };
}

/** With the fractions of a millisecond, which say what came first. */
function exactMs(time: string): number {
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.');
  return Date.parse(`${seconds}Z`) + Number(`0.${fraction || '0'}`) * 1000;
}
