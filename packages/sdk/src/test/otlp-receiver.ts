/** A receiver that keeps the raw OTLP requests; span names and texts are found in them as plain bytes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitUntil } from './wait-until.ts';

export interface OtlpReceiver {
  readonly url: string;
  /** All request bodies of a signal, one after the other, as Latin-1 text. */
  text(signal: 'traces' | 'logs' | 'metrics'): string;
  contentType(signal: 'traces' | 'logs' | 'metrics'): string | undefined;
  close(): void;
}

export async function startReceiver(options: { readonly silent?: boolean } = {}): Promise<OtlpReceiver> {
  const bodies = new Map<string, string>();
  const types = new Map<string, string | undefined>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    types.set(path, request.headers['content-type']);
    request.on('data', (chunk: Buffer) =>
      bodies.set(path, (bodies.get(path) ?? '') + chunk.toString('latin1')),
    );
    request.on('end', () => {
      if (options.silent !== true)
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  }).listen(0, '127.0.0.1');
  await waitUntil(() => server.listening);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: (signal) => bodies.get(`/v1/${signal}`) ?? '',
    contentType: (signal) => types.get(`/v1/${signal}`),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
