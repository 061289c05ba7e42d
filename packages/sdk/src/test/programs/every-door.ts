/** Passes secrets to everything the SDK takes and prints the name of each door, which must arrive; ends with an unhandled rejection. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { logs, metrics, trace } from '@opentelemetry/api';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import OpenAI from 'openai';
import { z } from 'zod';
import {
  bridgeConsole,
  counter,
  currentSpan,
  flush,
  getLogger,
  init,
  logMetric,
  score,
  startSpan,
  traced,
  trackStage,
  traceEvaluation,
  traceLlmCall,
  traceRetrieval,
  traceStep,
  traceTool,
  traceWorkflow,
  withCorrelationId,
  withSpan,
} from '../../index.ts';

const secrets = Object.values(JSON.parse(process.env['SECRETS'] ?? '{}') as Record<string, string>);
const text = `please use ${secrets.join(' ; ')} now`;
const named = {
  password: 'namedSecret1',
  'user.api_key': 'namedSecret2',
  'http.request.header.authorization': 'namedSecret3',
};
const numbers = { amount: 5_555_555_555_554_444 };
const [mail = '', card = ''] = [secrets[2], secrets[0]];
/** What no text rule sees at first: in keys, in URLs, beside a name, box or bytes around it, an error inside another. */
const hidden = {
  [`by ${mail}`]: 1,
  url: `https://x.test/${encodeURIComponent(mail)}?token=namedSecret5&sig=namedSecret6`,
  form: `card=${card.replaceAll(' ', '+')}&next=${encodeURIComponent(encodeURIComponent(mail))}`,
  pair: ['authorization', 'namedSecret7'],
  args: ['--verbose', '--client-secret', 'namedSecret8'],
  lonePair: JSON.stringify(['authorization', 'namedSecret13']),
  loneRecord: JSON.stringify({ key: 'accountNumber', value: 'namedSecret14' }),
  printed: inspect(['x-api-key', 'namedSecret15']),
  sentence: `could not send ${JSON.stringify({ sid: 'namedSecret16' })} to them`,
  command: 'Command failed: deploy --password namedSecret17 --verbose',
  shell: 'Command failed: mysqldump -h db -pnamedSecret18 shop; redis-cli -a namedSecret19 ping',
  argv: ['sshpass', '-p', 'namedSecret20', 'ssh', 'host'],
  printedArgv: inspect(['docker', 'login', '-u', 'ada', '-p', 'namedSecret21']),
};
const nested = {
  ...hidden,
  headers: [{ name: 'Cookie', value: 'namedSecret9' }, ['x-api-key', 'namedSecret10']],
  boxed: Object(mail) as object,
  map: new Map([[mail, new Map([['password', 'namedSecret11']])]]),
  json: JSON.stringify({ list: [JSON.stringify({ [mail]: [{ key: 'secret', value: 'namedSecret12' }] })] }),
  bytes: Buffer.from(mail),
};
const everything = { note: text, list: secrets, ...named, ...numbers };
const structured = { inner: { deep: [text, { ...named, ...numbers }] }, text };

class SecretError extends Error {
  override readonly name = 'SecretError';
}
const failure = () =>
  new SecretError(
    `cannot charge ${text} with ${hidden.lonePair} ${hidden.sentence} ${hidden.command} ${hidden.shell} ${hidden.printedArgv}`,
    {
      cause: new Error(text),
    },
  );

const provider = createServer((request, response) => {
  request.resume();
  response.writeHead(401, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { type: 'authentication_error', message: `Wrong: ${text}` } }));
}).listen(0, '127.0.0.1');
await new Promise((resolve) => provider.once('listening', resolve));
const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;

init({
  logHandlers: [],
  resourceAttributes: {
    'app.url': hidden.url,
    [`app of ${mail}`]: hidden.form,
    'app.note': text,
    'app.password': 'namedSecret1',
  },
});
bridgeConsole();
const log = getLogger('door');

async function through(door: string, fn: (door: string) => unknown): Promise<void> {
  try {
    await fn(door);
  } catch {
    // Thrown on purpose.
  }
  console.info.call(console, `passed ${door}`);
  process.stdout.write(`${door}\n`);
}

