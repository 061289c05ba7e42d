// The SDK beside another observability package (BESIDE) that is imported and started before or after ours (ORDER), in a project that
// has both. FORMAT says how both are loaded. Prints whether spans and lines arrived.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createRequire } from 'node:module';

const load = process.env.FORMAT === 'cjs' ? createRequire(import.meta.url) : (name) => import(name);
const nowhere = 'http://127.0.0.1:9';
const starts = {
  '@opentelemetry/sdk-node': ({ NodeSDK }) =>
    new NodeSDK({ serviceName: 'host', spanProcessors: [] }).start(),
  '@traceloop/node-server-sdk': (traceloop) =>
    traceloop.initialize({ baseUrl: nowhere, apiKey: 'k', silenceInitializationMessage: true }),
  langfuse: ({ Langfuse }) => new Langfuse({ publicKey: 'p', secretKey: 's', baseUrl: nowhere }),
  '@sentry/node': (sentry) => sentry.init({ dsn: 'http://key@127.0.0.1:9/1', tracesSampleRate: 1 }),
  'dd-trace': (datadog) => (datadog.default ?? datadog).init({ startupLogs: false }),
};

const arrived = {};
const server = createServer((request, response) => {
  request.on(
    'data',
    (chunk) => (arrived[request.url] = (arrived[request.url] ?? '') + chunk.toString('latin1')),
  );
  request.on('end', () => response.writeHead(200).end());
}).listen(0, '127.0.0.1');
await once(server, 'listening');

let sdk;
const setUpOurs = async () => {
  sdk = await load('@sightline/sdk');
  sdk.init({ endpoint: `http://127.0.0.1:${server.address().port}`, logHandlers: [] });
};
const setUpOther = async () => {
  const name = process.env.BESIDE;
  const other = await load(name);
  await starts[name]?.(other);
};
for (const setUp of process.env.ORDER === 'before' ? [setUpOther, setUpOurs] : [setUpOurs, setUpOther])
  await setUp();

await sdk.traced(async () => sdk.withSpan('inner-span', {}, () => sdk.getLogger('app').info('hello-line')), {
  name: 'outer-span',
})();
await sdk.flush();
const has = (path, text) => arrived[path]?.includes(text) === true;
console.log(
  JSON.stringify({
    outer: has('/v1/traces', 'outer-span'),
    inner: has('/v1/traces', 'inner-span'),
    line: has('/v1/logs', 'hello-line'),
    metrics: has('/v1/metrics', 'function.duration'),
  }),
);
server.closeAllConnections();
server.close();
// The others keep a program alive for as long as they like; what counts is that it ends well.
setTimeout(() => process.exit(0), 200).unref();
