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
    if (found === undefined) return reply.code(404).type('text/html; charset=utf-8').send(notFoundPage(id));
    return reply.redirect(`${pageOf(found)}${found.kind === 'trace' ? query : ''}`, 302);
  });
}

function pageOf(found: NamedTrace): string {
  return found.kind === 'trace'
    ? `/traces/${found.traceId}`
    : `/timeline?id=${encodeURIComponent(found.correlationId)}`;
}

function notFoundPage(id: string): string {
  const shown = escaped(id.slice(0, 200));
  const search = encodeURIComponent(`"${id.slice(0, 200).replaceAll(/["\\]/g, '')}"`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>No trace ${shown}</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 4rem auto; padding: 0 1rem; }
  code { overflow-wrap: anywhere; }
</style></head>
<body>
<h1>Nothing stored has this id</h1>
<p>No trace, run or request <code>${shown}</code> is stored in this project.</p>
<ul>
  <li>A trace id has 32 hex digits; a run id is what <code>traceWorkflow</code> was given; a correlation id is the value of <code>X-Correlation-ID</code>.</li>
  <li>It may not have arrived yet: exporters send every few seconds, and spans when they end. Try again in a moment.</li>
  <li>It may be older than the retention, sampled away, or belong to another project.</li>
</ul>
<p><a href="/traces">All traces</a> · <a href="/logs?q=${search}">Search the logs for it</a> · <a href="/status">What was received</a></p>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
