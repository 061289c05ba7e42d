import type { IncomingHttpHeaders } from 'node:http';
import fastifyCompress from '@fastify/compress';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '@sightline/base';
import type { ReadyResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { guardedHttp, guardHttp } from '../guard/guard-http.ts';
import type { RequestGuard } from '../guard/request-guard.ts';
import {
  discardRest,
  letStalledReadersGo,
  logLinesReceiver,
  otlpHttpReceiver,
  sentryReceiver,
  type Ingest,
  type Metric,
  unreadableRequests,
} from '../ingest/index.ts';
import { answerCompression } from './compression.ts';
import { watchProcess } from './process-metrics.ts';
import type { ProjectResolver } from './project-resolver.ts';
import { prometheusContentType, renderPrometheusText } from './prometheus-text.ts';
import { type ClientPackages, clientPackages } from './client-packages.ts';
import { webFiles } from './web-files.ts';

export interface AppOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
  readonly ingest: Ingest;
  readonly resolveProject: ProjectResolver;
  readonly guard: RequestGuard;
  readonly webDirectory: string;
  /** For `GET /sdk.tgz` and `/cli.tgz`. */
  readonly clientPackages: ClientPackages;
  readonly ready: () => Promise<ReadyResponse>;
  readonly metrics: () => readonly Metric[];
  /** Mounts the query API and what else lives under /api/v1. */
  readonly mountApi: (app: FastifyInstance) => Promise<void>;
}

/** A filter of 4,096 characters takes nine bytes for each in an address, in scripts beyond the Latin one. */
const headerBytesMax = 64 * 1024;

/** The main port: health, metrics, receivers, API and UI. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
    ...unreadableRequests,
    http: { ...guardedHttp, maxHeaderSize: headerBytesMax },
  });
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const failure = asSightlineError(error);
    if (failure.status >= 500) options.log.error({ err: error, url: request.url }, 'A request failed.');
    if (failure.retryAfterS !== undefined) reply.header('retry-after', String(failure.retryAfterS));
    return reply.code(failure.status).send(failure.toJSON());
  });
  // Fastify closes the connection of a body that it refuses; a sender that reads only when all is sent would never see the answer.
  app.addHook('onSend', async (request, reply) => {
    if (reply.statusCode < 400 || request.raw.complete) return;
    reply.removeHeader('connection');
    discardRest(request.raw);
  });
  guardHttp(app, options.guard);
  letStalledReadersGo(app);
  options.ingest.connections.limit(app.server, 'ui');
  // Streams of events are written past it.
  await app.register(fastifyCompress, answerCompression);
  const processMetrics = watchProcess();
  app.addHook('onClose', async () => processMetrics.stop());

  const probe = { config: { door: 'probe' } } as const;
  app.get('/health', probe, async () => ({ status: 'ok' }));
  app.get('/ready', probe, async (request, reply) => {
    const { status, checks } = await options.ready();
    // Messages name tables, days and numbers of rows: they are for those who may read them.
    const isSilent = (await options.resolveProject(request.headers, 'read')) instanceof SightlineError;
    return reply
      .code(status === 'ready' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({
        status,
        checks: isSilent ? checks.map((check) => ({ ...check, message: null })) : checks,
      } satisfies ReadyResponse);
  });
  app.get('/metrics', async (request, reply) => {
    const resolved = await options.resolveProject(request.headers, 'read');
    if (resolved instanceof SightlineError) throw resolved;
    const families = [...options.metrics(), ...processMetrics.metrics()];
    return reply.type(prometheusContentType).send(renderPrometheusText(families));
  });
  const ofIngest = async (headers: IncomingHttpHeaders): ReturnType<ProjectResolver> =>
    options.resolveProject(headers, 'ingest');
  await app.register(otlpHttpReceiver, { ingest: options.ingest, resolveProject: ofIngest });
  await app.register(logLinesReceiver, {
    ingest: options.ingest,
    resolveProject: ofIngest,
    clock: options.clock,
  });
  await app.register(sentryReceiver, {
    ingest: options.ingest,
    resolveProject: ofIngest,
    clock: options.clock,
  });
  await options.mountApi(app);
  await app.register(clientPackages, options.clientPackages);
  await app.register(webFiles, { directory: options.webDirectory });
  return app;
}

/** Every failure that leaves the server has a code; what nobody foresaw is `internal`, with its details in the log only. */
function asSightlineError(error: FastifyError): SightlineError {
  if (error instanceof SightlineError) return error;
  const options = { cause: error };
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new SightlineError('payload_too_large', 'The request body is too large.', {
      ...options,
      hint: 'Send less at once.',
    });
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new SightlineError('unsupported_media_type', 'The content type of the request is not supported.', {
      ...options,
      hint: 'Send application/json.',
    });
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return new SightlineError(
      'bad_request',
      `The request cannot be read: ${error.message.replace(/\.$/, '')}.`,
      {
        ...options,
        hint: 'The API is described at /api/v1/openapi.json.',
      },
    );
  return new SightlineError('internal', 'Sightline made a mistake while answering this request.', {
    ...options,
    hint: "The reason is in the server's log. Please report it.",
  });
}
