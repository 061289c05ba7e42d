import OpenAI from 'openai';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { instrument, traceWorkflow } from '../index.ts';
import { chatChunks, chatCompletion, startProvider, type Answer } from '../test/provider-server.ts';
import { metricPoints, spanNamed, startSdk } from '../test/start-sdk.ts';
import { waitUntil } from '../test/wait-until.ts';

async function start(...answers: Answer[]) {
  const memory = startSdk({ traceFetch: false });
  const provider = await startProvider(...answers);
  const client = instrument(new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'sk-test', maxRetries: 2 }));
  return { memory, provider, client };
}

const messages = [
  { role: 'system' as const, content: 'Be brief.' },
  { role: 'user' as const, content: 'Mail ada@example.org, please.' },
];

describe('OpenAI', () => {
  it('records a chat completion with tokens, cost, messages and ids', async () => {
    const { memory, client, provider } = await start({ json: chatCompletion() });
    const answer = await client.chat.completions.create({
      model: 'gpt-4o',
      messages,
      temperature: 0.2,
      max_tokens: 50,
    });
    expect(answer.choices[0]?.message.content).toBe('Hello.');
    const span = spanNamed(memory, 'chat gpt-4o');
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.request.temperature': 0.2,
      'gen_ai.request.max_tokens': 50,
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 100,
      'gen_ai.usage.cache_read.input_tokens': 400,
      'gen_ai.usage.reasoning.output_tokens': 60,
      // 600 × 2.5 + 400 × 1.25 + 100 × 10 dollars per million.
      'gen_ai.usage.cost': 0.003,
      'server.address': '127.0.0.1',
      'sightline.prompt.characters': 38,
    });
    expect(JSON.parse(String(span.attributes['gen_ai.input.messages']))[1]).toEqual({
      role: 'user',
      parts: [{ type: 'text', content: 'Mail [masked:email], please.' }],
    });
    expect(JSON.parse(String(span.attributes['gen_ai.output.messages']))).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Hello.' }], finish_reason: 'stop' },
    ]);
    expect((await metricPoints(memory, 'gen_ai.client.token.usage')).length).toBe(2);
    provider.close();
  });

  it('keeps withResponse and asResponse, one span each', async () => {
    const { memory, client, provider } = await start({ json: chatCompletion() });
    const { data, response, request_id } = await client.chat.completions
      .create({ model: 'gpt-4o', messages })
      .withResponse();
    const raw = await client.chat.completions.create({ model: 'gpt-4o', messages }).asResponse();
    expect([data.id, response.status, request_id, raw.status]).toEqual(['chatcmpl-1', 200, 'req-1', 200]);
    await waitUntil(() => memory.spans.length === 2);
    expect(memory.spans[0]?.attributes['gen_ai.usage.input_tokens']).toBe(1000);
    provider.close();
  });

  it('ends a stream with its last chunk: text, tool calls, usage, time to first chunk', async () => {
    const { memory, client, provider } = await start({ events: chatChunks });
    const stream = await client.chat.completions.create({
      model: 'gpt-4o',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('Hello');
    const { attributes } = spanNamed(memory, 'chat gpt-4o');
    expect(attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.response.finish_reasons': ['tool_calls'],
      'sightline.response.chunks': 7,
    });
    expect(attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
    expect(JSON.parse(String(attributes['gen_ai.output.messages']))[0].parts).toEqual([
      { type: 'text', content: 'Hello' },
      { type: 'tool_call', id: 'call_1', name: 'weather', arguments: { city: 'Oslo' } },
    ]);
    provider.close();
  });

  it('follows tee() and the stream helper, and a consumer that leaves early', async () => {
    const { memory, client, provider } = await start({ events: chatChunks });
    const [left, right] = (
      await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true })
    ).tee();
    const read = async (stream: AsyncIterable<unknown>) => {
      let count = 0;
      for await (const _ of stream) count++;
      return count;
    };
    expect(await Promise.all([read(left), read(right)])).toEqual([7, 7]);
    const early = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    for await (const _ of early) break;
    const final = await client.chat.completions.stream({ model: 'gpt-4o', messages }).finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe('Hello');
    await waitUntil(() => memory.spans.length === 3);
    expect(memory.spans.map((span) => span.status.code)).toEqual([0, 0, 0]);
    provider.close();
  });

  it('marks a stream that breaks', async () => {
    const { memory, client, provider } = await start({ events: chatChunks.slice(0, 3), cut: true });
    const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    await expect(async () => {
      for await (const _ of stream);
    }).rejects.toThrow();
    expect(spanNamed(memory, 'chat gpt-4o').status.code).toBe(SpanStatusCode.ERROR);
    expect(spanNamed(memory, 'chat gpt-4o').attributes['gen_ai.output.messages']).toContain('Hel');
    provider.close();
  });

  it('counts the retries after 429 in one span', async () => {
    const limited = {
      status: 429,
      headers: { 'retry-after-ms': '1' },
      json: { error: { message: 'slow down' } },
    };
    const { memory, client, provider } = await start(limited, limited, { json: chatCompletion() });
    await client.chat.completions.create({ model: 'gpt-4o', messages });
    expect(memory.spans).toHaveLength(1);
    expect(memory.spans[0]?.attributes).toMatchObject({
      'http.request.resend_count': 2,
      'sightline.attempt_statuses': [429, 429, 200],
    });
    provider.close();
  });

  it('records the error of a refused call and gives the caller the same error', async () => {
    const { memory, client, provider } = await start({
      status: 401,
      json: { error: { message: 'bad key', code: 'invalid_api_key' } },
    });
    await expect(client.chat.completions.create({ model: 'gpt-4o', messages })).rejects.toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
    const span = spanNamed(memory, 'chat gpt-4o');
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes['http.response.status_code']).toBe(401);
    expect((await metricPoints(memory, 'error.count'))[0]?.attributes).toMatchObject({
      operation: 'llm_call',
    });
    provider.close();
  });

  it.each([
    ['malformed JSON', { raw: '{"id":' }],
    ['an answer without any field', { json: {} }],
    ['a list', { json: [1] }],
  ])('survives %s', async (_name, answer) => {
    const { memory, client, provider } = await start(answer);
    await client.chat.completions.create({ model: 'gpt-4o', messages }).catch(() => undefined);
    await waitUntil(() => memory.spans.length === 1);
    provider.close();
  });

  it('records the Responses API, plain and streamed, and embeddings', async () => {
    const response = {
      id: 'resp_1',
      object: 'response',
      model: 'gpt-4o-2024-08-06',
      status: 'completed',
      output: [
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Yes.' }] },
        { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{"city":"Oslo"}' },
      ],
      usage: {
        input_tokens: 7,
        output_tokens: 3,
        total_tokens: 10,
        input_tokens_details: { cached_tokens: 2 },
        output_tokens_details: { reasoning_tokens: 1 },
      },
    };
    const { memory, client, provider } = await start(
      { json: response },
      {
        events: [
          ['response.created', { type: 'response.created', response: { id: 'resp_1', output: [] } }],
          ['response.in_progress', { type: 'response.in_progress', response: { id: 'resp_1', output: [] } }],
          ['response.output_text.delta', { type: 'response.output_text.delta', delta: 'Yes.' }],
          ['response.completed', { type: 'response.completed', response }],
        ],
      },
      {
        json: {
          object: 'list',
          model: 'text-embedding-3-small',
          data: [{ index: 0, embedding: [0.1] }],
          usage: { prompt_tokens: 9, total_tokens: 9 },
        },
      },
    );
    await client.responses.create({ model: 'gpt-4o', instructions: 'Short.', input: 'Really?' });
    for await (const _ of await client.responses.create({ model: 'gpt-4o', input: 'Really?', stream: true }));
    await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: 'text',
      encoding_format: 'float',
    });
    for (const span of memory.spans.slice(0, 2)) {
      expect(span.attributes).toMatchObject({
        'openai.api.type': 'responses',
        'gen_ai.response.id': 'resp_1',
        'gen_ai.usage.input_tokens': 7,
        'gen_ai.usage.reasoning.output_tokens': 1,
      });
      expect(span.attributes['gen_ai.output.messages']).toContain('"arguments":{"city":"Oslo"}');
    }
    // What comes before the model says anything is no part of the answer: the first chunk is its first token.
    expect(memory.spans[1]?.attributes['sightline.response.chunks']).toBe(1);
    expect(spanNamed(memory, 'embeddings text-embedding-3-small').attributes).toMatchObject({
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.usage.input_tokens': 9,
    });
    provider.close();
  });

  it('adds the cost to the enclosing workflow, and never wraps twice', async () => {
    const { memory, client, provider } = await start({ json: chatCompletion() });
    instrument(client);
    await traceWorkflow({ name: 'w' }, () => client.chat.completions.create({ model: 'gpt-4o', messages }));
    expect(memory.spans.map((span) => span.name)).toEqual(['chat gpt-4o', 'invoke_workflow w']);
    expect(spanNamed(memory, 'invoke_workflow w').attributes['sightline.total.cost_usd']).toBeCloseTo(
      0.003,
      10,
    );
    provider.close();
  });

  it('leaves a client alone that another instrumentation wrapped', async () => {
    const { memory, provider } = await start({ json: chatCompletion() });
    const client = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'k' });
    const original = client.chat.completions.create.bind(client.chat.completions);
    client.chat.completions.create = Object.assign(original, {
      __wrapped: true,
    }) as typeof client.chat.completions.create;
    await instrument(client).chat.completions.create({ model: 'gpt-4o', messages });
    expect(memory.spans).toHaveLength(0);
    provider.close();
  });
});
