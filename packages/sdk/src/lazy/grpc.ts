/** OTLP over gRPC: a quarter of a second of start-up, so it is loaded when it is asked for (see core/load-lazily.ts). */
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';

export { Metadata } from '@grpc/grpc-js';
export const exporters = { OTLPLogExporter, OTLPMetricExporter, OTLPTraceExporter };
