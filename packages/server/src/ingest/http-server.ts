import Fastify from 'fastify';
import { SightlineError } from '@sightline/schema/errors';
import { otlpHttpReceiver, type ReceiverOptions } from './http-receiver.ts';
import { portTaken } from './port-taken.ts';

export interface OtlpHttpOptions extends ReceiverOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
}

export interface OtlpHttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A sender that needs longer for one request holds memory for nothing. */
const requestTimeoutMs = 60_000;

/** Listens on the OTLP/HTTP port. @throws SightlineError `port_taken`. */
export async function startOtlpHttp(options: OtlpHttpOptions): Promise<OtlpHttpServer> {
  const { host, port } = options;
  const app = Fastify({ logger: false, requestTimeout: requestTimeoutMs, forceCloseConnections: true });
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
    throw portTaken({ what: 'OTLP/HTTP', host, port, flag: '--otlp-http-port' }, error);
  }
  const address = app.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => app.close(),
  };
}
