/** The status page for people who have its link: HTML without script, and the same as JSON. Asks for no key. */
import { createHash } from 'node:crypto';
import { escapeHtml } from '@sightline/base';
import type { Check, StatusPage } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyInstance } from 'fastify';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { findStatusProject } from '../catalog/status-page.ts';
import { describeStatusPage } from '../checks/describe-checks.ts';

export interface StatusPageOptions {
  readonly catalog: CatalogDatabase;
}

const tokenPattern = /^([0-9a-f]{32})(\.json)?$/;
/** A crowd that reloads the page asks the control plane once in so long. */
const keptMs = 2_000;
const pagesKept = 100;

export async function statusPageRoutes(app: FastifyInstance, { catalog }: StatusPageOptions): Promise<void> {
  const kept = new Map<string, { readonly atMs: number; readonly page: Promise<StatusPage> }>();
  const read = async (token: string): Promise<StatusPage> => {
    const known = kept.get(token);
    if (known !== undefined && performance.now() - known.atMs < keptMs) return known.page;
    const page = readPage(catalog, token);
    kept.delete(token);
    kept.set(token, { atMs: performance.now(), page });
    page.catch(() => kept.delete(token));
    const [oldest] = kept.keys();
    if (kept.size > pagesKept && oldest !== undefined) kept.delete(oldest);
    return page;
  };
  app.get('/status-page/:link', async (request, reply) => {
    const { link = '' } = request.params as { readonly link?: string };
    const [, token, json] = tokenPattern.exec(link) ?? [];
    if (token === undefined) throw notShared();
    const page = await read(token);
    void reply.header('cache-control', 'no-store');
    if (json !== undefined) return page;
    void reply.header('content-security-policy', policy);
    return reply.type('text/html; charset=utf-8').send(htmlOf(page));
  });
}

async function readPage(catalog: CatalogDatabase, token: string): Promise<StatusPage> {
  const project = await findStatusProject(catalog, token);
  if (project === undefined) throw notShared();
  return describeStatusPage(catalog, project);
}

function notShared(): SightlineError {
  return new SightlineError('not_found', 'There is no status page at this address.', {
    hint: 'Ask whoever gave you the link for a new one: sharing it again ends the link before.',
  });
}

const words = { up: 'Up', down: 'Down', unknown: 'Unknown' } as const;
const headlines = {
  up: 'Everything is up',
  down: 'Something is down',
  unknown: 'Not everything is known',
} as const;

const style = `
:root { color-scheme: light dark; --line: #e2e4ea; --soft: #505766; --up: #116a3f; --down: #b02521; --unknown: #646b7a }
@media (prefers-color-scheme: dark) { :root { --line: #282c36; --soft: #aab0bd; --up: #6bcb99; --down: #f58c85; --unknown: #949bab } }
body { max-width: 760px; margin: 0 auto; padding: 40px 16px; font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 24px; margin: 0 } p { color: var(--soft); margin: 4px 0 24px } .scroll { overflow-x: auto }
table { width: 100%; border-collapse: collapse } th { color: var(--soft); font-weight: 400; font-size: 13px; text-align: left }
th, td { padding: 8px 12px 8px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere } .up { color: var(--up) } .down { color: var(--down); font-weight: 600 } .unknown { color: var(--unknown) }
`;
/** Nothing but this style is allowed: names of checks are texts of users. */
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

function htmlOf(page: StatusPage): string {
  const rows = page.checks
    .map(
      (
        check,
      ) => `<tr><td>${escapeHtml(check.name)}</td><td class="${check.status}">${words[check.status]}</td>
<td>${check.since === null ? '–' : `<time datetime="${check.since}">${check.since.slice(0, 16).replace('T', ' ')} UTC</time>`}</td>
<td>${percent(check.uptime.day)}</td><td>${percent(check.uptime.week)}</td><td>${percent(check.uptime.month)}</td></tr>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><meta http-equiv="refresh" content="60"><title>${escapeHtml(page.title)}: status</title>
<style>${style}</style></head><body><h1 class="${page.status}">${headlines[page.status]}</h1>
<p>${escapeHtml(page.title)} · ${page.at.slice(0, 19).replace('T', ' ')} UTC</p>
${page.checks.length === 0 ? '<p>No check is shown here.</p>' : `<div class="scroll"><table><thead><tr><th>Check</th><th>Now</th><th>Since</th><th>24 hours</th><th>7 days</th><th>30 days</th></tr></thead><tbody>\n${rows}\n</tbody></table></div>`}
</body></html>
`;
}

function percent({ share }: Check['uptime']['day']): string {
  if (share === null) return '–';
  // 99.996 % is not 100 %.
  const cut = Math.floor(share * 10_000) / 100;
  return `${share === 1 ? '100' : cut.toFixed(2)} %`;
}
