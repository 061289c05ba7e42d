// Calls a server with headers set by hand and by instrumentations, through each client that is there, and prints what arrived.
// HOST: an OpenTelemetry of the host's own traces fetch as well, set up before or after ours.
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { createServer as createSecureServer, request as httpsRequest } from 'node:https';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const { correlationHeaders, init, shutdown, withCorrelationId, withSpan } = await import(
  process.env.SIGHTLINE ?? '../../index.ts'
);
const instrumentations = [];
if (process.env.HTTP !== undefined) {
  const { HttpInstrumentation } = await import('@opentelemetry/instrumentation-http');
  const { GrpcInstrumentation } = await import('@opentelemetry/instrumentation-grpc');
  instrumentations.push(new HttpInstrumentation(), new GrpcInstrumentation());
}
const setUpHost = async () => {
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const { UndiciInstrumentation } = await import('@opentelemetry/instrumentation-undici');
  new NodeSDK({ spanProcessors: [], instrumentations: [new UndiciInstrumentation()] }).start();
};
if (process.env.HOST === 'before') await setUpHost();
init({ exporters: [], logHandlers: [], processMetrics: false, instrumentations });
if (process.env.HOST === 'after') await setUpHost();

const twice = (span) => [
  ['Traceparent', `00-${span.traceId}-00f067aa0ba902b7-01`],
  ['traceparent', `00-${span.traceId}-00f067aa0ba902b8-01`],
  ['X-Correlation-ID', 'by-hand'],
  ['x-correlation-id', 'again'],
  ['x-trace-id', 'by-hand'],
  ['X-Trace-Id', span.traceId],
  ['baggage', 'a=b'],
  ['baggage', 'c=d'],
];
const names = ['traceparent', 'tracestate', 'x-trace-id', 'x-correlation-id', 'baggage'];
const answer = (request, response) => {
  const lists = Object.fromEntries(
    names.map((name) => [
      name,
      request.rawHeaders.filter(
        (_each, at) => request.rawHeaders[at - 1]?.toLowerCase() === name && at % 2 === 1,
      ),
    ]),
  );
  response.end(JSON.stringify(lists));
};
const server = createServer(answer).listen(0, '127.0.0.1');
// A shared key instead of a certificate: what is asked here is which headers arrive.
const psk = Buffer.alloc(16, 1);
const cipher = { ciphers: 'PSK-AES128-GCM-SHA256', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' };
const secure = createSecureServer({ ...cipher, pskCallback: () => psk }, answer).listen(0, '127.0.0.1');
await Promise.all([once(server, 'listening'), once(secure, 'listening')]);
const url = `http://127.0.0.1:${server.address().port}/`;
const secureUrl = `https://127.0.0.1:${secure.address().port}/`;

// Each takes an object of headers; where it takes lists too, it is called with a list that has a header twice.
const clients = {
  fetch: async (headers) => (await fetch(url, { headers })).json(),
  'fetch with Headers': async (headers) => (await fetch(url, { headers: new Headers(headers) })).json(),
  'fetch of a Request': async (headers) => (await fetch(new Request(url, { headers }))).json(),
};
// Taken here: an instrumentation has wrapped the module's object by now, not what was imported above.
const http = await import('node:http');
const https = await import('node:https');
const isTraced = process.env.HTTP !== undefined;
const send = (request, target, options) =>
  new Promise((resolve, reject) => {
    request(target, options, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve(JSON.parse(text)));
    })
      .on('error', reject)
      .end();
  });
clients.http = (headers) => send(isTraced ? http.default.request : httpRequest, url, { headers });
clients['http with a list'] = (headers) =>
  send(isTraced ? http.default.request : httpRequest, url, {
    // Node adds no host to a list.
    headers: Array.isArray(headers) ? ['host', 'localhost', ...headers.flat()] : headers,
  });
clients['http with lists of values'] = (headers) => {
  if (!Array.isArray(headers)) return clients.http(headers);
  const values = Object.groupBy(headers, ([name]) => name.toLowerCase());
  return clients.http(
    Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.map(([, value]) => value)])),
  );
};
clients.https = (headers) =>
  send(isTraced ? https.default.request : httpsRequest, secureUrl, {
    headers,
    ...cipher,
    pskCallback: () => ({ psk, identity: 'test' }),
    checkServerIdentity: () => undefined,
  });

const grpc = createRequire(import.meta.url)('@grpc/grpc-js');
const asIs = (bytes) => bytes;
const method = {
  path: '/test.Headers/Get',
  requestStream: false,
  responseStream: false,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};
const grpcServer = new grpc.Server();
grpcServer.addService(
  { get: method },
  {
    get: ({ metadata }, done) =>
      done(
        null,
        Buffer.from(JSON.stringify(Object.fromEntries(names.map((name) => [name, metadata.get(name)])))),
      ),
  },
);
const grpcPort = await promisify(grpcServer.bindAsync.bind(grpcServer))(
  '127.0.0.1:0',
  grpc.ServerCredentials.createInsecure(),
);
const GrpcClient = grpc.makeGenericClientConstructor({ get: method }, 'Headers');
const grpcClient = new GrpcClient(`127.0.0.1:${grpcPort}`, grpc.credentials.createInsecure());
clients.grpc = async (headers) => {
  const metadata = new grpc.Metadata();
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  for (const [name, value] of pairs) metadata.add(name, value);
  return JSON.parse(await promisify(grpcClient.get.bind(grpcClient))(Buffer.alloc(0), metadata));
};
// An interceptor runs after an instrumentation of the call has set its headers.
clients['grpc with an interceptor'] = async (headers) => {
  const metadata = new grpc.Metadata();
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  for (const [name, value] of pairs) metadata.add(name, value);
  const appending = (options, nextCall) =>
    new grpc.InterceptingCall(nextCall(options), {
      start: (sent, listener, next) => {
        for (const [name, value] of Object.entries(correlationHeaders())) sent.add(name, value);
        next(sent, listener);
      },
    });
  const get = promisify(grpcClient.get.bind(grpcClient));
  return JSON.parse(await get(Buffer.alloc(0), metadata, { interceptors: [appending] }));
};
for (const name of (process.env.UNDICI ?? '').split(',').filter(Boolean)) {
  const { request } = await import(name);
  clients[name] = async (headers) => (await request(url, { headers })).body.json();
  clients[`${name} with a list`] = async (headers) =>
    (
      await request(url, { headers: (Array.isArray(headers) ? headers : Object.entries(headers)).flat() })
    ).body.json();
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
      const takesList = /^(?:fetch|grpc)|list/.test(name);
      const listed = takesList ? await call(twice(span)) : undefined;
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
        ...(listed === undefined
          ? {}
          : {
              listed: {
                ...counts(listed),
                id: listed['x-correlation-id'].join('|'),
                comma: ['traceparent', 'x-trace-id'].some((each) => listed[each].join().includes(',')),
              },
            }),
      };
    }
  }),
);
console.log(JSON.stringify(seen));
for (const each of [server, secure]) {
  each.closeAllConnections();
  each.close();
}
grpcClient.close();
grpcServer.forceShutdown();
await shutdown();
