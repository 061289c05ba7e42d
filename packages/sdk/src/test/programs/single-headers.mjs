// Calls a server with headers set by hand and by instrumentations, through each client that is there, and prints what arrived.
// HOST: an OpenTelemetry of the host's own traces fetch as well, set up before or after ours.
import { createServer, request as httpRequest } from 'node:http';
import { once } from 'node:events';

const { correlationHeaders, init, shutdown, withCorrelationId, withSpan } = await import(
  process.env.SIGHTLINE ?? '../../index.ts'
);
const instrumentations = [];
if (process.env.HTTP !== undefined) {
  const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http');
  instrumentations.push(new HttpInstrumentation());
}
const setUpHost = async () => {
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const { UndiciInstrumentation } = await import('@opentelemetry/instrumentation-undici');
  new NodeSDK({ spanProcessors: [], instrumentations: [new UndiciInstrumentation()] }).start();
};
if (process.env.HOST === 'before') await setUpHost();
init({ exporters: [], logHandlers: [], processMetrics: false, instrumentations });
if (process.env.HOST === 'after') await setUpHost();

const names = ['traceparent', 'tracestate', 'x-trace-id', 'x-correlation-id', 'baggage'];
const server = createServer((request, response) => {
  const lists = Object.fromEntries(
    names.map((name) => [
      name,
      request.rawHeaders.filter(
        (_each, at) => request.rawHeaders[at - 1]?.toLowerCase() === name && at % 2 === 1,
      ),
    ]),
  );
  response.end(JSON.stringify(lists));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}/`;

const clients = {
  fetch: async (headers) => (await fetch(url, { headers })).json(),
  'fetch with Headers': async (headers) => (await fetch(url, { headers: new Headers(headers) })).json(),
  'fetch of a Request': async (headers) => (await fetch(new Request(url, { headers }))).json(),
};
// Taken here: an instrumentation has wrapped the module's object by now, not what was imported above.
const http = await import('node:http');
clients.http = (headers) =>
  new Promise((resolve) => {
    const { request } = process.env.HTTP === undefined ? { request: httpRequest } : http.default;
    request(url, { headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve(JSON.parse(text)));
    }).end();
  });
for (const name of (process.env.UNDICI ?? '').split(',').filter(Boolean)) {
  const { request } = await import(name);
  clients[name] = async (headers) => (await request(url, { headers })).body.json();
  clients[`${name} with a list`] = async (headers) =>
    (await request(url, { headers: Object.entries(headers).flat() })).body.json();
}

const seen = {};
await withCorrelationId('req-124', () =>
  withSpan('caller', {}, async (span) => {
    for (const [name, call] of Object.entries(clients)) {
      const byFunction = await call(correlationHeaders());
      const byHand = await call({
        Traceparent: `00-${span.traceId}-00f067aa0ba902b7-01`,
        'X-Correlation-ID': 'by-hand',
        'X-Trace-Id': 'by-hand',
        baggage: 'a=b',
      });
      const counts = (lists) => Object.fromEntries(names.map((each) => [each, lists[each].length]));
      seen[name] = {
        byFunction: {
          ...counts(byFunction),
          id: byFunction['x-correlation-id'].join('|'),
          sameTrace: byFunction.traceparent.every((each) => each.includes(span.traceId)),
          ofCaller: byFunction.traceparent[0]?.includes(span.spanId),
        },
        byHand: {
          ...counts(byHand),
          id: byHand['x-correlation-id'].join('|'),
          comma: names.some(
            (each) => each !== 'tracestate' && byHand[each].some((value) => value.includes(', ')),
          ),
        },
      };
    }
  }),
);
console.log(JSON.stringify(seen));
server.closeAllConnections();
server.close();
await shutdown();
