import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { SightlineError } from '@sightline/schema/errors';
import type { Door, RequestGuard } from './request-guard.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whom the guard lets in here; `own` where nothing is said. */
    readonly door?: Door;
  }
}

/** For everything that is no page: nothing in it may be run, drawn or framed. Pages send a policy of their own instead. */
const answerHeaders = {
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Not no-referrer: with that, forms of our own pages would send `Origin: null`.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The same as lines, for an answer that is written to a socket without Fastify. */
export const answerHeaderLines = Object.entries(answerHeaders)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

/** A server that is guarded takes requests without Host, so that they too are refused with a code. */
export const guardedHttp = { requireHostHeader: false } as const;

/**
 * Guards every request of this server and gives every answer its headers, also those that Fastify makes by itself.
 * The server is made with `guardedHttp`.
 */
export function guardHttp(app: FastifyInstance, guard: RequestGuard): void {
  app.server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(answerHeaders)) response.setHeader(name, value);
  });
  app.addHook('onRequest', async (request) => {
    const { method, headers, raw } = request;
    const door = request.routeOptions.config.door ?? 'own';
    const refused = await guard({ method, headers, door, hosts: hostsOf(raw) });
    if (refused !== undefined) throw refused;
  });
}

/** @throws SightlineError `bad_request` for HTTP/1.1 without Host, and for more than one: RFC 9112, section 3.2. */
function hostsOf({ rawHeaders, httpVersionMinor, url = '' }: IncomingMessage): string[] {
  const hosts = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host',
  );
  if (hosts.length > 1 || (hosts.length === 0 && httpVersionMinor > 0))
    throw new SightlineError(
      'bad_request',
      hosts.length === 0 ? 'The request has no Host header.' : 'The request has more than one Host header.',
      { hint: 'Send the header Host once, as HTTP/1.1 asks.' },
    );
  // The target of a request may be a whole address, which then counts instead of Host; both must be known.
  const [, target] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url) ?? [];
  return target === undefined ? hosts : [...hosts, target];
}
