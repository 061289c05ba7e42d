import type { Server } from 'node:http';
import type { Ingest } from './ingest.ts';

const logEveryMs = 10_000;

/**
 * Holds a port of HTTP to `connectionsMax`. A connection beyond it is closed at once, counted and logged. Silent ones make
 * room when their time for a request is over.
 */
export function boundConnections(
  server: Server,
  port: 'ui' | 'otlp_http',
  { limits: { connectionsMax }, counters, log }: Pick<Ingest, 'limits' | 'counters' | 'log'>,
): void {
  let loggedMs = -Infinity;
  server.maxConnections = connectionsMax;
  server.on('drop', () => {
    counters.add('sightline_http_connections_refused_total', { port }, 1);
    if (performance.now() - loggedMs < logEveryMs) return;
    loggedMs = performance.now();
    log.warn({ port, connectionsMax }, 'Connections are refused: the port has as many as it may.');
  });
}
