/** The OpenTelemetry SDK as a user sets it up: batch export as OTLP/JSON to OTEL_EXPORTER_OTLP_ENDPOINT. */
import { logs } from '@opentelemetry/api-logs';
import { logs as newLogs, metrics } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

export function startTelemetry(service, instrumentations = [], spanProcessors) {
  const resource = resourceFromAttributes({ 'service.name': service, 'service.version': '1.2.3' });
  const tracerProvider = new NodeTracerProvider({
    resource,
    spanProcessors: spanProcessors ?? [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  tracerProvider.register();
  const loggerProvider = new LoggerProvider({ resource, processors: [logProcessor()] });
  logs.setGlobalLoggerProvider(loggerProvider);
  newLogs.setGlobalLoggerProvider(loggerProvider);
  const meterProvider = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })],
  });
  metrics.setGlobalMeterProvider(meterProvider);
  registerInstrumentations({ instrumentations, tracerProvider, meterProvider, loggerProvider });
  return {
    tracerProvider,
    async stop() {
      await tracerProvider.shutdown();
      await loggerProvider.shutdown();
      await meterProvider.shutdown();
    },
  };
}

/** The constructor's parameter changed between versions of sdk-logs. */
function logProcessor() {
  const exporter = new OTLPLogExporter();
  const processor = new BatchLogRecordProcessor(exporter);
  return processor._exporter?.export === undefined ? new BatchLogRecordProcessor({ exporter }) : processor;
}
