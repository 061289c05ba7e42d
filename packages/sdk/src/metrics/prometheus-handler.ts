import type { IncomingMessage, ServerResponse } from 'node:http';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { withExplicitBuckets } from './explicit-buckets.ts';
import { currentPullReader } from '../export/pull-reader.ts';

/**
 * Answers with all metrics of this process as Prometheus text. Works as a node:http listener and as an Express handler.
 *
 * @example
 * createServer((request, response) => (request.url === '/metrics' ? prometheusHandler()(request, response) : response.end()));
 */
export function prometheusHandler(): (request: IncomingMessage, response: ServerResponse) => void {
  return (_request, response) => {
    renderPrometheus().then(
      (text) =>
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      (error: unknown) =>
        response
          .writeHead(500, { 'content-type': 'text/plain' })
          .end(`Metrics cannot be collected: ${String(error)}\n`),
    );
  };
}

/** The same as text, for frameworks that want a body. Empty when the SDK is off. */
export async function renderPrometheus(): Promise<string> {
  const reader = currentPullReader();
  if (reader === undefined) return '';
  const { resourceMetrics } = await reader.collect();
  return new PrometheusSerializer(undefined, false).serialize(withExplicitBuckets(resourceMetrics));
}