await through('door-traced', (name) =>
  traced(async (_a: unknown) => Promise.reject(failure()), { name })(everything),
);
await through('door-traced-result', (name) => traced(() => structured, { name, attributes: everything })());
await through('door-traced-string', (name) =>
  traced(
    () => {
      throw text; // oxlint-disable-line no-throw-literal, only-throw-error
    },
    { name },
  )(),
);
await through('door-with-span', (name) =>
  withSpan(name, everything, (span) => {
    span.setAttributes({ later: text, 'card.pin': 1234 });
    span.addEvent(`event ${text}`, everything);
    span.recordError(failure());
    currentSpan().otel?.setStatus({ code: 2, message: text });
    span.otel?.addLink({ context: span.otel.spanContext(), attributes: everything });
    throw failure();
  }),
);
await through('door-start-span', (name) => {
  using span = startSpan(name, everything);
  span.updateName(`${name} ${text}`);
  span.recordError({ message: text });
});
await through('door-otel-api', (name) => {
  const span = trace.getTracer('other').startSpan(name, { attributes: everything });
  span.recordException(failure());
  span.addEvent('e', everything);
  span.setStatus({ code: 2, message: text }).end();
  metrics.getMeter('other').createCounter('door-otel-meter').add(1, everything);
});
await through('door-log', (name) => {
  log.info(`${name} ${text}`, { ...everything, data: structured, error: failure(), tags: secrets });
  log.child({ note: text }).warning(text, { performanceMetrics: { [name]: 5_555_555_555_554_444 } });
  log.withContext({ note: text, ...named }, () => log.critical(text, { component: text }));
});
await through('door-console', (name) => console.error(name, text, everything, failure()));
await through('door_metric', (name) => {
  counter(name).add(1, everything);
  logMetric('door_logged', 1, 's', { note: text, password: 'namedSecret1' });
});
await through('door-workflow', (runId) =>
  traceWorkflow({ runId, agent: 'a', sessionId: secrets[2] ?? '', userId: secrets[2] ?? '' }, () =>
    traceStep({ stepId: 'door-step', agent: text }, () => {
      throw failure();
    }),
  ),
);
await through('door-tool', (name) =>
  traceTool({ name, arguments: everything }, () => {
    throw failure();
  }),
);
await through('door-retrieval', (source) =>
  traceRetrieval({ source, query: text }, async (span) => {
    span.recordDocuments([{ id: text, score: 1, content: text }]);
  }),
);
await through('door-evaluation', (name) => {
  score({ name, value: 0.5, explanation: text });
  return traceEvaluation({ name }, () => {
    throw failure();
  });
});
await through('door-llm-call', (model) =>
  traceLlmCall({ model, provider: 'openai', messages: [{ role: 'user', content: text }] }, (call) => {
    call.recordResponse({ messages: [{ role: 'assistant', content: text }] });
    throw failure();
  }),
);
await through('door-stage', (name) =>
  trackStage('s', name, `thread ${text}`, (stage) => {
    stage.setMetadata({ note: text, password: 'namedSecret1' });
    throw failure();
  }),
);
await through('door-correlation', (name) =>
  withCorrelationId(secrets[2] ?? '', () => withSpan(name, {}, () => log.info(name))),
);
await through('door-fetch', (name) => fetch(`${url}/${name}?api_key=namedSecret1&mail=${secrets[2]}`));
await through('door-openai', (model) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0 }).chat.completions.create({
    model,
    messages: [{ role: 'user', content: text }],
  }),
);
await through('door-anthropic', (model) =>
  new Anthropic({ baseURL: url, apiKey: 'k', maxRetries: 0 }).messages.create({
    model,
    max_tokens: 9,
    messages: [{ role: 'user', content: text }],
  }),
);
await through('door-google', (model) =>
  new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }).models.generateContent({
    model,
    contents: text,
  }),
);
await through('door-mcp', async (name) => {
  const server = new McpServer({ name: 'tools', version: '1' });
  server.registerTool(name, { inputSchema: { note: z.string() } }, () => {
    throw failure();
  });
  const client = new Client({ name: 'agent', version: '1' });
  const [left, right] = InMemoryTransport.createLinkedPair();
  await server.connect(right);
  await client.connect(left);
  await client.callTool({ name, arguments: { note: text } });
});
await through('door-hidden', (name) =>
  traced((_nested: object) => nested, { name, attributes: hidden })(nested),
);
await through('door-hidden-span', (name) =>
  withSpan(name, hidden, (span) => {
    span.addEvent('hidden', hidden);
    span.otel?.addLink({ context: span.otel.spanContext(), attributes: hidden });
    span.addEvent(hidden.lonePair);
    span.otel?.setStatus({ code: 2, message: hidden.lonePair });
    throw new AggregateError([failure(), new Error(mail)], `all of ${mail}`, { cause: failure() });
  }),
);
await through('door-odd-error', (name) =>
  withSpan(name, {}, () => {
    const error = Object.assign(failure(), {
      name: text,
      stack: text,
      code: text,
      response: { ...named, text },
    });
    Object.defineProperty(error, Symbol.toStringTag, { value: text });
    log.error(name, {
      error: new Proxy(error, {}),
      data: { error, long: `${'word '.repeat(60_000)}${text}` },
    });
    throw error;
  }),
);
await through('door-no-error', (name) =>
  traced(
    () => {
      throw { message: text, name: text, stack: text, toString: () => text }; // oxlint-disable-line no-throw-literal, only-throw-error
    },
    { name },
  )(),
);
await through('door-stream', async (name) => {
  const stream = traced(
    () =>
      Readable.from(
        (async function* () {
          yield await Promise.resolve(text);
          throw new AggregateError([failure(), text], text);
        })(),
      ),
    { name },
  )();
  for await (const item of stream) log.info(String(item));
});
await through('door-generator', async (name) => {
  const items = traced(
    async function* () {
      yield await Promise.resolve(text);
      throw failure();
    },
    { name },
  )();
  for await (const item of items) log.info(item);
});
await through('door-hidden-log', (name) => {
  const error = new AggregateError([failure()], text, { cause: new Error(hidden.url, { cause: nested }) });
  log.error(name, { ...hidden, data: nested, error });
  log.withContext({ ...hidden }, () => log.info(hidden.url));
  for (const alone of [hidden.lonePair, hidden.loneRecord, hidden.printed]) log.info(alone);
  getLogger(`door of ${mail}`).info(name, { list: hidden.pair });
  console.error(name, nested, error, new Set([nested]));
});
await through('door-hidden-otel', (name) => {
  trace.getTracer(`tracer of ${mail}`).startSpan(name, { attributes: hidden }).end();
  metrics.getMeter('other').createHistogram('door-hidden-otel').record(1, hidden);
  logs.getLogger(`logger of ${mail}`).emit({
    body: nested,
    eventName: `event of ${mail}`,
    attributes: { ...nested },
  });
});
await flush();
process.stdout.write('end\n');
provider.closeAllConnections();
provider.close();
void Promise.reject(failure());
