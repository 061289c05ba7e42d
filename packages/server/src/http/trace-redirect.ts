import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyInstance } from 'fastify';
import { findTracePage, type NamedTrace } from '../query/find-trace-page.ts';
import type { TelemetryStore } from '../storage/telemetry-store.ts';
import type { ProjectResolver } from './project-resolver.ts';
import { pagePolicy } from './web-files.ts';

export interface TraceRedirectOptions {
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly resolveProject: ProjectResolver;
  /** The built web UI. */
  readonly webDirectory: string;
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
    if (found === undefined) {
      const page = await readFile(join(options.webDirectory, 'index.html')).catch(() => undefined);
      if (page === undefined) throw unknownId(id);
      // The page of the UI reads the id from its address, and says that nothing has it.
      return reply
        .code(404)
        .header('cache-control', 'no-cache')
        .header('content-security-policy', pagePolicy)
        .type('text/html; charset=utf-8')
        .send(page);
    }
    return reply.redirect(`${pageOf(found)}${found.kind === 'trace' ? query : ''}`, 302);
  });
}

function pageOf(found: NamedTrace): string {
  return found.kind === 'trace'
    ? `/traces/${found.traceId}`
    : `/timeline?id=${encodeURIComponent(found.correlationId)}`;
}

/** Where the UI is not built. */
function unknownId(id: string): SightlineError {
  return new SightlineError(
    'trace_not_found',
    `No trace, run or request of this project has the id "${id.slice(0, 200)}".`,
    { hint: 'It may not have arrived yet, be older than the retention, or belong to another project.' },
  );
}
