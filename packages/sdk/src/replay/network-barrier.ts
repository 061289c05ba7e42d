/**
 * Stands where connections of this process are opened, so that every HTTP client (fetch, undici, node:http and what is built on
 * them) works as it always does and talks to a server inside the process. No socket is opened; other protocols are refused.
 */
import diagnostics from 'node:diagnostics_channel';
import dgram from 'node:dgram';
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';
import { activeSpan } from '../runtime/context.ts';
import {
  createAnsweringServer,
  divergence,
  type HttpAnswer,
  type LiveRequest,
  spanHeader,
  textOf,
} from './answering-server.ts';

export interface BarrierOptions {
  readonly answer: (request: LiveRequest) => Promise<HttpAnswer>;
  /** A connection that speaks no HTTP, or goes elsewhere than through the usual doors. */
  readonly refused: (what: string) => void;
  readonly goesLive: () => boolean;
}

/** Where Node's fetch and undici keep the pool that they share. */
export const dispatcherKey = Symbol.for('undici.globalDispatcher.1');

/** Raises the barrier; returns what takes it down. */
export function raiseBarrier({ answer, refused, goesLive }: BarrierOptions): () => void {
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

  const server = createAnsweringServer({
    answer,
    refused,
    connect: real.connect,
    tlsConnect: real.tlsConnect,
    callOut: (fn) => {
      passes++;
      try {
        return fn();
      } finally {
        passes--;
      }
    },
  });
  const { open } = server;

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
    server.close();
  };
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
