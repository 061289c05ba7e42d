/** An OTLP/gRPC receiver on bare HTTP/2 that keeps the raw messages of each service. */
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { waitUntil } from './wait-until.ts';

export async function startGrpcReceiver() {
  const bodies = new Map<string, string>();
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer().listen(0, '127.0.0.1');
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const service = /collector\.(\w+)\./.exec(String(headers[':path']))?.[1] ?? '';
      bodies.set(service, (bodies.get(service) ?? '') + Buffer.concat(chunks).subarray(5).toString('latin1'));
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.end(Buffer.alloc(5));
    });
  });
  await waitUntil(() => server.listening);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: (service: 'trace' | 'logs' | 'metrics') => bodies.get(service) ?? '',
    close: () => {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}
