/** Correlation and a SERVER span for node:http, Express, Fastify and Hono. Each needs one line in the program. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime } from '../runtime/runtime.ts';
import { correlationHeader, traceIdHeader } from '../correlation/propagator.ts';
import { openServerSpan, serveWithSpan } from './server-span.ts';

/**
 * Wraps a node:http request listener.
 *
 * @example
 * createServer(tracedListener((request, response) => response.end('hello')));
 */
export function tracedListener<Request extends IncomingMessage, Response extends ServerResponse>(
  listener: (request: Request, response: Response) => unknown,
): (request: Request, response: Response) => void {
  return (request, response) => {
    const served = serveWithSpan(request, response);
    if (served === undefined) return void listener(request, response);
    const { span, runtime } = served;
    runtime.contextManager.with(span.context, () => {
      try {
        const result = listener(request, response);
        if (result instanceof Promise) result.catch((error: unknown) => span.fail(error));
      } catch (error) {
        span.fail(error);
        throw error;
      }
    });
  };
}

interface ExpressRequest extends IncomingMessage {
  readonly baseUrl?: string;
  readonly route?: { readonly path?: unknown };
}

/**
 * Express middleware; put it first. The route is read when the response ends.
 *
 * @example
 * app.use(expressMiddleware());
 */
export function expressMiddleware(): (
  request: ExpressRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void {
  return (request, response, next) => {
    const served = serveWithSpan(request, response);
    if (served === undefined) return next();
    response.prependOnceListener('close', () => {
      const path = request.route?.path;
      if (typeof path === 'string') served.span.setRoute(`${request.baseUrl ?? ''}${path}`);
    });
    served.runtime.contextManager.with(served.span.context, () => next());
  };
}

interface FastifyRequestLike {
  readonly raw: IncomingMessage;
  readonly routeOptions?: { readonly url?: string | undefined };
}
interface FastifyReplyLike {
  readonly raw: ServerResponse;
}
interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): unknown;
  addHook(
    name: 'onError',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, error: Error, done: () => void) => void,
  ): unknown;
}

/**
 * Adds the hooks to a Fastify instance, before its routes.
 *
 * @example
 * instrumentFastify(app);
 */
export function instrumentFastify(app: unknown): void {
  const fastify = app as FastifyLike;
  const spans = new WeakMap<IncomingMessage, NonNullable<ReturnType<typeof serveWithSpan>>>();
  fastify.addHook('onRequest', (request, reply, done) => {
    const served = serveWithSpan(request.raw, reply.raw);
    if (served === undefined) return done();
    spans.set(request.raw, served);
    const route = request.routeOptions?.url;
    if (route !== undefined) served.span.setRoute(route);
    served.runtime.contextManager.with(served.span.context, done);
  });
  fastify.addHook('onError', (request, _reply, error, done) => {
    spans.get(request.raw)?.span.fail(error);
    done();
  });
}

interface HonoContextLike {
  readonly req: {
    readonly method: string;
    readonly url: string;
    readonly raw: Request;
    readonly routePath?: string;
  };
  readonly res: Response;
  readonly error?: Error | undefined;
  header(name: string, value: string): void;
}

/**
 * Hono middleware.
 *
 * @example
 * app.use(honoMiddleware());
 */
export function honoMiddleware(): (context: HonoContextLike, next: () => Promise<void>) => Promise<void> {
  return async (context, next) => {
    const runtime = currentRuntime();
    if (runtime === undefined) return next();
    const { pathname, search } = new URL(context.req.url);
    const span = openServerSpan(runtime, {
      method: context.req.method,
      url: pathname + search,
      headers: context.req.raw.headers,
    });
    guard('answering with the correlation id', () => {
      context.header(correlationHeader, span.correlationId);
      if (span.traceId !== '') context.header(traceIdHeader, span.traceId);
    });
    try {
      await runtime.contextManager.with(span.context, next);
      if (context.error !== undefined) span.fail(context.error);
    } catch (error) {
      span.fail(error);
      span.end(500);
      throw error;
    }
    const { routePath } = context.req;
    if (routePath !== undefined && !routePath.includes('*')) span.setRoute(routePath);
    endWithBody(context, (error) => {
      if (error !== undefined) span.fail(error);
      span.end(context.res.status);
    });
  };
}

/** A streamed body outlives the handler, so the span ends with the body. */
function endWithBody(context: HonoContextLike, end: (error?: unknown) => void): void {
  const { body } = context.res;
  const streamed =
    body !== null && context.res.headers.get('content-length') === null && isEventStream(context.res);
  if (!streamed) return end();
  const holder = context as { res: Response };
  const reader = body.getReader();
  const followed = new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        end();
        controller.close();
      } catch (error) {
        end(error);
        controller.error(error);
      }
    },
    async cancel(reason) {
      end();
      await reader.cancel(reason);
    },
  });
  holder.res = new Response(followed, context.res);
}

function isEventStream(response: Response): boolean {
  const type = response.headers.get('content-type') ?? '';
  return (
    type.includes('event-stream') ||
    type.includes('ndjson') ||
    response.headers.get('transfer-encoding') === 'chunked'
  );
}
