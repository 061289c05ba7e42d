/** A service that streams a model's answer as server-sent events, and a client that reads it: the request's span ends with the stream. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { flush, init, instrument, traced, tracedListener, withSpan } from '@sightline/sdk';
import OpenAI from 'openai';
import { modelAccess } from './support/fake-model.ts';

init({ serviceName: 'sse-service' });
const model = await modelAccess([{ text: 'Streams end when they end, and so do their spans.' }]);
const openai = instrument(new OpenAI({ baseURL: model.baseURL, apiKey: model.apiKey }));

const answer = traced(
  async function* (question: string) {
    const stream = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: question }],
    });
    for await (const chunk of stream) yield chunk.choices[0]?.delta.content ?? '';
  },
  { name: 'answer' },
);

const server = createServer(
  tracedListener(async (request, response) => {
    response.setHeader('content-type', 'text/event-stream');
    for await (const piece of answer(
      new URL(request.url ?? '/', 'http://localhost').searchParams.get('q') ?? '',
    )) {
      if (piece !== '') response.write(`data: ${piece}\n\n`);
    }
    response.end('event: end\ndata: bye\n\n');
  }),
);
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;

const text = await withSpan('ask', {}, async () =>
  (await fetch(`http://127.0.0.1:${port}/answer?q=why`)).text(),
);
console.log(
  text
    .match(/^data: (.*)$/gm)
    ?.map((line) => line.slice(6))
    .join('')
    .replace('bye', ''),
);
server.closeAllConnections();
server.close();
model.close();
await flush();
