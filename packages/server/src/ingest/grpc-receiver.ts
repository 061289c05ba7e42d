/**
 * OTLP over gRPC: the Export methods of the three collector services. Messages stay bytes: the one pass of admission is
 * the only time they are looked at.
 */
import type { Server as NetServer } from 'node:net';
import {
  logVerbosity,
  Server,
  ServerCredentials,
  setLogVerbosity,
  type Metadata,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { type TelemetrySignal, telemetrySignal } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { encodeExportResponse } from '@sightline/schema/otlp';
import { boundedCalls, type GrpcCallLimits } from './grpc-calls.ts';
import { outcomeOf, toServiceError } from './grpc-failure.ts';
import type { GuardedReceiverOptions } from './http-receiver.ts';
import { listenFailure } from './listen-failure.ts';
import { requestTimeoutMs } from './unreadable-request.ts';

export interface GrpcReceiverOptions extends GuardedReceiverOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** For tests. */
  readonly calls?: Partial<GrpcCallLimits>;
}

const callLimits: GrpcCallLimits = { callsMax: 1_000, messageMsMax: requestTimeoutMs };
/** Exporters have one or a few; the recommendation of gRPC is a hundred. */
const callsPerConnectionMax = 100;
/** A peer that is gone, or that never spoke HTTP/2, answers no ping: it is cut off after both. */
const pingEveryMs = 60_000;
const pingAnswerMsMax = 20_000;

export interface GrpcReceiver {
  readonly port: number;
  close(): Promise<void>;
}

const paths: Readonly<Record<TelemetrySignal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** @throws SightlineError `port_taken`, `bad_option`. */
export async function startOtlpGrpc(options: GrpcReceiverOptions): Promise<GrpcReceiver> {
  // What grpc-js would print on its own is told to the sender, or thrown.
  setLogVerbosity(logVerbosity.NONE);
  const { ingest } = options;
  const server = new Server({
    'grpc.max_receive_message_length': ingest.limits.requestBytesMax,
    'grpc.max_concurrent_streams': callsPerConnectionMax,
    'grpc.keepalive_time_ms': pingEveryMs,
    'grpc.keepalive_timeout_ms': pingAnswerMsMax,
    interceptors: [boundedCalls(ingest, signalOf, { ...callLimits, ...options.calls })],
  });
  for (const signal of telemetrySignal.options)
    server.addService(serviceOf(paths[signal]), { export: handlerOf(options, signal) });
  const port = await bind(server, options.host, options.port);
  for (const listening of serversOf(server)) ingest.connections.limit(listening, 'otlp_grpc');
  return {
    port,
    close: async () => {
      const forced = setTimeout(() => server.forceShutdown(), 2_000);
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      clearTimeout(forced);
    },
  };
}

const signalOf = (path: string): TelemetrySignal | undefined =>
  telemetrySignal.options.find((signal) => paths[signal] === path);

const asIs = (bytes: Buffer): Buffer => bytes;

function serviceOf(path: string): ServiceDefinition {
  return {
    export: {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  };
}

async function bind(server: Server, host: string, port: number): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(listenFailure({ what: 'OTLP/gRPC', host, port, flag: '--otlp-grpc-port' }, error));
    });
  });
}

/** grpc-js bounds no connections and shows no server of its own; `grpc-receiver.test.ts` holds this in place when it is updated. */
function serversOf(server: Server): Iterable<NetServer> {
  return (
    server as unknown as { readonly http2Servers: ReadonlyMap<NetServer, unknown> }
  ).http2Servers.keys();
}

function handlerOf(options: GrpcReceiverOptions, signal: TelemetrySignal) {
  return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    void (async () => {
      try {
        callback(null, await receive(options, signal, call));
      } catch (error) {
        callback(toServiceError(error));
      }
    })();
  };
}

async function receive(
  { ingest, resolveProject, guard }: GrpcReceiverOptions,
  signal: TelemetrySignal,
  call: ServerUnaryCall<Buffer, Buffer>,
): Promise<Buffer> {
  try {
    const headers = headersOf(call.metadata);
    const hosts = [call.getHost(), headers['host']].filter((host) => host !== undefined);
    const refused = await guard({ method: 'POST', door: 'telemetry', hosts, headers });
    if (refused !== undefined) throw refused;
    const resolved = await resolveProject(headers);
    if (resolved instanceof SightlineError) throw resolved;
    const receipt = await ingest.accept({
      signal,
      project: resolved.project,
      request: call.request,
      isAbandoned: () => call.cancelled,
    });
    ingest.countRequest(signal, 'grpc', 'stored');
    return Buffer.from(encodeExportResponse(signal, 'protobuf', receipt));
  } catch (error) {
    ingest.countRequest(signal, 'grpc', outcomeOf(error));
    if (!(error instanceof SightlineError)) ingest.log.error({ err: error }, 'An OTLP request failed.');
    throw error;
  }
}

function headersOf(metadata: Metadata): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata.getMap()))
    if (typeof value === 'string') headers[key] = value;
  return headers;
}
