/**
 * Stands where connections of this process are opened, so that every HTTP client (fetch, undici, node:http and what is built on
 * them) works as it always does and talks to a server inside the process. No socket is opened; other protocols are refused.
 */
import diagnostics from 'node:diagnostics_channel';
import dgram from 'node:dgram';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { activeSpan } from '../runtime/context.ts';
import { ReplayDivergenceError } from './replay-divergence-error.ts';

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

export interface BarrierOptions {
  readonly answer: (request: LiveRequest) => Promise<HttpAnswer>;
  /** A connection that speaks no HTTP, or goes elsewhere than through the usual doors. */
  readonly refused: (what: string) => void;
  readonly goesLive: () => boolean;
}

/** Where Node's fetch and undici keep the pool that they share. */
const dispatcherKey = Symbol.for('undici.globalDispatcher.1');
const spanHeader = 'x-sightline-replay-span';
const requestBytesMax = 64 * 1024 * 1024;

/** Raises the barrier; returns what takes it down. */
export function raiseBarrier({ answer, refused, goesLive }: BarrierOptions): () => void {
  const origins = new WeakMap<object, string>();
  const real = {
    connect: net.connect,
    tlsConnect: tls.connect,
    // Methods, put back as they are.
    // oxlint-disable-next-line typescript/unbound-method
    socketConnect: net.Socket.prototype.connect,
    // oxlint-disable-next-line typescript/unbound-method
    httpCreate: http.Agent.prototype.createConnection,
    // oxlint-disable-next-line typescript/unbound-method
    httpsCreate: https.Agent.prototype.createConnection,
    // oxlint-disable-next-line typescript/unbound-method
    send: dgram.Socket.prototype.send,
  };
  /** Our own requests in earnest pass. */
  let passes = 0;

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
    passes++;
    const sent = (isTls ? https : http).request(
      url,
      {
        method: request.method,
        headers: { ...headers, 'content-length': body.byteLength },
        agent: false,
        createConnection: (options) =>
          isTls
            ? real.tlsConnect({ ...(options as tls.ConnectionOptions), servername: new URL(url).hostname })
            : real.connect(options as net.NetConnectOpts),
      },
      (answered) => {
        response.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(response);
      },
    );
    passes--;
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

  const connectTo =
    (isTls: boolean) =>
    (...given: unknown[]) => {
      const options = connectOptions(given);
      const socket = open(options, isTls);
      const callback = given.findLast((each) => typeof each === 'function') as (() => void) | undefined;
      if (callback !== undefined) socket.once(isTls ? 'secureConnect' : 'connect', callback);
      return socket;
    };
  const create = (isTls: boolean) =>
    function (options: Readonly<Record<string, unknown>>) {
      return open(options, isTls);
    };

  net.connect = connectTo(false);
  net.createConnection = net.connect;
  tls.connect = connectTo(true) as typeof tls.connect;
  http.Agent.prototype.createConnection = create(false);
  https.Agent.prototype.createConnection = create(true);
  net.Socket.prototype.connect = function (this: net.Socket, ...given: unknown[]) {
    if (passes > 0 || goesLive()) return Reflect.apply(real.socketConnect, this, given) as net.Socket;
    const options = connectOptions(Array.isArray(given[0]) ? (given[0] as unknown[]) : given);
    const where =
      textOf(options['path']) ?? `${textOf(options['host']) ?? 'localhost'}:${Number(options['port'])}`;
    refused(`a connection to ${where}`);
    process.nextTick(() => this.destroy(divergence(`a connection to ${where}`)));
    return this;
  };
  dgram.Socket.prototype.send = function (this: dgram.Socket, ...given: unknown[]) {
    if (goesLive()) return Reflect.apply(real.send, this, given) as undefined;
    refused('a datagram');
    const callback = given.at(-1);
    if (typeof callback === 'function') process.nextTick(callback, divergence('a datagram'));
    return undefined;
  } as typeof dgram.Socket.prototype.send;

  // Connections that are open already would be used again.
  const globals = globalThis as { [dispatcherKey]?: { constructor: new () => object } };
  const dispatcher = globals[dispatcherKey];
  if (dispatcher !== undefined) globals[dispatcherKey] = new dispatcher.constructor() as typeof dispatcher;
  const { globalAgent } = http;
  const { globalAgent: httpsAgent } = https;
  http.globalAgent = new http.Agent({ keepAlive: true });
  https.globalAgent = new https.Agent({ keepAlive: true });
  syncBuiltinESMExports();

  const nameUndici = (message: unknown): void => {
    const { request } = message as { request: { addHeader(name: string, value: string): unknown } };
    const spanId = activeSpan()?.spanContext().spanId;
    if (spanId !== undefined && passes === 0) request.addHeader(spanHeader, spanId);
  };
  const nameHttp = (message: unknown): void => {
    const { request } = message as { request: http.ClientRequest };
    const spanId = activeSpan()?.spanContext().spanId;
    if (spanId !== undefined && passes === 0 && !request.headersSent) request.setHeader(spanHeader, spanId);
  };
  diagnostics.subscribe('undici:request:create', nameUndici);
  diagnostics.subscribe('http.client.request.created', nameHttp);

  return () => {
    diagnostics.unsubscribe('undici:request:create', nameUndici);
    diagnostics.unsubscribe('http.client.request.created', nameHttp);
    net.connect = real.connect;
    net.createConnection = real.connect;
    tls.connect = real.tlsConnect;
    net.Socket.prototype.connect = real.socketConnect;
    http.Agent.prototype.createConnection = real.httpCreate;
    https.Agent.prototype.createConnection = real.httpsCreate;
    dgram.Socket.prototype.send = real.send;
    if (dispatcher !== undefined) globals[dispatcherKey] = dispatcher;
    http.globalAgent = globalAgent;
    https.globalAgent = httpsAgent;
    syncBuiltinESMExports();
    server.closeAllConnections();
  };
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

/** `(options)`, `(port, host)` or `(path)`, as `net.connect` takes them. */
function connectOptions(given: readonly unknown[]): Readonly<Record<string, unknown>> {
  const [first, second] = given;
  if (typeof first === 'object' && first !== null) return first as Record<string, unknown>;
  if (typeof first === 'number' || /^\d+$/.test(String(first)))
    return {
      port: Number(first),
      ...(typeof second === 'string' ? { host: second } : {}),
      ...(typeof second === 'object' ? second : {}),
    };
  return { path: String(first) };
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

function divergence(what: string): ReplayDivergenceError {
  return new ReplayDivergenceError(`Sightline replay: ${what} is not in the recording.`);
}
