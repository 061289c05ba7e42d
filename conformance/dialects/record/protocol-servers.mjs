/** The wire protocols of OpenAI, Anthropic, Gemini and Bedrock on loopback, with fixed answers, so that the real client libraries can be recorded. */
import { createServer } from 'node:http';

const weather = { city: 'Paris' };
/** What these tools are called with, all at once; a program with none of them has its first called. */
const scripted = { get_weather: weather, book_table: { place: 'Chez Claire' } };
const answerText = 'It is 18 degrees and sunny in Paris.';

/** The day in the names by which OpenAI's models answer. */
let release = '2024-08-06';

export async function startProtocolServers(options = {}) {
  release = options.release ?? release;
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
      const { pathname } = new URL(request.url, 'http://localhost');
      const route =
        routes[pathname] ??
        routes[pathname.replace(/[^/]+:/, ':')] ??
        routes[pathname.replace(/^\/model\/[^/]+/, '/model')];
      if (route === undefined) {
        console.error(`no route for ${request.method} ${request.url}`);
        response
          .writeHead(404, { 'content-type': 'application/json' })
          .end('{"error":{"message":"not found"}}');
        return;
      }
      const { events, json, headers } = route(body, /([^/]+):/.exec(pathname)?.[1]);
      if (events === undefined) {
        response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
      for (const event of events) response.write(event);
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

const routes = {
  '/v1/messages/count_tokens': () => ({ json: { input_tokens: 2400 } }),
  '/v1/models': () => ({ json: { object: 'list', data: [], models: [] } }),
  '/v1beta/models/:generateContent': (body, model) => ({ json: generateContent(body, model) }),
  '/v1beta/models/:streamGenerateContent': (body, model) => ({
    events: [`data: ${JSON.stringify(generateContent(body, model))}\n\n`],
  }),
  '/v1beta/models/:countTokens': () => ({ json: { totalTokens: 1200 } }),
  '/v1beta/models/:batchEmbedContents': (body) => ({
    json: { embeddings: body.requests.map(() => ({ values: [0.1, 0.2, 0.3] })) },
  }),
  '/model/converse': converse,
  '/v1/chat/completions': chatCompletions,
  '/v1/responses': responses,
  '/v1/embeddings': embeddings,
  '/v1/messages': messages,
};

let count = 0;
const nextId = (prefix) => `${prefix}_${String(++count).padStart(6, '0')}`;

const chatUsage = {
  prompt_tokens: 1200,
  completion_tokens: 80,
  total_tokens: 1280,
  prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 64, audio_tokens: 0 },
};

/** The calls that a model makes of these tools, by name. */
function callsOf(names, isFirstCalled = true) {
  const known = names.filter((name) => name in scripted);
  const called = known.length > 0 || !isFirstCalled ? known : names.slice(0, 1);
  return called.map((name, index) => ({ number: index + 1, name, input: scripted[name] ?? weather }));
}

function chatCompletions(body) {
  const calls = callsOf((body.tools ?? []).map((tool) => tool.function.name));
  const answered = body.messages.some((message) => message.role === 'tool');
  const message =
    calls.length > 0 && !answered
      ? {
          role: 'assistant',
          content: null,
          tool_calls: calls.map(({ number, name, input }) => ({
            id: `call_${number}`,
            type: 'function',
            function: { name, arguments: JSON.stringify(input) },
          })),
        }
      : { role: 'assistant', content: answerText, refusal: null };
  const finish_reason = message.tool_calls === undefined ? 'stop' : 'tool_calls';
  const id = nextId('chatcmpl');
  const head = {
    id,
    created: 1795000000,
    model: `${body.model}-${release}`,
    service_tier: 'default',
    system_fingerprint: 'fp_1',
  };
  if (!body.stream) {
    const choices = [{ index: 0, message, logprobs: null, finish_reason }];
    return { json: { object: 'chat.completion', ...head, choices, usage: chatUsage } };
  }
  const chunk = (choices, usage) =>
    `data: ${JSON.stringify({ object: 'chat.completion.chunk', ...head, choices, ...(usage ? { usage } : {}) })}\n\n`;
  const deltas = message.tool_calls
    ? message.tool_calls.map((call, index) => ({ role: 'assistant', tool_calls: [{ index, ...call }] }))
    : [{ role: 'assistant', content: '' }, ...answerText.split(/(?<= )/).map((content) => ({ content }))];
  return {
    events: [
      ...deltas.map((delta) => chunk([{ index: 0, delta, finish_reason: null }])),
      chunk([{ index: 0, delta: {}, finish_reason }]),
      chunk([], chatUsage),
      'data: [DONE]\n\n',
    ],
  };
}

function responses(body) {
  const calls = callsOf(
    (body.tools ?? []).filter((tool) => tool.type === 'function').map((tool) => tool.name),
  );
  const input = Array.isArray(body.input) ? body.input : [];
  const answered = input.some((item) => item.type === 'function_call_output');
  const callItems = calls.map(({ number, name, input }) => ({
    type: 'function_call',
    id: `fc_${number}`,
    call_id: `call_${number}`,
    name,
    arguments: JSON.stringify(input),
    status: 'completed',
  }));
  const messageItem = {
    type: 'message',
    id: nextId('msg'),
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: answerText, annotations: [] }],
  };
  const items = calls.length > 0 && !answered ? callItems : [messageItem];
  const response = {
    id: nextId('resp'),
    object: 'response',
    created_at: 1795000000,
    status: 'completed',
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    model: `${body.model}-${release}`,
    output: items,
    parallel_tool_calls: true,
    service_tier: 'default',
    temperature: 1,
    tool_choice: 'auto',
    tools: body.tools ?? [],
    usage: {
      input_tokens: 1200,
      input_tokens_details: { cached_tokens: 1024 },
      output_tokens: 80,
      output_tokens_details: { reasoning_tokens: 64 },
      total_tokens: 1280,
    },
  };
  if (!body.stream) return { json: response };
  const event = (type, data) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const middle = (item, place) =>
    item.type === 'function_call'
      ? [event('response.function_call_arguments.done', { ...place, arguments: item.arguments })]
      : [
          event('response.content_part.added', {
            ...place,
            content_index: 0,
            part: { type: 'output_text', text: '', annotations: [] },
          }),
          event('response.output_text.delta', { ...place, content_index: 0, delta: answerText }),
          event('response.output_text.done', { ...place, content_index: 0, text: answerText }),
        ];
  return {
    events: [
      event('response.created', {
        response: { ...response, status: 'in_progress', output: [], usage: null },
      }),
      ...items.flatMap((item, output_index) => [
        event('response.output_item.added', { output_index, item }),
        ...middle(item, { item_id: item.id, output_index }),
        event('response.output_item.done', { output_index, item }),
      ]),
      event('response.completed', { response }),
    ],
  };
}

