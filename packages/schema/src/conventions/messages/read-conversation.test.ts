import { describe, expect, test } from 'vitest';
import type { Message, MessageSource } from './message.ts';
import { readConversation } from './read-conversation.ts';
import { readDocuments } from './read-documents.ts';
import { readToolUse } from './read-tool-use.ts';
import { derive } from '../derive.ts';

const asked: Message = { role: 'user', parts: [{ type: 'text', text: 'Weather in Paris?' }] };
const told: Message = { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] };
const answered: Message = { role: 'assistant', parts: [{ type: 'text', text: 'Sunny.' }] };
const called: Message = {
  role: 'assistant',
  parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Paris' } }],
};
const returned: Message = { role: 'tool', parts: [{ type: 'tool_result', id: 'c1', result: 'sunny' }] };

const openAiMessages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Weather in Paris?' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
    ],
  },
  { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
];

/** One conversation as each dialect writes it: what goes in, and what must be read. */
const forms: Readonly<
  Record<
    string,
    {
      readonly attributes: Record<string, unknown>;
      readonly input: readonly Message[];
      readonly output?: readonly Message[];
    }
  >
> = {
  'gen_ai, as JSON text': {
    attributes: {
      'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: 'Be brief.' }]),
      'gen_ai.input.messages': JSON.stringify([
        { role: 'user', parts: [{ type: 'text', content: 'Weather in Paris?' }] },
      ]),
      'gen_ai.output.messages': JSON.stringify([
        { role: 'assistant', parts: [{ type: 'text', content: 'Sunny.' }], finish_reason: 'stop' },
      ]),
    },
    input: [told, asked],
    output: [{ ...answered, finishReason: 'stop' }],
  },
  'gen_ai, as values': {
    attributes: {
      'gen_ai.input.messages': [
        { role: 'user', parts: [{ type: 'text', content: 'Weather in Paris?' }] },
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: { city: 'Paris' } }],
        },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'sunny' }] },
      ],
    },
    input: [asked, called, returned],
  },
  'gen_ai, before 1.28': {
    attributes: {
      'gen_ai.prompt.0.role': 'system',
      'gen_ai.prompt.0.content': 'Be brief.',
      'gen_ai.prompt.1.role': 'user',
      'gen_ai.prompt.1.content': 'Weather in Paris?',
      'gen_ai.prompt.2.role': 'assistant',
      'gen_ai.prompt.2.tool_calls.0.id': 'c1',
      'gen_ai.prompt.2.tool_calls.0.name': 'weather',
      'gen_ai.prompt.2.tool_calls.0.arguments': '{"city":"Paris"}',
      'gen_ai.prompt.10.role': 'tool',
      'gen_ai.prompt.10.tool_call_id': 'c1',
      'gen_ai.prompt.10.content': 'sunny',
      'gen_ai.completion.0.role': 'assistant',
      'gen_ai.completion.0.content': 'Sunny.',
      'gen_ai.completion.0.finish_reason': 'stop',
    },
    input: [told, asked, called, returned],
    output: [{ ...answered, finishReason: 'stop' }],
  },
  'LangSmith, a list within a list': {
    attributes: {
      'gen_ai.prompt': JSON.stringify({ messages: [openAiMessages] }),
      'gen_ai.completion': JSON.stringify({
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Sunny.' } }],
      }),
    },
    input: [told, asked, called, returned],
    output: [{ ...answered, finishReason: 'stop' }],
  },
  'Pydantic AI': {
    attributes: {
      'pydantic_ai.all_messages': JSON.stringify([
        { role: 'user', parts: [{ type: 'text', content: 'Weather in Paris?' }] },
        { role: 'assistant', parts: [{ type: 'text', content: 'Sunny.' }] },
      ]),
    },
    input: [asked],
    output: [answered],
  },
  'Pydantic AI, events': {
    attributes: {
      all_messages_events: JSON.stringify([
        { 'event.name': 'gen_ai.user.message', content: 'Weather in Paris?', 'gen_ai.message.index': 0 },
        { 'event.name': 'gen_ai.assistant.message', role: 'assistant', content: 'Sunny.' },
      ]),
    },
    input: [asked],
    output: [answered],
  },
  'Google ADK': {
    attributes: {
      'gcp.vertex.agent.llm_request': JSON.stringify({
        model: 'gemini-2.5-flash',
        config: { system_instruction: 'Be brief.' },
        contents: [
          { role: 'user', parts: [{ text: 'Weather in Paris?' }] },
          {
            role: 'model',
            parts: [{ function_call: { id: 'c1', name: 'weather', args: { city: 'Paris' } } }],
          },
        ],
      }),
      'gcp.vertex.agent.llm_response': JSON.stringify({
        content: { role: 'model', parts: [{ text: 'Sunny.' }] },
        finish_reason: 'STOP',
      }),
    },
    input: [told, asked, called],
    output: [{ ...answered, finishReason: 'stop' }],
  },
  LiveKit: {
    attributes: {
      'lk.chat_ctx': JSON.stringify({
        items: [{ id: 'i1', type: 'message', role: 'user', content: ['Weather in Paris?'] }],
      }),
      'lk.response.text': 'Sunny.',
    },
    input: [asked],
    output: [answered],
  },
  Langfuse: {
    attributes: {
      'langfuse.observation.input': JSON.stringify(openAiMessages.slice(0, 2)),
      'langfuse.observation.output': JSON.stringify({ role: 'assistant', content: 'Sunny.' }),
    },
    input: [told, asked],
    output: [answered],
  },
  MLflow: {
    attributes: {
      'mlflow.spanInputs': JSON.stringify({ model: 'gpt-4o', messages: openAiMessages.slice(0, 2) }),
      'mlflow.spanOutputs': JSON.stringify({
        choices: [{ message: { role: 'assistant', content: 'Sunny.' } }],
      }),
    },
    input: [told, asked],
    output: [answered],
  },
  Sentry: {
    attributes: {
      'gen_ai.request.messages': JSON.stringify([{ role: 'user', content: 'Weather in Paris?' }]),
      'gen_ai.response.text': JSON.stringify(['Sunny.']),
    },
    input: [asked],
    output: [answered],
  },
  'AI SDK 4': {
    attributes: {
      'ai.prompt': JSON.stringify({ system: 'Be brief.', prompt: 'Weather in Paris?' }),
      'ai.response.text': 'Sunny.',
      'ai.response.finishReason': 'tool-calls',
      'ai.response.toolCalls': JSON.stringify([
        { toolCallType: 'function', toolCallId: 'c1', toolName: 'weather', args: '{"city":"Paris"}' },
      ]),
    },
    input: [told, asked],
    output: [{ role: 'assistant', parts: [...answered.parts, ...called.parts], finishReason: 'tool_call' }],
  },
  'OpenInference, prompts': {
    attributes: {
      'llm.prompts.0.prompt.text': 'Weather in Paris?',
      'llm.choices.0.completion.text': 'Sunny.',
    },
    input: [asked],
    output: [answered],
  },
  'plain values': {
    attributes: { 'input.value': 'Weather in Paris?', 'output.value': 'Sunny.' },
    input: [asked],
    output: [answered],
  },
  'Responses API': {
    attributes: {
      'input.value': JSON.stringify({
        instructions: 'Be brief.',
        input: [
          { role: 'user', content: [{ type: 'input_text', text: 'Weather in Paris?' }] },
          { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{"city":"Paris"}' },
          { type: 'function_call_output', call_id: 'c1', output: 'sunny' },
        ],
      }),
      'output.value': JSON.stringify({
        output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Sunny.' }] }],
      }),
    },
    input: [told, asked, called, returned],
    output: [answered],
  },
};

