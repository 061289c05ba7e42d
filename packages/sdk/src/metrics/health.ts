/** Liveness and readiness of the instrumented program, from checks it registers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { withDeadline } from './with-deadline.ts';
import type { ServerOptions } from '../runtime/ask-server.ts';
import { describeError } from '../core/span-handle.ts';
import { type HealthResult, reportHealth } from './report-health.ts';

export interface HealthCheck {
  readonly name: string;
  /** Healthy unless it returns false, throws or takes too long. */
  check(): boolean | void | Promise<boolean | void>;
  /** Default 2,000 ms. */
  readonly timeoutMs?: number;
  /** `live` checks fail `/health` too; others only `/ready`. Default `ready`. */
  readonly kind?: 'live' | 'ready';
  /** Looks by itself every so many seconds, at least 10, and tells the server: see docs/checks.md. */
  readonly everyS?: number;
  /** The server that is told, where it is not that of SIGHTLINE_URL. */
  readonly server?: ServerOptions;
}

export interface HealthReport {
  readonly status: 'ok' | 'failing';
  readonly uptimeSeconds: number;
  readonly checks: Readonly<Record<string, HealthResult>>;
}

interface Registered {
  readonly check: HealthCheck;
  readonly stopReports: () => void;
}

const checks = new Map<string, Registered>();

/**
 * Registers a check; the returned function removes it. A second check of the same name replaces the first. With `everyS` it looks by itself and tells the
 * server.
 */
export function registerHealthCheck(check: HealthCheck): () => void {
  const { name, everyS, server } = check;
  checks.get(name)?.stopReports();
  const stopReports =
    everyS === undefined
      ? () => undefined
      : reportHealth({ name, everyS, server, look: async () => run(check) });
  const registered = { check, stopReports };
  checks.set(name, registered);
  return () => {
    stopReports();
    if (checks.get(name) === registered) checks.delete(name);
  };
}

export async function checkHealth(kind: 'live' | 'ready'): Promise<HealthReport> {
  const due = [...checks.values()]
    .map(({ check }) => check)
    .filter((check) => kind === 'ready' || check.kind === 'live');
  const results = await Promise.all(due.map(async (check) => [check.name, await run(check)] as const));
  return {
    status: results.every(([, { status }]) => status === 'ok') ? 'ok' : 'failing',
    uptimeSeconds: Math.round(process.uptime()),
    checks: Object.fromEntries(results),
  };
}

/**
 * Answers `/health` (alive?) and `/ready` (may it get traffic?) with 200 or 503 and a JSON report; any other path is left to `next`.
 *
 * @example
 * registerHealthCheck({ name: 'database', check: async () => true });
 * app.use(healthHandler());
 */
export function healthHandler(): (
  request: IncomingMessage,
  response: ServerResponse,
  next?: () => void,
) => void {
  return (request, response, next) => {
    const path = request.url?.split('?')[0];
    if (path !== '/health' && path !== '/ready') {
      if (next !== undefined) return next();
      response.writeHead(404).end();
      return;
    }
    void checkHealth(path === '/health' ? 'live' : 'ready').then((report) => {
      response.writeHead(report.status === 'ok' ? 200 : 503, {
        'content-type': 'application/json',
        'cache-control': 'no-store',
      });
      response.end(JSON.stringify(report));
    });
  };
}

async function run(check: HealthCheck): Promise<HealthResult> {
  const startedMs = performance.now();
  const took = () => Math.round((performance.now() - startedMs) * 10) / 10;
  try {
    const healthy = await withDeadline(async () => check.check(), check.timeoutMs ?? 2000);
    return { status: healthy === false ? 'failing' : 'ok', durationMs: took() };
  } catch (error) {
    return { status: 'failing', durationMs: took(), message: describeError(error).message };
  }
}
