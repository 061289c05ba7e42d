import type { Clock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyInstance } from 'fastify';
import { findTracePage, type NamedTrace } from '../query/find-trace-page.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import type { ProjectResolver } from './project-resolver.ts';

export interface TraceRedirectOptions {
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly resolveProject: ProjectResolver;
}

/** `GET /trace/{id}`: from any id that a log line or a program has at hand (trace, run, correlation) to its page. */
export async function traceRedirect(app: FastifyInstance, options: TraceRedirectOptions): Promise<void> {
  app.get<{ Params: { id: string } }>('/trace/:id', async (request, reply) => {
    const { id } = request.params;
    const resolved = await options.resolveProject(request.headers, 'read');
    const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
    // Who has no key yet is asked for it by the page.
    if (resolved instanceof SightlineError)
      return reply.redirect(`/traces/${encodeURIComponent(id)}${query}`, 302);
    const { store, clock } = options;
    const found = await findTracePage({ store, clock, project: resolved.project }, id);
    // The page of the product that says so, or JSON where the UI is not built.
    if (found === undefined) {
      reply.code(404).callNotFound();
      return reply;
    }
    return reply.redirect(`${pageOf(found)}${found.kind === 'trace' ? query : ''}`, 302);
  });
}

function pageOf(found: NamedTrace): string {
  return found.kind === 'trace'
    ? `/traces/${found.traceId}`
    : `/timeline?id=${encodeURIComponent(found.correlationId)}`;
}