test.each(Object.entries(forms))('%s', (_, { attributes, input, output }) => {
  const read = readConversation({ name: 'call', attributes });
  expect(read.input).toEqual(input);
  expect(read.output).toEqual(output ?? []);
});

describe('parts', () => {
  test.each<[string, unknown, unknown]>([
    [
      'an image by link',
      { type: 'image_url', image_url: { url: 'https://a.example/x.png' } },
      { type: 'image', uri: 'https://a.example/x.png' },
    ],
    [
      'an image inline',
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'image', mimeType: 'image/png', data: 'AAAA' },
    ],
    [
      'an image of Anthropic',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      { type: 'image', mimeType: 'image/png', data: 'AAAA' },
    ],
    [
      'an image of Gemini',
      { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
      { type: 'image', mimeType: 'image/png', data: 'AAAA' },
    ],
    [
      'audio',
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      { type: 'audio', mimeType: 'audio/wav', data: 'AAAA' },
    ],
    [
      'a file by id',
      { type: 'file', file: { file_id: 'f1', filename: 'a.pdf' } },
      { type: 'file', name: 'a.pdf', fileId: 'f1' },
    ],
    [
      'a blob',
      { type: 'blob', modality: 'video', mime_type: 'video/mp4', content: 'AAAA' },
      { type: 'blob', mimeType: 'video/mp4', data: 'AAAA' },
    ],
    [
      'a link',
      { type: 'uri', modality: 'document', uri: 'gs://b/x.pdf' },
      { type: 'uri', uri: 'gs://b/x.pdf' },
    ],
    [
      'an image of Genkit',
      { media: { url: 'data:image/png;base64,AAAA', contentType: 'image/png' } },
      { type: 'image', mimeType: 'image/png', data: 'AAAA' },
    ],
    ['reasoning of Genkit', { reasoning: 'Hm.' }, { type: 'reasoning', text: 'Hm.' }],
    ['reasoning', { type: 'thinking', thinking: 'Hm.', signature: 's' }, { type: 'reasoning', text: 'Hm.' }],
    ['what is new', { type: 'hologram', beam: 7 }, { type: 'raw', value: { type: 'hologram', beam: 7 } }],
  ])('%s', (_, part, expected) => {
    const attributes = { 'gen_ai.input.messages': JSON.stringify([{ role: 'user', content: [part] }]) };
    expect(readConversation({ name: 'call', attributes }).input).toEqual([
      { role: 'user', parts: [expected] },
    ]);
  });
});

