/** A local server that speaks the providers' HTTP protocols, with faults on demand: the tests' only stand-in. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitUntil } from './wait-until.ts';

export interface Exchange {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Sent as server-sent events; a pair is `[event name, data]`. */
  readonly events?: readonly unknown[];
  /** Raw body, for malformed answers. */
  readonly raw?: string;
  /** Cut the connection after the events. */
  readonly cut?: boolean;
}

export interface ProviderServer {
  readonly url: string;
  readonly exchanges: Exchange[];
  /** Answers in order; the last one repeats. */
  answers: Answer[];
  close(): void;
}

export async function startProvider(...answers: Answer[]): Promise<ProviderServer> {
  const provider: Omit<ProviderServer, 'url'> = {
    exchanges: [],
    answers,
    close: () => server.closeAllConnections(),
  };
  const server: Server = createServer((request, response) => void serve(request, response));
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    provider.exchanges.push({
      path: request.url ?? '',
      headers: request.headers,
      body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    });
    const answer = provider.answers.length > 1 ? provider.answers.shift() : provider.answers[0];
    await reply(response, answer ?? {});
  }
  server.listen(0, '127.0.0.1');
  await waitUntil(() => server.listening);
  const { port } = server.address() as AddressInfo;
  return Object.assign(provider, {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}

async function reply(response: ServerResponse, answer: Answer): Promise<void> {
  const headers = { 'x-request-id': 'req-1', ...answer.headers };
  if (answer.events === undefined) {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...headers });
    response.end(answer.raw ?? JSON.stringify(answer.json ?? {}));
    return;
  }
  response.writeHead(answer.status ?? 200, { 'content-type': 'text/event-stream', ...headers });
  for (const event of answer.events) {
    if (Array.isArray(event))
      response.write(`event: ${String(event[0])}\ndata: ${JSON.stringify(event[1])}\n\n`);
    else response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  if (answer.cut === true) response.destroy();
  else response.end();
}

export const chatCompletion = (content = 'Hello.') => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
  usage: {
    prompt_tokens: 1000,
    completion_tokens: 100,
    total_tokens: 1100,
    prompt_tokens_details: { cached_tokens: 400 },
    completion_tokens_details: { reasoning_tokens: 60 },
  },
});

const chunk = (delta: object, finish: string | null = null) => ({
  id: 'chatcmpl-2',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

export const chatChunks = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Hel' }),
  chunk({ content: 'lo' }),
  chunk({
    tool_calls: [
      { index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":' } },
    ],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '"Oslo"}' } }] }),
  chunk({}, 'tool_calls'),
  {
    id: 'chatcmpl-2',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-4o-2024-08-06',
    choices: [],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  },
  '[DONE]',
];

export const anthropicMessage = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text: 'Hi.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: {
    input_tokens: 100,
    output_tokens: 20,
    cache_read_input_tokens: 50,
    cache_creation_input_tokens: 30,
  },
};

export const anthropicEvents = [
  [
    'message_start',
    {
      type: 'message_start',
      message: {
        ...anthropicMessage,
        content: [],
        stop_reason: null,
        usage: { ...anthropicMessage.usage, output_tokens: 1 },
      },
    },
  ],
  [
    'content_block_start',
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  ],
  [
    'content_block_delta',
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi.' } },
  ],
  ['content_block_stop', { type: 'content_block_stop', index: 0 }],
  [
    'message_delta',
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 20 },
    },
  ],
  ['message_stop', { type: 'message_stop' }],
] as const;

export const googleContent = (text: string) => ({
  responseId: 'g-1',
  modelVersion: 'gemini-2.5-flash',
  candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }],
  usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 4 },
});
