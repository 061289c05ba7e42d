export { startOtlpGrpc } from './grpc-receiver.ts';
export { discardRest, otlpHttpReceiver } from './http-receiver.ts';
export { logLinesReceiver } from './log-lines-receiver.ts';
export { sentryReceiver } from './sentry-receiver.ts';
export { startOtlpHttp } from './http-server.ts';
export { openIngest, type Ingest } from './ingest.ts';
export { gauge, type Metric } from './ingest-metrics.ts';
export { letStalledReadersGo } from './stalled-reader.ts';
export { unreadableRequests } from './unreadable-request.ts';