test('a payload that was cut is shown raw, not dropped', () => {
  const cut = '[{"role":"user","parts":[{"type":"text","conte';
  const read = readConversation({
    name: 'call',
    attributes: { 'gen_ai.input.messages': cut, 'gen_ai.output.messages': '{"a":1}' },
  });
  expect(read.input).toEqual([{ role: 'user', parts: [{ type: 'raw', value: cut }] }]);
  expect(read.output).toEqual([{ role: 'assistant', parts: [{ type: 'raw', value: { a: 1 } }] }]);
});

test('hostile names and positions neither crash nor cost', () => {
  const attributes = {
    'gen_ai.prompt.__proto__.role': 'user',
    'gen_ai.prompt.999999999.role': 'user',
    'gen_ai.prompt.999999999.content': 'far',
    [`gen_ai.prompt.${'0.'.repeat(5000)}x`]: 'deep',
    'llm.input_messages': 'not a list',
  };
  expect(() => readConversation({ name: 'call', attributes })).not.toThrow();
  expect(
    readConversation({ name: 'call', attributes: { 'input.value': '['.repeat(100_000) } }).input,
  ).toHaveLength(1);
});

describe('records beside the span', () => {
  const empty = { name: 'call', attributes: {} };
  test('one per message', () => {
    const log = (name: string, body: unknown) => ({
      eventName: '',
      body,
      attributes: { 'event.name': name },
    });
    const source: MessageSource = {
      ...empty,
      logs: [
        log('gen_ai.system.message', { content: 'Be brief.' }),
        log('gen_ai.user.message', { content: 'Weather in Paris?' }),
        log('gen_ai.assistant.message', { tool_calls: openAiMessages[2]?.tool_calls }),
        log('gen_ai.tool.message', { id: 'c1', content: 'sunny' }),
        log('gen_ai.choice', { index: 0, finish_reason: 'stop', message: { content: 'Sunny.' } }),
      ],
    };
    expect(readConversation(source)).toEqual({
      input: [told, asked, called, returned],
      output: [{ ...answered, finishReason: 'stop' }],
    });
  });

  test('one with everything', () => {
    const attributes = {
      'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'Weather in Paris?' }] }],
      'gen_ai.output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: 'Sunny.' }] }],
    };
    const details = { eventName: 'gen_ai.client.inference.operation.details', body: null, attributes };
    expect(readConversation({ ...empty, logs: [details] })).toEqual({ input: [asked], output: [answered] });
  });

  test('span events', () => {
    const events = [
      {
        name: 'gen_ai.content.prompt',
        attributes: { 'gen_ai.prompt': JSON.stringify(openAiMessages.slice(1, 2)) },
      },
      { name: 'gen_ai.choice', attributes: { 'gen_ai.event.content': '{"message":{"content":"Sunny."}}' } },
    ];
    expect(readConversation({ ...empty, events })).toEqual({ input: [asked], output: [answered] });
  });

  test('a list of them in one attribute, as Pydantic AI 1 has it', () => {
    const events = [
      { 'event.name': 'gen_ai.system.message', role: 'system', content: 'Be brief.' },
      { 'event.name': 'gen_ai.user.message', role: 'user', content: 'Weather in Paris?' },
      { 'event.name': 'gen_ai.choice', index: 0, message: { role: 'assistant', content: 'Sunny.' } },
    ];
    const attributes = { events: JSON.stringify(events) };
    expect(readConversation({ ...empty, attributes })).toEqual({ input: [told, asked], output: [answered] });
    // Anybody may have an attribute of that name.
    expect(readConversation({ ...empty, attributes: { events: '["click",{"x":1},null]' } }).input).toEqual(
      [],
    );
  });

  test('the content alone as JSON, as Strands Agents has it', () => {
    const events = [
      { name: 'gen_ai.user.message', attributes: { content: '[{"text":"Weather in Paris?"}]' } },
      {
        name: 'gen_ai.choice',
        attributes: {
          finish_reason: 'tool_use',
          message: '[{"toolUse":{"toolUseId":"c1","name":"weather","input":{"city":"Paris"}}}]',
        },
      },
    ];
    expect(readConversation({ ...empty, events })).toEqual({
      input: [asked],
      output: [{ ...called, finishReason: 'tool_call' }],
    });
    const plain = { name: 'gen_ai.choice', attributes: { finish_reason: 'stop', message: 'Sunny.' } };
    expect(readConversation({ ...empty, events: [plain] }).output).toEqual([
      { ...answered, finishReason: 'stop' },
    ]);
  });
});

