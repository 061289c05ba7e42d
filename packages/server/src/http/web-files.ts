import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { SightlineError } from '@sightline/schema/errors';

/** In index.html, where each answer has a nonce of its own. */
const noncePlace = '__CSP_NONCE__';

/**
 * Serves the built web UI: hashed assets for ever, as the build has compressed them; pages anew each time, and the page
 * itself for every path of the app, so that a link to a trace opens. Paths of the API and the receivers answer for themselves.
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
  const page = readFileSync(join(directory, 'index.html'), 'utf8');
  const sendPage = async (reply: FastifyReply): Promise<FastifyReply> => {
    const nonce = randomBytes(16).toString('base64url');
    return reply
      .header('cache-control', 'no-cache')
      .header('content-security-policy', pagePolicy(nonce))
      .type('text/html; charset=utf-8')
      .send(page.replaceAll(noncePlace, nonce));
  };
  for (const path of ['/', '/index.html']) app.get(path, async (_request, reply) => sendPage(reply));
  await app.register(fastifyStatic, {
    root: directory,
    wildcard: false,
    index: false,
    globIgnore: ['index.html', '**/*.br', '**/*.gz'],
    preCompressed: true,
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
    if (isPage) return sendPage(reply);
    const failure = notFound(request.method, request.url);
    return reply.code(failure.status).send(failure.toJSON());
  });
}

/**
 * Scripts and fonts of our own only, no script or style in the page itself. The nonce is for the styles that dialogs and menus
 * add while they are open, to keep the page below from scrolling.
 */
function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "connect-src 'self'",
    // Pictures and sounds that stand in a message.
    "img-src 'self' data:",
    'media-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function notFound(method: string, url: string): SightlineError {
  return new SightlineError('not_found', `Nothing is at ${method} ${url.slice(0, 200)}.`, {
    hint: 'The API is described at /api/v1/openapi.json.',
  });
}
