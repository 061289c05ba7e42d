import { assert, type Clock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { alertSpells } from '../../alerts/alert-spells.ts';
import { RunCache } from '../../query/agents/run-cache.ts';
import { KeptHistories } from '../../query/alerts/kept-histories.ts';
import type { QueryContext } from '../../query/reader.ts';
import type { QueryShare } from '../../storage/query-share.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { type ProjectResolver, unknownKey } from '../project-resolver.ts';
import { SharedLinks } from '../shared-links.ts';
import { readInput } from './read-input.ts';
import { describeApi } from './openapi.ts';
import type { ApiRoute, ApiSources, Method } from './route-table.ts';
import { apiRouteTable } from './routes.ts';

export interface ApiOptions extends Omit<ApiSources, 'links'> {
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly resolveProject: ProjectResolver;
  /** See `QueryContext`. */
  readonly settle?: QueryContext['settle'];
}

/** A Fastify plugin with the query API; register it with the prefix /api/v1. */
export async function apiRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  app.setErrorHandler(sendFailure);
  // Bodies are JSON: text would be read as one string. Some clients name the type of a body that they do not send, with DELETE.
  const readJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) =>
    body === '' ? done(null) : readJson(request, body, done),
  );
  app.setNotFoundHandler(async (request) => {
    throw new SightlineError('not_found', `There is nothing at ${request.method} ${pathOf(request)}.`, {
      hint: 'The addresses of the API are listed at /api/v1/openapi.json.',
    });
  });
  // Clients that read the description have no project. It is made when somebody asks first: 0.2 s of CPU that no start waits for.
  let description: ReturnType<typeof describeApi> | undefined;
  app.get('/openapi.json', async () => (description ??= describeApi(apiRouteTable)));
  refuseOtherMethods(app, '/openapi.json', ['GET']);
  const { catalog, clock } = options;
  const links = new SharedLinks({ catalog, clock });
  const kept = { runs: new RunCache(), histories: new KeptHistories(), links };
  for (const route of apiRouteTable) {
    app.route({
      method: route.method,
      url: route.path,
      ...(route.bodyBytesMax === undefined ? {} : longBody(route, route.bodyBytesMax, options)),
      handler: (request, reply) => answer(route, { ...options, ...kept }, { request, reply }),
    });
  }
  for (const [path, routes] of Map.groupBy(apiRouteTable, (route) => route.path))
    refuseOtherMethods(app, path, [
      ...routes.map((route) => route.method),
      ...(path === logLinesPath ? (['POST'] as const) : []),
    ]);
}

function longBody({ scope }: ApiRoute, bodyLimit: number, { resolveProject }: ApiOptions) {
  assert(scope !== 'link', 'Bodies under a link are short.');
  return {
    bodyLimit,
    onRequest: async ({ headers }: FastifyRequest): Promise<void> => {
      const resolved = await resolveProject(headers, scope);
      if (resolved instanceof SightlineError) throw resolved;
    },
  };
}

/** What programs log is posted where it is read; its receiver (ingest/log-lines-receiver.ts) takes the body as a stream. */
const logLinesPath = '/logs';

async function answer(
  route: ApiRoute,
  options: ApiOptions & Pick<QueryContext, 'runs'> & Pick<ApiSources, 'histories' | 'links'>,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<unknown> {
  const resolved =
    route.scope === 'link'
      ? await options.links.open(request.headers)
      : await options.resolveProject(request.headers, route.scope);
  if (resolved instanceof SightlineError) throw resolved;
  if (route.scope === 'link') reply.header('cache-control', 'no-store');
  const { store, clock, runs, settle, catalog } = options;
  const input = readInput(route, request);
  const context: QueryContext = {
    store,
    clock,
    project: resolved.project,
    runs,
    settle,
    alertSpells: alertSpells(catalog, resolved.project),
    share: shareOf(route, input.query),
    signal: signalOf(reply),
  };
  const body: unknown = await route.answer({
    context,
    sources: options,
    ...input,
    key: 'key' in resolved ? resolved.key : undefined,
    link: 'stored' in resolved ? resolved : undefined,
    refusedNow: async () => refusedNow(options, { route, request, project: resolved.project }),
    request,
    reply,
  });
  return route.response === undefined ? reply : body;
}

interface Answered {
  readonly route: ApiRoute;
  readonly request: FastifyRequest;
  readonly project: string;
}

async function refusedNow(
  { resolveProject }: Pick<ApiOptions, 'resolveProject'>,
  { route: { scope }, request: { headers }, project }: Answered,
): Promise<SightlineError | undefined> {
  assert(scope !== 'link', 'Answers under a link are short.');
  const resolved = await resolveProject(headers, scope, { isCounted: false });
  // Without its key, a request to an open server would be one of the default project.
  if (!(resolved instanceof SightlineError)) return resolved.project === project ? undefined : unknownKey();
  // While the control plane is away nobody can tell.
  return resolved.status < 500 ? resolved : undefined;
}

/** More items than a screen of a list has are read by programs. */
const screenItemsMax = 200;

/** What somebody typed a filter for, and what programs read page after page, does not hold up what pages show by themselves. */
function shareOf(route: ApiRoute, query: unknown): QueryShare {
  const { q, limit } = query as { readonly q?: unknown; readonly limit?: unknown };
  const isFiltered = typeof q === 'string' && q.trim() !== '';
  const isLong =
    typeof limit === 'number' && limit > screenItemsMax && 'cursor' in (route.query?.shape ?? {});
  return route.share ?? (isFiltered || isLong ? 'search' : 'page');
}

/** Aborted when the client is gone before it has its answer. */
function signalOf({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function refuseOtherMethods(app: FastifyInstance, path: string, allowed: readonly Method[]): void {
  // HEAD comes with GET.
  const answered: readonly string[] = allowed.flatMap((method) =>
    method === 'GET' ? ['GET', 'HEAD'] : [method],
  );
  app.route({
    method: app.supportedMethods.filter((method) => !answered.includes(method)),
    url: path,
    handler: async (request, reply) => {
      reply.header('allow', answered.join(', '));
      throw new SightlineError(
        'method_not_allowed',
        `${pathOf(request)} does not answer to ${request.method}.`,
        {
          hint: `Use ${allowed.join(' or ')}.`,
        },
      );
    },
  });
}

/** Everything else is left to the handler of the whole server. */
function sendFailure(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = asClientMistake(error);
  if (failure === undefined || failure.status >= 500) throw error;
  if (failure.retryAfterS !== undefined) reply.header('retry-after', String(failure.retryAfterS));
  return reply.code(failure.status).send(failure.toJSON());
}

function asClientMistake(error: unknown): SightlineError | undefined {
  if (error instanceof SightlineError) return error;
  const { code } = error as { code?: unknown };
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY' || code === 'FST_ERR_CTP_EMPTY_JSON_BODY') {
    return new SightlineError('bad_request', 'The body is not JSON.', {
      hint: 'Send a JSON object with content-type application/json.',
      cause: error,
    });
  }
  return undefined;
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]?.slice(0, 200) ?? '';
}