test.each(['lk', 'lk.pii'])("LiveKit's turns and tools, under %s", (prefix) => {
  const items = [
    { type: 'message', role: 'system', content: ['Be brief.'] },
    { type: 'message', role: 'user', content: ['Weather in Paris?'] },
  ];
  const attributes = {
    [`${prefix}.chat_ctx`]: JSON.stringify({ items }),
    [`${prefix}.response.text`]: 'Sunny.',
  };
  expect(readConversation({ name: 'llm_request', attributes })).toEqual({
    input: [told, asked],
    output: [answered],
  });
  const tool = {
    'lk.function_tool.name': 'weather',
    'lk.function_tool.id': 'c1',
    [`${prefix}.function_tool.arguments`]: '{"city":"Paris"}',
    [`${prefix}.function_tool.output`]: 'sunny',
  };
  expect(readToolUse({ name: 'function_tool', attributes: tool })).toEqual({
    name: 'weather',
    callId: 'c1',
    arguments: { city: 'Paris' },
    result: 'sunny',
  });
});

test("Logfire's request and answer, streamed or not", () => {
  const read = (answer: object) =>
    readConversation({
      name: 'Chat Completion',
      attributes: {
        request_data: JSON.stringify({
          model: 'gpt-4o',
          messages: openAiMessages.slice(0, 2),
          stream: false,
        }),
        response_data: JSON.stringify(answer),
      },
    });
  const expected = { input: [told, asked], output: [answered] };
  expect(read({ message: { role: 'assistant', content: 'Sunny.' }, usage: { total_tokens: 9 } })).toEqual(
    expected,
  );
  expect(read({ combined_chunk_content: 'Sunny.', chunk_count: 4 })).toEqual(expected);
  expect(read({ usage: { total_tokens: 9 } }).output).toEqual([]);
});

