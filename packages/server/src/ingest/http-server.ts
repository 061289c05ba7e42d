import Fastify from 'fastify';
import { SightlineError } from '@sightline/schema/errors';
import { guardedHttp, guardHttp } from '../guard/guard-http.ts';
import { type GuardedReceiverOptions, otlpHttpReceiver } from './http-receiver.ts';
import { listenFailure } from './listen-failure.ts';
import { letStalledReadersGo } from './stalled-reader.ts';
import { unreadableRequests } from './unreadable-request.ts';

export interface OtlpHttpOptions extends GuardedReceiverOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
}

export interface OtlpHttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** How long requests under way may take to be answered when the server stops: what they carry is being journalled. */
const graceMs = 3_000;

/** Listens on the OTLP/HTTP port. @throws SightlineError `port_taken`, `bad_option`. */
export async function startOtlpHttp(options: OtlpHttpOptions): Promise<OtlpHttpServer> {
  const { host, port } = options;
  const app = Fastify({
    logger: false,
    forceCloseConnections: 'idle',
    http: guardedHttp,
    ...unreadableRequests,
  });
  guardHttp(app, options.guard);
  letStalledReadersGo(app);
  options.ingest.connections.limit(app.server, 'otlp_http');
  app.setErrorHandler(async (error, _request, reply) => {
    if (!(error instanceof SightlineError)) throw error;
    return reply.code(error.status).send(error.toJSON());
  });
  // What is sent to no receiver is not read: its address is wrong, whatever stands in it.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.setNotFoundHandler(async (request, reply) => {
    const failure = new SightlineError(
      'not_found',
      `Nothing is at ${request.method} ${request.url.slice(0, 200)}.`,
      {
        hint: 'This port takes OTLP: POST /v1/traces, /v1/logs or /v1/metrics.',
      },
    );
    return reply.code(failure.status).send(failure.toJSON());
  });
  await app.register(otlpHttpReceiver, options);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenFailure({ what: 'OTLP/HTTP', host, port, flag: '--otlp-http-port' }, error);
  }
  const address = app.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      // A connection that carried a request when the closing began is idle only afterwards.
      const idle = setInterval(() => app.server.closeIdleConnections(), 50);
      const forced = setTimeout(() => app.server.closeAllConnections(), graceMs);
      await app.close();
      clearInterval(idle);
      clearTimeout(forced);
    },
  };
}
