import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import {
  correlationHeaders,
  expressMiddleware,
  getCorrelationId,
  getLogger,
  honoMiddleware,
  instrumentFastify,
  tracedListener,
  withCorrelationId,
  withSpan,
} from '../index.ts';
import { startSdk, spanNamed } from '../test/start-sdk.ts';
import { waitUntil } from '../test/wait-until.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, 'x-correlation-id': 'req-7' };

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await waitUntil(() => server.listening);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const handler = async () => {
  await Promise.resolve();
  return withSpan('inside', {}, () => {
    getLogger('api').info('handling');
    return String(getCorrelationId());
  });
};

describe.each([
  [
    'node:http',
    async () => {
      const server = createServer(
        tracedListener(async (request, response) => {
          if (request.url === '/fail') response.statusCode = 500;
          response.end(await handler());
        }),
      );
      return { url: await listen(server), route: undefined, close: () => void server.close() };
    },
  ],
  [
    'Express',
    async () => {
      const app = express();
      app.use(expressMiddleware());
      app.get('/users/:id', async (_request, response) => void response.send(await handler()));
      app.get('/fail', () => {
        throw new Error('boom');
      });
      app.use(
        (
          _error: unknown,
          _request: express.Request,
          response: express.Response,
          _next: express.NextFunction,
        ) => void response.status(500).end(),
      );
      const server = createServer(app);
      return { url: await listen(server), route: '/users/:id', close: () => void server.close() };
    },
  ],
  [
    'Fastify',
    async () => {
      const app = fastify();
      instrumentFastify(app);
      app.get('/users/:id', handler);
      app.get('/fail', () => {
        throw new Error('boom');
      });
      return {
        url: await app.listen({ port: 0, host: '127.0.0.1' }),
        route: '/users/:id',
        close: () => void app.close(),
      };
    },
  ],
  [
    'Hono',
    async () => {
      const app = new Hono();
      app.use(honoMiddleware());
      app.get('/users/:id', async (context) => context.text(await handler()));
      app.get('/fail', () => {
        throw new Error('boom');
      });
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
      await waitUntil(() => server.listening);
      return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        route: undefined,
        close: () => void server.close(),
      };
    },
  ],
] as const)('%s middleware', (_name, start) => {
  it("continues the caller's trace and correlation id, and answers with both", async () => {
    const memory = startSdk({ traceFetch: false });
    const { url, route, close } = await start();
    const response = await fetch(`${url}/users/5?mail=a@b.co`, { headers });
    expect(await response.text()).toBe('req-7');
    expect([response.headers.get('x-correlation-id'), response.headers.get('x-trace-id')]).toEqual([
      'req-7',
      traceId,
    ]);
    await waitUntil(() => memory.spans.some((span) => span.kind === SpanKind.SERVER));
    const span = memory.spans.find((each) => each.kind === SpanKind.SERVER);
    expect(span?.parentSpanContext).toMatchObject({ traceId, spanId: 'b7ad6b7169203331' });
    expect(span?.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.path': '/users/5',
      'url.query': 'mail=[masked:email]',
      correlation_id: 'req-7',
      ...(route === undefined ? {} : { 'http.route': route }),
    });
    expect(spanNamed(memory, 'inside').parentSpanContext?.spanId).toBe(span?.spanContext().spanId);
    expect(memory.logs[0]?.attributes['correlation_id']).toBe('req-7');
    close();
  });

  it('makes a correlation id when none comes, and marks a failing request', async () => {
    const memory = startSdk({ traceFetch: false });
    const { url, close } = await start();
    const response = await fetch(`${url}/fail`);
    expect(response.status).toBe(500);
    expect(response.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
    await waitUntil(() => memory.spans.some((span) => span.kind === SpanKind.SERVER));
    expect(memory.spans.find((span) => span.kind === SpanKind.SERVER)?.status.code).toBe(
      SpanStatusCode.ERROR,
    );
    close();
  });
});

describe('headers between services', () => {
  it('ends the span of a Hono event stream with the stream', async () => {
    const memory = startSdk({ traceFetch: false });
    const app = new Hono();
    app.use(honoMiddleware());
    app.get('/events', (context) =>
      streamSSE(context, async (stream) => {
        for (let index = 0; index < 3; index++) {
          await stream.writeSSE({ data: String(index) });
          await stream.sleep(10);
        }
      }),
    );
    const response = await app.request('/events');
    expect(memory.spans).toHaveLength(0);
    expect((await response.text()).match(/data:/g)).toHaveLength(3);
    await waitUntil(() => memory.spans.length === 1);
    expect((memory.spans[0]?.duration[1] ?? 0) / 1e6).toBeGreaterThan(25);
  });

  it('are written by fetch without code, from one service to the next', async () => {
    const memory = startSdk();
    const server = createServer(tracedListener((_request, response) => response.end(getCorrelationId())));
    const url = await listen(server);
    const answer = await withCorrelationId('c-9', () =>
      withSpan('caller', {}, async () => (await fetch(url)).text()),
    );
    await waitUntil(() => memory.spans.length === 3);
    expect(answer).toBe('c-9');
    const client = memory.spans.find((span) => span.kind === SpanKind.CLIENT);
    const served = memory.spans.find((span) => span.kind === SpanKind.SERVER);
    expect(served?.parentSpanContext?.spanId).toBe(client?.spanContext().spanId);
    expect(client?.parentSpanContext?.spanId).toBe(spanNamed(memory, 'caller').spanContext().spanId);
    server.close();
  });

  it('carry traceparent, baggage, X-Correlation-ID and X-Trace-ID', () => {
    startSdk();
    withCorrelationId('c-1', () =>
      withSpan('call', {}, (span) => {
        expect(correlationHeaders()).toEqual({
          traceparent: `00-${span.traceId}-${span.spanId}-01`,
          baggage: 'correlation.id=c-1',
          'x-correlation-id': 'c-1',
          'x-trace-id': span.traceId,
        });
      }),
    );
    expect(correlationHeaders()).toEqual({});
  });
});
