// A program with OpenTelemetry's own NodeSDK and its fetch instrumentation, set up before or after ours (ORDER). Prints, for each
// of the two pipelines, every span with its parent's name.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { trace } from '@opentelemetry/api';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';
import OpenAI from 'openai';
// SDK and SIGHTLINE: this file also runs in a project with OpenTelemetry's 2.x SDK and the packed package.
const tracing = await import(process.env.SDK ?? '@opentelemetry/sdk-trace');
const { init, memoryExporter, shutdown, withSpan } = await import(process.env.SIGHTLINE ?? '../../index.ts');

const theirs = new tracing.InMemorySpanExporter();
const ours = memoryExporter();
// 2.x takes the exporter, 3.x an object.
const processor =
  process.env.SDK === undefined
    ? new tracing.SimpleSpanProcessor({ exporter: theirs })
    : new tracing.SimpleSpanProcessor(theirs);
const setUpTheirs = () =>
  new NodeSDK({
    serviceName: 'host',
    spanProcessors: [processor],
    instrumentations: [new UndiciInstrumentation()],
  }).start();
const setUpOurs = () => init({ exporters: [ours], logHandlers: [], processMetrics: false });
for (const setUp of process.env.ORDER === 'before' ? [setUpTheirs, setUpOurs] : [setUpOurs, setUpTheirs])
  setUp();

const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id: 'c', choices: [{ message: { role: 'assistant', content: 'Hi' } }] }));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${server.address().port}`;
await trace.getTracer('host').startActiveSpan('host span', async (span) => {
  await withSpan('our span', {}, async () => {
    await (await fetch(`${base}/plain`)).text();
    const client = new OpenAI({ baseURL: base, apiKey: 'k', maxRetries: 0 });
    await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] });
  });
  span.end();
});
server.closeAllConnections();
server.close();
const tree = (spans) => {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .map((span) => `${span.name} < ${names.get(span.parentSpanContext?.spanId ?? span.parentSpanId) ?? ''}`)
    .sort();
};
console.log(JSON.stringify({ theirs: tree(theirs.getFinishedSpans()), ours: tree(ours.spans) }));
await shutdown();
