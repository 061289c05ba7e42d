/**
 * A replay of one run in a program that goes on with its other work: only what is called inside the run is answered from the recording.
 * Its HTTP requests get connections of their own, to a server in memory; everybody else's go where they always went.
 */
import diagnostics from 'node:diagnostics_channel';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { activeSpan, runInContext } from '../runtime/context.ts';
import { type AnsweringServer, createAnsweringServer, spanHeader } from './answering-server.ts';
import { dispatcherKey } from './network-barrier.ts';
import { closeScope, currentScope, openScope, type ReplayScope } from './replay-slot.ts';
import type { ReplaySession } from './replay-session.ts';
import { ReplayDivergenceError } from './replay-divergence-error.ts';

/** Of undici, as far as a pool of it is used here. */
interface Dispatcher {
  dispatch(options: object, handler: object): boolean;
  destroy(): Promise<void>;
}
/** What undici connects to. The port is empty where it is the usual one. */
interface Address {
  readonly hostname: string;
  readonly port: string;
  readonly protocol: string;
}
type DispatcherClass = new (options: object) => Dispatcher;

interface Network {
  readonly http: http.Agent;
  readonly https: https.Agent;
  readonly dispatcher: Dispatcher;
}

const networks = new WeakMap<ReplayScope, Network>();
let uninstall: (() => void) | undefined;
let scopes = 0;

/** Runs `fn` with what it calls answered by the session. Several may run at one time. */
export async function runInReplay<T>(session: ReplaySession, fn: () => Promise<T>): Promise<T> {
  const server = createAnsweringServer({
    answer: async (request) => session.answerHttp(request),
    refused: (what) => session.noteRefused(what),
    connect: net.connect,
    tlsConnect: tls.connect,
    callOut: (call) => runInContext(suppressTracing(ROOT_CONTEXT), call),
  });
  const network = networkOf(server);
  uninstall ??= install();
  scopes++;
  const scope = openScope(session, ROOT_CONTEXT);
  networks.set(scope, network);
  try {
    return await runInContext(scope.context, fn);
  } finally {
    closeScope(scope);
    scopes--;
    if (scopes === 0) {
      uninstall?.();
      uninstall = undefined;
    }
    network.http.destroy();
    network.https.destroy();
    void network.dispatcher.destroy().catch(() => undefined);
    server.close();
  }
}

function networkOf(server: AnsweringServer): Network {
  const opens = (isTls: boolean) => ({
    createConnection: (options: Readonly<Record<string, unknown>>) => server.open(options, isTls),
  });
  return {
    http: Object.assign(new http.Agent({ keepAlive: true }), opens(false)),
    https: Object.assign(new https.Agent({ keepAlive: true }), opens(true)),
    dispatcher: new (poolClass())({
      connect: ({ hostname, port, protocol }: Address, done: (error: null, socket: net.Socket) => void) => {
        const isTls = protocol === 'https:';
        const socket = server.open({ host: hostname, ...(port === '' ? {} : { port }) }, isTls);
        socket.once('connect', () => done(null, socket));
      },
    }),
  };
}

const globals = globalThis as { [dispatcherKey]?: Dispatcher };

/** The pool of the fetch in force. Reading `Response` loads the fetch of Node, which makes its pool. */
function globalPool(): Dispatcher {
  void globalThis.Response;
  const pool = globals[dispatcherKey];
  if (pool === undefined) throw new ReplayDivergenceError('Sightline replay: this Node has no fetch.');
  return pool;
}

function poolClass(): DispatcherClass {
  const found = globalPool().constructor as DispatcherClass;
  if (found.name !== 'Agent')
    throw new ReplayDivergenceError(
      `Sightline replay: fetch goes through a ${found.name} here, which cannot be answered from a recording. Use "sightline replay --offline".`,
    );
  return found;
}

/** Turns requests that are made inside a scope to its own connections. */
function install(): () => void {
  const pool = globalPool();
  /** A request to a scope's own pool is being made. */
  let isOwn = false;
  const turned = new Proxy(pool, {
    get: (target, key) => {
      if (key === 'dispatch')
        return (options: object, handler: object): boolean => {
          const network = currentNetwork();
          if (network === undefined) return target.dispatch(options, handler);
          isOwn = true;
          try {
            return network.dispatcher.dispatch(options, handler);
          } finally {
            isOwn = false;
          }
        };
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' && key !== 'constructor' ? (value.bind(target) as unknown) : value;
    },
  });
  globals[dispatcherKey] = turned;

  const prototype = http.Agent.prototype as unknown as { addRequest: AddRequest };
  const { addRequest } = prototype;
  const turnedAddRequest: AddRequest = function (this: http.Agent, request, ...rest) {
    const network = currentNetwork();
    if (network === undefined) return addRequest.call(this, request, ...rest);
    const agent = request.protocol === 'https:' ? network.https : network.http;
    Object.assign(request, { agent });
    return addRequest.call(agent, request, ...rest);
  };
  prototype.addRequest = turnedAddRequest;

  const nameUndici = (message: unknown): void => {
    const session = currentScope()?.session;
    if (session === undefined) return;
    const { request } = message as {
      request: { origin?: unknown; addHeader(name: string, value: string): unknown };
    };
    if (!isOwn) return session.noteRefused(past(String(request.origin)));
    const spanId = activeSpan()?.spanContext().spanId;
    if (spanId !== undefined) request.addHeader(spanHeader, spanId);
  };
  const nameHttp = (message: unknown): void => {
    const session = currentScope()?.session;
    if (session === undefined) return;
    const { request } = message as { request: http.ClientRequest & { agent?: { addRequest?: unknown } } };
    const { agent } = request;
    if (agent?.addRequest !== turnedAddRequest) return session.noteRefused(past(request.host));
    const spanId = activeSpan()?.spanContext().spanId;
    if (spanId !== undefined && !request.headersSent) request.setHeader(spanHeader, spanId);
  };
  diagnostics.subscribe('undici:request:create', nameUndici);
  diagnostics.subscribe('http.client.request.created', nameHttp);
  return () => {
    if (globals[dispatcherKey] === turned) globals[dispatcherKey] = pool;
    if (prototype.addRequest === turnedAddRequest) prototype.addRequest = addRequest;
    diagnostics.unsubscribe('undici:request:create', nameUndici);
    diagnostics.unsubscribe('http.client.request.created', nameHttp);
  };
}

type AddRequest = (this: http.Agent, request: http.ClientRequest, ...rest: unknown[]) => void;

function currentNetwork(): Network | undefined {
  const scope = currentScope();
  return scope === undefined ? undefined : networks.get(scope);
}

const past = (where: string) =>
  `a request to ${where} by a client with connections of its own, which went past the recording`;
