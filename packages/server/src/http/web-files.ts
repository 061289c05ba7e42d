import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SightlineError } from '@sightline/schema/errors';

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
  // Weak: the page is the same however it is compressed.
  const tag = `W/"${createHash('sha256').update(page).digest('base64url').slice(0, 22)}"`;
  const sendPage = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply
      .header('cache-control', 'no-cache')
      .header('etag', tag)
      .header('content-security-policy', pagePolicy);
    if (isKnown(request.headers['if-none-match'], tag)) return reply.code(304).send();
    return reply.type('text/html; charset=utf-8').send(page);
  };
  for (const path of ['/', '/index.html']) app.get(path, sendPage);
  // Dozens of files make a page: each of these would cost it some thirty bytes again.
  app.addHook('onSend', async (request, reply) => {
    if (!request.url.startsWith('/assets/') || reply.statusCode !== 200) return;
    for (const name of needlessOfAssets) {
      reply.removeHeader(name);
      reply.raw.removeHeader(name);
    }
  });
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
      (request.method === 'GET' || request.method === 'HEAD') &&
      !/^\/(api|v1|assets|prometheus|jaeger|tempo)(\/|$)/.test(path) &&
      !/\.\w+$/.test(path);
    if (isPage) return sendPage(request, reply);
    const failure = notFound(request.method, request.url);
    return reply.code(failure.status).send(failure.toJSON());
  });
}

/** Tags are compared weakly, as RFC 9110 has it for this header. */
function isKnown(given: string | undefined, tag: string): boolean {
  const opaque = (each: string) => each.trim().replace(/^W\//, '');
  return given?.trim() === '*' || given?.split(',').some((each) => opaque(each) === opaque(tag)) === true;
}

/** Of pages only, whose policy holds for their files (a worker would have that of its script: there is none); and what tells versions apart, which the names of hashed files do. */
const needlessOfAssets = [
  'content-security-policy',
  'x-frame-options',
  'referrer-policy',
  'cross-origin-opener-policy',
  'last-modified',
  'etag',
  'accept-ranges',
];

/** Scripts, styles and fonts of our own only, none that stand in the page itself, and no connection but to this server. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  // Pictures and sounds that stand in a message.
  "img-src 'self' data:",
  'media-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function notFound(method: string, url: string): SightlineError {
  return new SightlineError('not_found', `Nothing is at ${method} ${url.slice(0, 200)}.`, {
    hint: 'The API is described at /api/v1/openapi.json.',
  });
}
