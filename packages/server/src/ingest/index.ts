export { startOtlpGrpc, type GrpcReceiver } from './grpc-receiver.ts';
export { otlpHttpReceiver, type ResolveProject } from './http-receiver.ts';
export { startOtlpHttp, type OtlpHttpServer } from './http-server.ts';
export { Ingest, openIngest, type IngestOptions, type IngestRequest, type Receipt } from './ingest.ts';
export type { Metric } from './ingest-metrics.ts';
export type { StoredTotals } from './ledger.ts';
export { defaultLimits, type IngestLimits } from './limits.ts';
export { reservedProject } from './segment-loader.ts';