test.each<[string, Record<string, unknown>]>([
  [
    'gen_ai',
    {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'add',
      'gen_ai.tool.call.arguments': '{"a":1}',
      'gen_ai.tool.call.result': '"2"',
    },
  ],
  [
    'OpenInference',
    { 'openinference.span.kind': 'TOOL', 'tool.name': 'add', 'input.value': '{"a":1}', 'output.value': '2' },
  ],
  [
    'Traceloop',
    {
      'traceloop.span.kind': 'tool',
      'traceloop.entity.name': 'add',
      'traceloop.entity.input': '{"a":1}',
      'traceloop.entity.output': '"2"',
    },
  ],
  [
    'ADK',
    {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'add',
      'gcp.vertex.agent.tool_call_args': '{"a":1}',
      'gcp.vertex.agent.tool_response': '2',
      'gcp.vertex.agent.llm_request': '{}',
    },
  ],
  [
    'LangSmith',
    { 'langsmith.span.kind': 'tool', 'gen_ai.prompt': '{"input":"{\\"a\\":1}"}', 'gen_ai.completion': '"2"' },
  ],
])('a tool call of %s', (_, attributes) => {
  expect(readToolUse({ name: 'add', attributes })).toEqual({ name: 'add', arguments: { a: 1 }, result: '2' });
  expect(readConversation({ name: 'add', attributes })).toEqual({ input: [], output: [] });
});

test.each<[string, Record<string, unknown>]>([
  [
    'OpenInference',
    {
      'retrieval.documents.0.document.id': 'd1',
      'retrieval.documents.0.document.content': 'Paris',
      'retrieval.documents.0.document.score': 0.9,
    },
  ],
  ['gen_ai', { 'gen_ai.retrieval.documents': '[{"id":"d1","content":"Paris","score":0.9}]' }],
  [
    'LangChain',
    {
      'openinference.span.kind': 'RETRIEVER',
      'output.value': '[{"id":"d1","pageContent":"Paris","score":0.9}]',
    },
  ],
])('documents of %s', (_, attributes) => {
  expect(readDocuments({ name: 'search', attributes })).toEqual([{ id: 'd1', content: 'Paris', score: 0.9 }]);
});

test('what tools gave back stands beside an AutoGen message of OpenInference', () => {
  const [message] = readConversation({
    name: 'OpenAIChatCompletionClient.create',
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.input_messages.0.message.role': 'function',
      'llm.input_messages.0.function.0': '{"name":"add","content":"2","call_id":"c1","is_error":false}',
      'llm.input_messages.0.function.1': '{"name":"add","content":"no","call_id":"c2","is_error":true}',
    },
  }).input;
  expect(message).toEqual({
    role: 'tool',
    parts: [
      { type: 'tool_result', id: 'c1', name: 'add', result: '2' },
      { type: 'tool_result', id: 'c2', name: 'add', result: 'no', isError: true },
    ],
  });
});

const kept = 1_048_576;
const prompt = (value: string) =>
  readConversation({
    name: 'chat',
    attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.input.messages': value },
  }).input;

test('a prompt of which only the beginning was kept is read as far as it goes', () => {
  const first = { role: 'user', content: 'first' };
  const whole = JSON.stringify([first, { role: 'user', content: `"\\ é🦊`.repeat(200_000) }, first]);
  for (let cut = 0; cut < 40; cut += 1) {
    const start = 'x'.repeat(cut);
    const bytes = Buffer.from(whole.replace('first', `first${start}`)).subarray(0, kept);
    const value = new TextDecoder().decode(bytes).replace(/\uFFFD$/, '');
    const [one, two, ...more] = prompt(value);
    expect(one).toEqual({ role: 'user', parts: [{ type: 'text', text: `first${start}` }] });
    expect(two).toMatchObject({ role: 'user', isCut: true, parts: [{ type: 'text' }] });
    expect(Buffer.byteLength(JSON.stringify(two))).toBeGreaterThan(kept * 0.99);
    expect(more).toEqual([]);
  }
});

