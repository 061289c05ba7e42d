import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js';

import type { TelemetrySignal } from '@sightline/schema/api';

export interface Received {
  readonly signal: TelemetrySignal;
  readonly transport: 'http' | 'grpc';
  readonly headers: Readonly<Record<string, string>>;
  /** As it came: still compressed over HTTP, the bare message over gRPC. */
  readonly body: Uint8Array;
}

export interface Sink {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** Headers that say how the body is to be read; the others differ from run to run. */
const keptHeaders = ['content-type', 'content-encoding', 'user-agent', 'transfer-encoding'];

/** Takes everything on loopback and answers with full success. */
export async function openHttpSink(): Promise<Sink> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    void buffer(request).then((body) => {
      received.push({
        signal: signalOf(request.url ?? ''),
        transport: 'http',
        headers: pickHeaders(request),
        body,
      });
      response.writeHead(200, { 'content-type': request.headers['content-type'] });
      response.end(request.headers['content-type'] === 'application/json' ? '{}' : '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}`, received, close };
}

const services: Readonly<Record<string, TelemetrySignal>> = {
  '/opentelemetry.proto.collector.trace.v1.TraceService/Export': 'traces',
  '/opentelemetry.proto.collector.logs.v1.LogsService/Export': 'logs',
  '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export': 'metrics',
};

export async function openGrpcSink(): Promise<Sink> {
  const received: Received[] = [];
  const server = new GrpcServer();
  for (const [path, signal] of Object.entries(services)) {
    const raw = (bytes: Buffer): Buffer => bytes;
    const method = {
      path,
      requestStream: false,
      responseStream: false,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    };
    server.addService(
      { Export: method },
      {
        Export: (call: { request: Buffer }, callback: (error: null, value: Buffer) => void) => {
          received.push({ signal, transport: 'grpc', headers: {}, body: call.request });
          callback(null, Buffer.alloc(0));
        },
      },
    );
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  };
  return { url: `http://127.0.0.1:${port}`, received, close };
}

function signalOf(path: string): TelemetrySignal {
  for (const signal of ['traces', 'logs', 'metrics'] as const) if (path === `/v1/${signal}`) return signal;
  throw new Error(`An exporter posts to ${path}`);
}

function pickHeaders(request: IncomingMessage): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of keptHeaders) {
    const value = request.headers[name];
    if (typeof value === 'string') picked[name] = value;
  }
  return picked;
}
