/** The three protocols against servers that refuse what is not of the protocol. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPriceBook } from '@sightline/schema/conventions';
import type { ModelProtocol, PlaygroundEvent, PromptContent } from '@sightline/schema/api';
import { afterEach, describe, expect, it } from 'vitest';
import { publicReach } from '../outbound/reach.ts';
import { callModel } from './call-model.ts';

const key = 'the-key-0123456789';
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

async function serve(answer: (asked: Asked, response: ServerResponse) => void): Promise<string> {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () =>
      answer(
        { path: request.url ?? '', headers: request.headers, body: JSON.parse(text) as Asked['body'] },
        response,
      ),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const content: PromptContent = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Weather in Oslo?' },
  ],
  model: 'm-1',
  parameters: { temperature: 0.5, maxOutputTokens: 64 },
  tools: [
    {
      name: 'weather',
      description: 'Of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  ],
};

async function ask(
  protocol: ModelProtocol,
  baseUrl: string,
  {
    stubs = {},
    asked = content,
    allowed = ['127.0.0.1/32'],
  }: {
    readonly stubs?: Readonly<Record<string, unknown>>;
    readonly asked?: PromptContent;
    readonly allowed?: readonly string[];
  } = {},
): Promise<PlaygroundEvent[]> {
  const events: PlaygroundEvent[] = [];
  const call = { connection: { name: 'c', protocol, baseUrl, key }, content: asked, stubs, stepsMax: 3 };
  const surroundings = {
    reach: publicReach(allowed),
    prices: createPriceBook(),
    nowMs: () => Date.now(),
    signal: new AbortController().signal,
  };
  for await (const event of callModel(call, surroundings)) events.push(event);
  return events;
}

const words = (events: readonly PlaygroundEvent[]): string =>
  events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('');

describe('Anthropic', () => {
  const event = (data: Readonly<Record<string, unknown>>): string =>
    `event: ${String(data['type'])}\ndata: ${JSON.stringify(data)}\n\n`;
  const start = event({
    type: 'message_start',
    message: {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 20, output_tokens: 1 },
    },
  });
  const end = (reason: string): string =>
    event({
      type: 'message_delta',
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: 9 },
    }) + event({ type: 'message_stop' });

  it('is asked with its headers and system text; a stubbed tool brings the answer', async () => {
    const requests: Asked[] = [];
    const url = await serve((asked, response) => {
      requests.push(asked);
      const isRight =
        asked.path === '/v1/messages' &&
        asked.headers['x-api-key'] === key &&
        asked.headers['anthropic-version'] === '2023-06-01' &&
        typeof asked.body['max_tokens'] === 'number';
      if (!isRight)
        return void response.writeHead(400).end(
          JSON.stringify({
            type: 'error',
            error: { type: 'invalid_request_error', message: 'not of the protocol' },
          }),
        );
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const isSecond = requests.length > 1;
      const block = isSecond
        ? event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }) +
          event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Rain.' } })
        : event({
            type: 'content_block_start',
            index: 0,
            content_block: { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
          }) +
          event({
            type: 'content_block_delta',
            index: 0,
            delta: { type: 'input_json_delta', partial_json: '{"city":"Oslo"}' },
          });
      response.end(
        start +
          block +
          event({ type: 'content_block_stop', index: 0 }) +
          end(isSecond ? 'end_turn' : 'tool_use'),
      );
    });
    const events = await ask('anthropic', `${url}/v1`, { stubs: { weather: 'rain' } });
    expect(events.map(({ type }) => type)).toEqual(['tool-call', 'tool-result', 'text', 'end']);
    expect(words(events)).toBe('Rain.');
    expect(events.at(-1)).toMatchObject({
      finishReason: 'stop',
      steps: 2,
      inputTokens: 40,
      outputTokens: 18,
      model: 'claude-sonnet-4-5',
    });
    expect(requests[0]?.body).toMatchObject({
      model: 'm-1',
      max_tokens: 64,
      temperature: 0.5,
      system: [{ type: 'text', text: 'Be brief.' }],
      tools: [{ name: 'weather', input_schema: { type: 'object' } }],
    });
    expect(requests[1]?.body['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', input: { city: 'Oslo' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }] },
    ]);
  });
});

describe('Google', () => {
  it('is asked with its key in a header, and its schema for tools', async () => {
    const requests: Asked[] = [];
    const url = await serve((asked, response) => {
      requests.push(asked);
      if (
        !asked.path.startsWith('/v1beta/models/m-1:streamGenerateContent') ||
        asked.headers['x-goog-api-key'] !== key
      )
        return void response.writeHead(400).end('{}');
      const parts =
        requests.length > 1
          ? [{ text: 'Rain.' }]
          : [{ functionCall: { name: 'weather', args: { city: 'Oslo' } }, thoughtSignature: 'c2ln' }];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        `data: ${JSON.stringify({ candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }], usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 9, totalTokenCount: 29 }, modelVersion: 'gemini-2.5-flash' })}\n\n`,
      );
    });
    const events = await ask('google', `${url}/v1beta`, { stubs: { weather: { sky: 'rain' } } });
    expect(events.map(({ type }) => type)).toEqual(['tool-call', 'tool-result', 'text', 'end']);
    expect(events.at(-1)).toMatchObject({ steps: 2, inputTokens: 40, outputTokens: 18 });
    expect(requests[0]?.body).toMatchObject({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generationConfig: { temperature: 0.5, maxOutputTokens: 64 },
      tools: [{ functionDeclarations: [{ name: 'weather' }] }],
    });
    // The signature of the thought goes back with its call.
    expect(JSON.stringify(requests[1]?.body['contents'])).toContain('c2ln');
  });
});

describe('whatever speaks like OpenAI', () => {
  it('is asked for a schema; what breaks, hangs up or answers garbage is told', async () => {
    const requests: Asked[] = [];
    const url = await serve((asked, response) => {
      requests.push(asked);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content: 'half' } }] })}\n\n`,
      );
      setTimeout(() => response.destroy(), 20);
    });
    const { tools: _tools, ...rest } = content;
    const asked = {
      ...rest,
      tools: [],
      responseSchema: { type: 'object', properties: { z: { type: 'string' }, a: { type: 'string' } } },
    };
    const events = await ask('openai', url, { asked });
    expect(words(events)).toBe('half');
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'model_call_failed' });
    expect(requests[0]?.body['response_format']).toMatchObject({
      type: 'json_schema',
      json_schema: { schema: asked.responseSchema },
    });
    expect(JSON.stringify(requests[0]?.body['response_format'])).toContain('{"z":');
  });

  it('is not asked where the server may not go, and an endless answer is broken off', async () => {
    const url = await serve((_asked, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content: 'x'.repeat(100_000) } }] })}\n\n`;
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        response.once('drain', more);
      };
      more();
    });
    const [refused] = await ask('openai', url, { allowed: [] });
    expect(refused).toMatchObject({
      type: 'error',
      message: expect.stringContaining('not on the public internet'),
    });
    const events = await ask('openai', url);
    expect(events.at(-1)).toMatchObject({ type: 'error', code: 'model_call_failed' });
    expect(words(events).length).toBeLessThan(17_000_000);
  });

  it('that is away, or whose name leads nowhere, is told', async () => {
    expect(await ask('openai', 'http://127.0.0.1:9')).toMatchObject([
      { type: 'error', message: expect.stringContaining('cannot be reached') },
    ]);
  });
});

describe('images of a message', () => {
  const data =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const url = 'https://example.com/cat.png';
  const asked: PromptContent = {
    messages: [{ role: 'user', content: 'What is it?', images: [{ mediaType: 'image/png', data }, { url }] }],
    model: 'm-1',
    parameters: {},
    tools: [],
  };
  const expected: Readonly<Record<ModelProtocol, unknown>> = {
    openai: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
            { type: 'image_url', image_url: { url } },
          ],
        },
      ],
    },
    anthropic: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
            { type: 'image', source: { type: 'url', url } },
          ],
        },
      ],
    },
    google: {
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'What is it?' },
            { inlineData: { mimeType: 'image/png', data } },
            { fileData: { mimeType: 'image/png', fileUri: url } },
          ],
        },
      ],
    },
  };

  it.each(['openai', 'anthropic', 'google'] as const)('go to %s as it takes them', async (protocol) => {
    const requests: Asked[] = [];
    const address = await serve((request, response) => {
      requests.push(request);
      response.writeHead(400, { 'content-type': 'application/json' }).end('{}');
    });
    await ask(protocol, address, { asked });
    expect(requests[0]?.body).toMatchObject(expected[protocol] as object);
  });
});