test('where a key or a number is cut, the rest before it is read', () => {
  const filler = { role: 'user', content: 'f'.repeat(1_048_000) };
  for (const tail of [
    '{"role":"assistant","con',
    '{"role":"assistant","content":"x","n":1',
    '{"role":"assistant","a":tr',
  ]) {
    const open = JSON.stringify([filler, { role: 'user', content: '' }]).slice(0, -3);
    const value = `${open}${'p'.repeat(kept - open.length - tail.length - 3)}"},${tail}`;
    expect(Buffer.byteLength(value)).toBe(kept);
    const messages = prompt(value);
    expect(messages.slice(0, 2)).toMatchObject([
      { parts: [{ type: 'text' }] },
      { parts: [{ type: 'text' }] },
    ]);
    expect(messages.at(-1)).toMatchObject({ isCut: true });
    expect(messages.flatMap(({ parts }) => parts).some(({ type }) => type === 'raw')).toBe(false);
  }
});

test('what is broken and no longer than others stays raw', () => {
  expect(prompt('[{"role":"user","content":"never end')).toEqual([
    { role: 'user', parts: [{ type: 'raw', value: '[{"role":"user","content":"never end' }] },
  ]);
  expect(prompt('t'.repeat(kept))).toMatchObject([{ isCut: true, parts: [{ type: 'text' }] }]);
});

test("OpenLLMetry's LangChain for JavaScript: arguments as a text alone, results as parts", () => {
  const tool = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'weather',
    'gen_ai.provider.name': 'langchain',
    'traceloop.entity.input': '{"args":["{\\"city\\":\\"Paris\\"}"]}',
  };
  expect(readToolUse({ name: 'execute_tool weather', attributes: tool })?.arguments).toEqual({
    city: 'Paris',
  });
  expect(derive({ name: 'execute_tool weather', attributes: tool }).provider).toBe('');
  const response = [{ type: 'text', content: 'sunny' }];
  const message = { role: 'tool', parts: [{ type: 'tool_call_response', response }] };
  const attributes = { 'gen_ai.input.messages': JSON.stringify([message]) };
  expect(readConversation({ name: 'chat', attributes }).input).toEqual([
    { role: 'tool', parts: [{ type: 'tool_result', result: 'sunny' }] },
  ]);
});

test("Together's models by OpenLLMetry are Together's", () => {
  const attributes = { 'gen_ai.provider.name': 'TogetherAI' };
  expect(derive({ name: 'together.chat', attributes }).provider).toBe('together');
});

test("what a provider's own tools were given and gave back is kept, whatever it is called", () => {
  const search = { type: 'web_search', query: 'Paris' };
  const found = { type: 'web_search', results: ['sunny'] };
  const parts = [
    { type: 'server_tool_call', id: 's1', name: 'web_search', server_tool_call: search },
    { type: 'server_tool_call_response', id: 's1', server_tool_call_response: found },
  ];
  const call = {
    type: 'mcp_call',
    id: 'm1',
    name: 'weather',
    arguments: '{"city":"Paris"}',
    server_label: 'w',
  };
  const searched = { type: 'web_search_call', id: 'w1', action: { query: 'Paris' } };
  const attributes = {
    'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts }]),
    'gen_ai.input.messages': JSON.stringify([
      { ...call, output: 'sunny' },
      { ...call, id: 'm2', output: null, error: 'unreachable' },
      searched,
    ]),
  };
  const weather = { type: 'tool_call', name: 'weather', arguments: { city: 'Paris' } };
  expect(readConversation({ name: 'chat', attributes })).toEqual({
    input: [
      {
        role: 'assistant',
        parts: [
          { ...weather, id: 'm1' },
          { type: 'tool_result', id: 'm1', name: 'weather', result: 'sunny' },
        ],
      },
      {
        role: 'assistant',
        parts: [
          { ...weather, id: 'm2' },
          { type: 'tool_result', id: 'm2', name: 'weather', result: 'unreachable', isError: true },
        ],
      },
      { role: 'assistant', parts: [{ type: 'raw', value: searched }] },
    ],
    output: [
      {
        role: 'assistant',
        parts: [
          { type: 'tool_call', id: 's1', name: 'web_search', arguments: { query: 'Paris' } },
          { type: 'tool_result', id: 's1', result: { results: ['sunny'] } },
        ],
      },
    ],
  });
});
