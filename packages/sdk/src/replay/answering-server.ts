/**
 * An HTTP server inside the process: it listens nowhere, and each of its connections is a pair of streams in memory. Clients talk to it with
 * their own parsers and streams; it answers with what was recorded, or passes the request on.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type tls from 'node:tls';
import { ReplayDivergenceError } from './replay-divergence-error.ts';
import { requestBytesMax } from './request-body.ts';

export interface LiveRequest {
  readonly method: string;
  readonly url: string;
  readonly body: Buffer;
  /** The span that was current where the request was made. */
  readonly spanId: string | undefined;
}

export type HttpAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
      readonly chunks?: readonly (readonly [bytes: number, ms: number])[];
      /** Keep the pauses between chunks. */
      readonly pauses?: boolean;
      /** The connection breaks after the body. */
      readonly error?: Error;
    }
  /** The connection fails. */
  | { readonly kind: 'cut'; readonly error: Error }
  /** The request goes out, with this body. */
  | { readonly kind: 'live'; readonly body: Buffer };

export interface AnsweringOptions {
  readonly answer: (request: LiveRequest) => Promise<HttpAnswer>;
  /** A connection that speaks no HTTP. */
  readonly refused: (what: string) => void;
  /** The real ones, for requests that are passed on. */
  readonly connect: typeof net.connect;
  readonly tlsConnect: typeof tls.connect;
  /** Runs `fn`, which makes a request that no replay answers. */
  readonly callOut: <T>(fn: () => T) => T;
}

export interface AnsweringServer {
  /** A connection to it, which looks like one to the address in `options`. */
  readonly open: (options: Readonly<Record<string, unknown>>, isTls: boolean) => net.Socket;
  close(): void;
}

/** Tells in which span a request is made. */
export const spanHeader = 'x-sightline-replay-span';

export function createAnsweringServer({
  answer,
  refused,
  connect,
  tlsConnect,
  callOut,
}: AnsweringOptions): AnsweringServer {
  const origins = new WeakMap<object, string>();
  const server = http.createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.on('clientError', (_error, socket) => {
    refused(`a connection to ${origins.get(socket) ?? 'somewhere'} that speaks no HTTP`);
    socket.destroy(divergence('a connection that speaks no HTTP'));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    refused(`an upgrade of ${origins.get(socket) ?? ''}${request.url ?? ''}`);
    socket.destroy(divergence('an upgraded connection'));
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of request as AsyncIterable<Buffer>) {
      bytes += part.byteLength;
      if (bytes > requestBytesMax) throw divergence('a request of more than 64 MiB');
      parts.push(part);
    }
    const origin = origins.get(request.socket) ?? 'http://unknown';
    const live: LiveRequest = {
      method: request.method ?? 'GET',
      url: `${origin}${request.url ?? '/'}`,
      body: Buffer.concat(parts),
      spanId: request.headers[spanHeader] as string | undefined,
    };
    const answered = await answer(live);
    if (answered.kind === 'live') return passOn(request, live.url, answered.body, response);
    if (answered.kind === 'cut') {
      (request.socket as Duplex & { peer?: Duplex }).peer?.destroy(answered.error);
      return;
    }
    const { status, headers, body, chunks, pauses, error } = answered;
    response.writeHead(status, { ...headers, 'x-sightline-replayed': '1' });
    let at = 0;
    let elapsedMs = chunks?.[0]?.[1] ?? 0;
    for (const [size, ms] of chunks ?? []) {
      if (pauses === true && ms > elapsedMs) await sleep(ms - elapsedMs);
      elapsedMs = Math.max(elapsedMs, ms);
      response.write(body.subarray(at, (at += size)));
      // Each chunk arrives as one, as it did.
      if (chunks !== undefined && chunks.length > 1) await new Promise(setImmediate);
    }
    if (at < body.byteLength) response.write(body.subarray(at));
    if (error === undefined) response.end();
    else setImmediate(() => (request.socket as Duplex & { peer?: Duplex }).peer?.destroy(error));
  }

  function passOn(request: IncomingMessage, url: string, body: Buffer, response: ServerResponse): void {
    const {
      [spanHeader]: _span,
      'content-length': _length,
      'transfer-encoding': _coding,
      ...headers
    } = request.headers;
    const isTls = url.startsWith('https:');
    const sent = callOut(() =>
      (isTls ? https : http).request(
        url,
        {
          method: request.method,
          headers: { ...headers, 'content-length': body.byteLength },
          // No agent: an agent would open the connection through the doors that are guarded.
          createConnection: (options) =>
            isTls
              ? tlsConnect({ ...(options as tls.ConnectionOptions), servername: new URL(url).hostname })
              : connect(options as net.NetConnectOpts),
        },
        (answered) => {
          response.writeHead(answered.statusCode ?? 502, answered.headers);
          answered.on('error', (error) => response.destroy(error));
          answered.pipe(response);
        },
      ),
    );
    response.on('close', () => sent.destroy());
    sent.on('error', (error) => (request.socket as Duplex & { peer?: Duplex }).peer?.destroy(error));
    sent.end(body);
  }

  function open(options: Readonly<Record<string, unknown>>, isTls: boolean): net.Socket {
    const host =
      textOf(options['host'] ?? options['hostname']) ?? textOf(options['servername']) ?? 'localhost';
    const port = Number(options['port'] ?? (isTls ? 443 : 80));
    const isUsual = port === (isTls ? 443 : 80);
    const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    const [ours, theirs] = duplexPair();
    const client = asSocket(ours, host, port);
    if (isTls)
      Object.assign(client, {
        encrypted: true,
        authorized: true,
        alpnProtocol: false,
        getSession: () => undefined,
        getPeerCertificate: () => ({}),
        isSessionReused: () => false,
      });
    const serverSide = Object.assign(asSocket(theirs, '127.0.0.1', 0), { peer: ours });
    origins.set(serverSide, `${isTls ? 'https' : 'http'}://${name}${isUsual ? '' : `:${port}`}`);
    // A side that is destroyed takes the other with it, as a connection does.
    ours.on('close', () => theirs.destroy());
    theirs.on('error', () => undefined);
    theirs.on('close', () => ours.destroy());
    server.emit('connection', serverSide);
    process.nextTick(() => {
      client.connecting = false;
      ours.emit('connect');
      ours.emit('ready');
      if (isTls) ours.emit('secureConnect');
    });
    return client as unknown as net.Socket;
  }

  return { open, close: () => server.closeAllConnections() };
}

/** What HTTP clients ask of a socket beside its stream. */
function asSocket(stream: Duplex, remoteAddress: string, remotePort: number) {
  const same = () => stream;
  return Object.assign(stream, {
    connecting: remotePort !== 0,
    remoteAddress,
    remotePort,
    remoteFamily: 'IPv4',
    localAddress: '127.0.0.1',
    bytesWritten: 0,
    setKeepAlive: same,
    setNoDelay: same,
    setTimeout: same,
    ref: same,
    unref: same,
    address: () => ({}),
  });
}

/** What a call gets that has no like in the recording. */
export function divergence(what: string): ReplayDivergenceError {
  return new ReplayDivergenceError(`Sightline replay: ${what} is not in the recording.`);
}

export const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
