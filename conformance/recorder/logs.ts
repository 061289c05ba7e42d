import { ROOT_CONTEXT, SeverityNumber, trace, TraceFlags } from '@opentelemetry/api';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';

import { attributesOfAllKinds } from './attributes.ts';
import { exceptionOf, type Program } from './traces.ts';

/** Text and structured bodies, events, every severity range, with and without a span, an exception. */
export async function recordLogs(exporter: LogRecordExporter, { resource, startMs }: Program): Promise<void> {
  const provider = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter, scheduledDelayMillis: 60_000 })],
  });
  const logger = provider.getLogger('conformance', '1.2.3', {
    schemaUrl: 'https://opentelemetry.io/schemas/1.37.0',
  });
  const context = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
  });
  const times = { timestamp: startMs, observedTimestamp: startMs + 1 };
  logger.emit({
    ...times,
    severityNumber: SeverityNumber.INFO,
    severityText: 'INFO',
    body: 'started',
    context,
  });
  logger.emit({
    ...times,
    severityNumber: SeverityNumber.ERROR4,
    body: attributesOfAllKinds,
    attributes: attributesOfAllKinds,
  });
  logger.emit({ ...times, body: ['a list', 1, { deep: true }] });
  logger.emit({ ...times, body: 42 });
  logger.emit({ ...times, body: new Uint8Array([1, 2, 3]) });
  logger.emit({ ...times });
  logger.emit({
    ...times,
    eventName: 'gen_ai.evaluation.result',
    attributes: { 'gen_ai.evaluation.name': 'relevance', 'gen_ai.evaluation.score.value': 0.87 },
    context,
  });
  logger.emit({
    ...times,
    severityNumber: SeverityNumber.FATAL,
    body: 'failed',
    exception: exceptionOf('RangeError', 'too far'),
  });
  // A zero is a time that is not known: only that of the observation is.
  logger.emit({ timestamp: 0, observedTimestamp: startMs + 2, body: 'observed only' });
  await provider.forceFlush();
  await provider.shutdown();
}
