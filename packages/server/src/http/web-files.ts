import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { SightlineError } from '@sightline/schema/errors';

/**
 * Serves the built web UI: hashed assets for ever, pages anew each time, and the page itself for every path of the app,
 * so that a link to a trace opens. Paths of the API and the receivers answer for themselves.
 */
export async function webFiles(
  app: FastifyInstance,
  { directory }: { readonly directory: string },
): Promise<void> {
  if (!existsSync(join(directory, 'index.html'))) {
    app.get('/', async (_request, reply) =>
      reply
        .type('text/plain')
        .send('The web UI is not built. Run `npm start`, or `npm run build -w packages/web`.\n'),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: directory,
    wildcard: false,
    index: ['index.html'],
    setHeaders: (reply, path) => {
      const isHashed = path.includes(`${join(directory, 'assets')}`);
      reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.setNotFoundHandler(async (request, reply) => {
    const [path = ''] = request.url.split('?');
    const isPage =
      request.method === 'GET' &&
      !/^\/(api|v1|assets|prometheus|jaeger|tempo)(\/|$)/.test(path) &&
      !/\.\w+$/.test(path);
    if (isPage) return reply.header('cache-control', 'no-cache').sendFile('index.html');
    const failure = notFound(request.method, request.url);
    return reply.code(failure.status).send(failure.toJSON());
  });
}

function notFound(method: string, url: string): SightlineError {
  return new SightlineError('not_found', `Nothing is at ${method} ${url.slice(0, 200)}.`, {
    hint: 'The API is described at /api/v1/openapi.json.',
  });
}