function embeddings(body) {
  const inputs = Array.isArray(body.input) ? body.input : [body.input];
  const embedding =
    body.encoding_format === 'base64'
      ? Buffer.from(new Float32Array([0.1, 0.2, 0.3]).buffer).toString('base64')
      : [0.1, 0.2, 0.3];
  return {
    json: {
      object: 'list',
      model: body.model,
      data: inputs.map((_, index) => ({ object: 'embedding', index, embedding })),
      usage: { prompt_tokens: 9, total_tokens: 9 },
    },
  };
}

/** Gemini counts thoughts beside the answer. */
function generateContent(body, model) {
  const names = [body.tools ?? []]
    .flat()
    .flatMap((tool) => tool.functionDeclarations ?? [])
    .map(({ name }) => name);
  const answered = body.contents.some(({ parts }) => parts.some((part) => 'functionResponse' in part));
  const calls = callsOf(names, false).map(({ name, input }) => ({ functionCall: { name, args: input } }));
  const parts = calls.length > 0 && !answered ? calls : [{ text: answerText }];
  return {
    responseId: nextId('gemini'),
    modelVersion: model,
    candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }],
    usageMetadata: {
      promptTokenCount: 1200,
      cachedContentTokenCount: 1024,
      candidatesTokenCount: 16,
      thoughtsTokenCount: 64,
      totalTokenCount: 1280,
    },
  };
}

/** Bedrock counts what came from the cache and went into it beside the input. */
function converse(body) {
  const calls = callsOf(body.toolConfig.tools.map(({ toolSpec }) => toolSpec.name));
  const answered = body.messages.some(({ content }) => content.some((part) => 'toolResult' in part));
  const content = answered
    ? [{ text: answerText }]
    : calls.map(({ number, name, input }) => ({ toolUse: { toolUseId: `tooluse_${number}`, name, input } }));
  const usage = {
    inputTokens: 100,
    outputTokens: 50,
    cacheReadInputTokens: 2000,
    cacheWriteInputTokens: 300,
  };
  const message = { role: 'assistant', content };
  return { json: { output: { message }, stopReason: answered ? 'end_turn' : 'tool_use', usage } };
}

function messages(body) {
  const names = (body.tools ?? []).map((tool) => tool.name);
  const bash = { command: 'echo sunny', description: 'Ask for the weather' };
  const calls = names.includes('Bash') ? [{ number: 1, name: 'Bash', input: bash }] : callsOf(names);
  const answered = body.messages.some(
    (message) =>
      Array.isArray(message.content) && message.content.some((part) => part.type === 'tool_result'),
  );
  const content =
    calls.length > 0 && !answered
      ? calls.map(({ number, name, input }) => ({ type: 'tool_use', id: `toolu_${number}`, name, input }))
      : [{ type: 'text', text: answerText }];
  const stop_reason = content[0].type === 'tool_use' ? 'tool_use' : 'end_turn';
  // Who asks for an hour is told that a part was written for it.
  const hour = JSON.stringify(body).includes('"ttl":"1h"') ? 200 : 0;
  const usage = {
    input_tokens: 100,
    output_tokens: 50,
    cache_read_input_tokens: 2000,
    cache_creation_input_tokens: 300,
    cache_creation: {
      ephemeral_5m_input_tokens: 300 - hour,
      ephemeral_1h_input_tokens: hour,
    },
    service_tier: 'standard',
  };
  const message = {
    id: nextId('msg'),
    type: 'message',
    role: 'assistant',
    model: body.model,
    content,
    stop_reason,
    stop_sequence: null,
    usage,
  };
  const headers = { 'request-id': nextId('req') };
  if (!body.stream) return { json: message, headers };
  const event = (type, data) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const blocks = content.flatMap((block, index) => {
    const isText = block.type === 'text';
    return [
      event('content_block_start', {
        index,
        content_block: isText ? { ...block, text: '' } : { ...block, input: {} },
      }),
      event('content_block_delta', {
        index,
        delta: isText
          ? { type: 'text_delta', text: block.text }
          : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
      }),
      event('content_block_stop', { index }),
    ];
  });
  const start = { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  const delta = {
    delta: { stop_reason, stop_sequence: null },
    usage: { output_tokens: usage.output_tokens },
  };
  return {
    headers,
    events: [
      event('message_start', { message: start }),
      ...blocks,
      event('message_delta', delta),
      event('message_stop', {}),
    ],
  };
}
