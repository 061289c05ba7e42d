/** Usage as libraries write it that are not recorded in `conformance/dialects`: other versions, other languages. Each with the dollars a hand adds up. */
import { expect, test } from 'vitest';
import { createPriceBook } from './cost/price-book.ts';
import { derive, type DeriveInput } from './derive.ts';

/** Dollars per million tokens, from the makers' price lists. */
const gpt4o = { input: 2.5, cacheRead: 1.25, output: 10 };
const sonnet45 = { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 };
const flash25 = { input: 0.3, output: 2.5 };

/** 1,200 tokens in, 1,024 of them cached; 80 out. */
const cachedCall = (176 * gpt4o.input + 1024 * gpt4o.cacheRead + 80 * gpt4o.output) / 1e6;
/** 5,500 in: 3,000 fresh, 2,000 from the cache and 500 into it; 100 out. */
const claudeCall =
  (3000 * sonnet45.input + 2000 * sonnet45.cacheRead + 500 * sonnet45.cacheWrite + 100 * sonnet45.output) /
  1e6;
/** 1,000 in, 500 thought and 100 said. */
const thinkingCall = (1000 * flash25.input + 600 * flash25.output) / 1e6;

type Attributes = DeriveInput['attributes'];

const aiSdk = (provider: string, model: string, usage: Attributes, metadata: object): Attributes => ({
  'ai.operationId': 'ai.generateText.doGenerate',
  'ai.model.provider': provider,
  'ai.model.id': model,
  'gen_ai.system': provider,
  'gen_ai.request.model': model,
  'ai.response.providerMetadata': JSON.stringify(metadata),
  ...usage,
});

/** What AI SDK writes twice. */
const counts = (input: number, output: number): Attributes => ({
  'gen_ai.usage.input_tokens': input,
  'gen_ai.usage.output_tokens': output,
});

const anthropicUsage = {
  input_tokens: 3000,
  cache_read_input_tokens: 2000,
  cache_creation_input_tokens: 500,
  output_tokens: 100,
};

const cases: readonly (readonly [
  name: string,
  attributes: Attributes,
  tokens: readonly [input: number, output: number],
  usd: number,
  provider?: string,
])[] = [
  ...(
    [
      ['over Bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
      ['over Anthropic', 'claude-sonnet-4-5'],
    ] as const
  ).flatMap(([over, model]) => {
    const call = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.system': 'strands-agents',
      'gen_ai.request.model': model,
    };
    const usd = model.startsWith('us.') ? claudeCall * 1.1 : claudeCall;
    return [
      [
        `Strands 1.53 ${over}: cached tokens beside the input`,
        {
          ...call,
          ...counts(3000, 100),
          'gen_ai.usage.cache_read_input_tokens': 2000,
          'gen_ai.usage.cache_write_input_tokens': 500,
        },
        [5500, 100],
        usd,
      ],
      [
        `Strands 1.54 ${over}: cached tokens in the input`,
        {
          ...call,
          ...counts(5500, 100),
          'gen_ai.usage.cache_read.input_tokens': 2000,
          'gen_ai.usage.cache_read_input_tokens': 2000,
          'gen_ai.usage.cache_creation.input_tokens': 500,
          'gen_ai.usage.cache_write_input_tokens': 500,
        },
        [5500, 100],
        usd,
      ],
    ] as const;
  }),
  ...(
    [
      [
        "OpenTelemetry's AWS client over Bedrock: cached tokens beside the input",
        'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
        { 'gen_ai.system': 'aws.bedrock', 'rpc.system': 'aws-api' },
        claudeCall * 1.1,
      ],
      [
        'OpenLLMetry over Bedrock: the same, and the model without its maker',
        'claude-sonnet-4-5-20250929-v1:0',
        { 'gen_ai.provider.name': 'aws.bedrock' },
        claudeCall * 1.1,
      ],
    ] as const
  ).map(
    ([name, model, more, usd]) =>
      [
        name,
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': model,
          ...more,
          ...counts(3000, 100),
          'gen_ai.usage.cache_read.input_tokens': 2000,
          'gen_ai.usage.cache_creation.input_tokens': 500,
        },
        [5500, 100],
        usd,
        'aws.bedrock',
      ] as const,
  ),
  [
    'OpenLLMetry for JavaScript over Anthropic: cached tokens beside the input',
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-sonnet-4-5',
      ...counts(3000, 100),
      'gen_ai.usage.total_tokens': 3100,
      'gen_ai.usage.cache_read.input_tokens': 2000,
      'gen_ai.usage.cache_creation.input_tokens': 500,
    },
    [5500, 100],
    claudeCall,
    'anthropic',
  ],
  [
    'Mastra over Anthropic: cached tokens in the input',
    {
      'gen_ai.operation.name': 'chat',
      'mastra.span.type': 'model_inference',
      'gen_ai.provider.name': 'anthropic.messages',
      'gen_ai.request.model': 'claude-sonnet-4-5',
      ...counts(5500, 100),
      'gen_ai.usage.cache_read.input_tokens': 2000,
      'gen_ai.usage.cache_creation.input_tokens': 500,
      'gen_ai.usage.cache_creation.1h_input_tokens': 0,
    },
    [5500, 100],
    claudeCall,
    'anthropic',
  ],
  [
    'Genkit over Anthropic: fresh input, and what the provider told',
    {
      'genkit:metadata:subtype': 'model',
      'genkit:name': 'anthropic/claude-sonnet-4-5',
      'genkit:output': JSON.stringify({
        usage: { inputTokens: 3000, outputTokens: 100, custom: anthropicUsage },
      }),
    },
    [5500, 100],
    claudeCall,
    'anthropic',
  ],
  [
    'Genkit over Gemini: thoughts beside the answer',
    {
      'genkit:metadata:subtype': 'model',
      'genkit:name': 'googleai/gemini-2.5-flash',
      'genkit:output': JSON.stringify({
        message: { role: 'model', content: [{ text: '"usage":{"inputTokens":7}' }] },
        usage: { inputTokens: 1000, outputTokens: 100, thoughtsTokens: 500 },
      }),
    },
    [1000, 600],
    thinkingCall,
    'gcp.gemini',
  ],
  [
    'OpenInference over Bedrock for JavaScript: the maker for the model, cached tokens in the answer only',
    {
      'openinference.span.kind': 'LLM',
      'llm.provider': 'aws',
      'llm.model_name': 'anthropic',
      'llm.token_count.prompt': 3000,
      'llm.token_count.completion': 100,
      'input.value': '{"modelId":"us.anthropic.claude-sonnet-4-5-20250929-v1:0","messages":[]}',
      'output.value': '{"usage":{"cacheReadInputTokens":2000,"cacheWriteInputTokens":500}}',
    },
    [5500, 100],
    claudeCall * 1.1,
    'aws.bedrock',
  ],
  ...(
    [
      [
        'flex, at half the price',
        '{"id":"r1","service_tier":"flex","usage":{"prompt_tokens":1200}}',
        cachedCall / 2,
      ],
      ['flex, as Python writes it', '{"id": "r1", "service_tier": "flex", "usage": {}}', cachedCall / 2],
      ['the usual one', '{"service_tier":"default"}', cachedCall],
      ['none', '{"service_tier":null,"system_fingerprint":"flex"}', cachedCall],
      ['a number', '{"service_tier":5}', cachedCall],
      ['a text that quotes JSON', JSON.stringify({ text: '{"service_tier":"flex"}' }), cachedCall],
    ] as const
  ).map(
    ([tier, answer, usd]) =>
      [
        `OpenInference over OpenAI: the answer tells ${tier}, the request asked for something else`,
        {
          'openinference.span.kind': 'LLM',
          'llm.provider': 'openai',
          'llm.model_name': 'gpt-4o',
          'llm.invocation_parameters': '{"service_tier":"auto"}',
          'llm.token_count.prompt': 1200,
          'llm.token_count.completion': 80,
          'llm.token_count.prompt_details.cache_read': 1024,
          'output.value': answer,
        },
        [1200, 80],
        usd,
        'openai',
      ] as const,
  ),
  [
    'Logfire over Anthropic: the parts as the provider told them',
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-sonnet-4-5',
      ...counts(5500, 100),
      'gen_ai.usage.raw': JSON.stringify(anthropicUsage),
    },
    [5500, 100],
    claudeCall,
    'anthropic',
  ],
  [
    'Logfire over OpenAI: the same',
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      ...counts(1200, 80),
      'gen_ai.usage.raw': JSON.stringify({
        prompt_tokens: 1200,
        prompt_tokens_details: { cached_tokens: 1024 },
      }),
    },
    [1200, 80],
    cachedCall,
    'openai',
  ],
  [
    'AI SDK 4 with Anthropic: fresh input, the cache in the metadata',
    aiSdk(
      'anthropic.messages',
      'claude-sonnet-4-5',
      { 'ai.usage.promptTokens': 3000, 'ai.usage.completionTokens': 100, ...counts(3000, 100) },
      { anthropic: { cacheReadInputTokens: 2000, cacheCreationInputTokens: 500 } },
    ),
    [5500, 100],
    claudeCall,
    'anthropic',
  ],
  [
    'AI SDK 5 with Anthropic: fresh input, less than what was cached',
    aiSdk(
      'anthropic.messages',
      'claude-sonnet-4-5',
      { 'ai.usage.inputTokens': 3000, 'ai.usage.cachedInputTokens': 2000, ...counts(3000, 100) },
      { anthropic: { usage: anthropicUsage, cacheCreationInputTokens: 500 } },
    ),
    [5500, 100],
    claudeCall,
    'anthropic',
  ],
  [
    'AI SDK 6 with Anthropic: all input',
    aiSdk(
      'anthropic.messages',
      'claude-sonnet-4-5',
      { 'ai.usage.inputTokens': 5500, 'ai.usage.cachedInputTokens': 2000, ...counts(5500, 100) },
      { anthropic: { usage: anthropicUsage, cacheCreationInputTokens: 500 } },
    ),
    [5500, 100],
    claudeCall,
    'anthropic',
  ],
  [
    'AI SDK 4 with OpenAI: the cache in the metadata',
    aiSdk(
      'openai.chat',
      'gpt-4o',
      { 'ai.usage.promptTokens': 1200, 'ai.usage.completionTokens': 80, ...counts(1200, 80) },
      { openai: { cachedPromptTokens: 1024, reasoningTokens: 64 } },
    ),
    [1200, 80],
    cachedCall,
    'openai',
  ],
  [
    'AI SDK 5 with Gemini: thoughts beside the answer',
    aiSdk(
      'google.generative-ai',
      'gemini-2.5-flash',
      { 'ai.usage.outputTokens': 100, 'ai.usage.reasoningTokens': 500, ...counts(1000, 100) },
      {
        google: {
          usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 100, thoughtsTokenCount: 500 },
        },
      },
    ),
    [1000, 600],
    thinkingCall,
    'gcp.gemini',
  ],
  [
    'AI SDK 6 with Gemini: thoughts in the answer',
    aiSdk(
      'google.generative-ai',
      'gemini-2.5-flash',
      { 'ai.usage.outputTokens': 600, 'ai.usage.reasoningTokens': 500, ...counts(1000, 600) },
      {
        google: {
          usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 100, thoughtsTokenCount: 500 },
        },
      },
    ),
    [1000, 600],
    thinkingCall,
    'gcp.gemini',
  ],
  [
    'Google ADK 1: thoughts beside the answer, fewer than of it',
    {
      'gen_ai.system': 'gcp.vertex.agent',
      'gen_ai.request.model': 'gemini-2.5-flash',
      'gcp.vertex.agent.llm_request': '{}',
      ...counts(1000, 320),
      'gen_ai.usage.experimental.reasoning_tokens': 280,
    },
    [1000, 600],
    thinkingCall,
  ],
  [
    'Google ADK 2.3: thoughts in the answer',
    {
      'gen_ai.system': 'gcp.vertex.agent',
      'gen_ai.request.model': 'gemini-2.5-flash',
      'gcp.vertex.agent.llm_request': '{}',
      ...counts(1000, 600),
      'gen_ai.usage.reasoning.output_tokens': 280,
    },
    [1000, 600],
    thinkingCall,
  ],
  [
    'LangSmith: details as JSON',
    {
      'langsmith.span.kind': 'llm',
      'gen_ai.system': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      ...counts(1200, 80),
      'gen_ai.usage.input_token_details': '{"cache_read":1024,"audio":0}',
      'gen_ai.usage.output_token_details': '{"reasoning":64}',
    },
    [1200, 80],
    cachedCall,
    'openai',
  ],
  [
    'LangSmith with Anthropic: writes by how long they are kept',
    {
      'langsmith.span.kind': 'llm',
      'gen_ai.system': 'anthropic',
      'gen_ai.request.model': 'claude-sonnet-4-5',
      ...counts(5500, 100),
      'gen_ai.usage.input_token_details':
        '{"cache_read":2000,"cache_creation":0,"ephemeral_5m_input_tokens":500,"ephemeral_1h_input_tokens":0}',
    },
    [5500, 100],
    claudeCall,
    'anthropic',
  ],
  [
    "Langfuse for Python: OpenAI's usage as it came",
    {
      'langfuse.observation.type': 'generation',
      'langfuse.observation.model.name': 'gpt-4o-2024-08-06',
      'langfuse.observation.usage_details': JSON.stringify({
        prompt_tokens: 1200,
        completion_tokens: 80,
        prompt_tokens_details: { cached_tokens: 1024 },
        completion_tokens_details: { reasoning_tokens: 64 },
      }),
    },
    [1200, 80],
    cachedCall,
  ],
  [
    "Langfuse for Python: the Responses API's usage as it came",
    {
      'langfuse.observation.type': 'generation',
      'langfuse.observation.model.name': 'gpt-4o-2024-08-06',
      'langfuse.observation.usage_details': JSON.stringify({
        input_tokens: 1200,
        output_tokens: 80,
        input_tokens_details: { cached_tokens: 1024 },
        output_tokens_details: { reasoning_tokens: 64 },
      }),
    },
    [1200, 80],
    cachedCall,
  ],
  [
    'MLflow: JSON in everything',
    {
      'mlflow.spanType': '"CHAT_MODEL"',
      'mlflow.llm.model': '"gpt-4o"',
      'mlflow.llm.provider': '"openai"',
      'mlflow.chat.tokenUsage': '{"input_tokens":1200,"output_tokens":80,"cache_read_input_tokens":1024}',
    },
    [1200, 80],
    cachedCall,
    'openai',
  ],
  [
    'Pydantic AI: what the provider calls its details',
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.system': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      ...counts(1200, 80),
      'gen_ai.usage.details.cached_tokens': 1024,
    },
    [1200, 80],
    cachedCall,
    'openai',
  ],
  [
    'LiveKit: the host as provider',
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'api.openai.com',
      'gen_ai.request.model': 'gpt-4o',
      ...counts(1200, 80),
      'gen_ai.usage.input_cached_tokens': 1024,
    },
    [1200, 80],
    cachedCall,
    'openai',
  ],
  [
    "Azure's name of conventions 1.28 to 1.36",
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.system': 'az.ai.openai',
      'gen_ai.request.model': 'gpt-4o',
      ...counts(1200, 80),
      'gen_ai.usage.cache_read.input_tokens': 1024,
    },
    [1200, 80],
    cachedCall,
    'azure.ai.openai',
  ],
];

test('usage is read and priced alike, whoever wrote it', () => {
  const book = createPriceBook();
  const inputs = cases.map(([, attributes]) => ({ name: 'call', attributes }));
  const derived = inputs.map(derive);
  const read = derived.map((call, index) => [
    cases[index]?.[0],
    [call.operation, call.input_tokens, call.output_tokens],
    book
      .priceOf({
        provider: call.provider,
        model: call.model,
        timeMs: Date.UTC(2026, 10, 1),
        inputTokens: call.input_tokens,
        outputTokens: call.output_tokens,
        cacheReadTokens: call.cache_read_tokens,
        cacheWriteTokens: call.cache_write_tokens,
        reasoningTokens: call.reasoning_tokens,
        serviceTier: call.service_tier,
      })
      ?.usd.toFixed(9),
    cases[index]?.[4] === undefined ? undefined : call.provider,
  ]);
  expect(read).toEqual(
    cases.map(([name, , tokens, usd, provider]) => [name, ['llm', ...tokens], usd.toFixed(9), provider]),
  );
});

test('what a sender says it cost is found in JSON too', () => {
  const inputs = [
    { 'mlflow.spanType': '"LLM"', 'mlflow.llm.cost': '{"input_cost":0.001,"total_cost":0.0018}' },
    aiSdk('gateway', 'x/y', {}, { gateway: { cost: '0.0018' } }),
    aiSdk('openrouter.chat', 'x/y', {}, { openrouter: { usage: { cost: 0.0018 } } }),
  ].map((attributes) => ({ name: 'call', attributes }));
  expect(inputs.map((input) => derive(input).cost_usd)).toEqual([0.0018, 0.0018, 0.0018]);
});

test('what a call cost is the sum of its parts where Langfuse is told no total', () => {
  const cases: readonly (readonly [details: string, usd: number | null])[] = [
    ['{"input":0.001,"output":0.002}', 0.003],
    [
      '{"input":0.001,"input_cached_tokens":0.0001,"output":0.002,"output_reasoning_tokens":0.004,"something_else_that_is_long_enough_to_be_cut":0.0009,"and_another_such_part_of_it_that_somebody_may_think_of":0,"and_another_such_part_of_what_it_cost_altogether_in_dollars":0}',
      0.008,
    ],
    ['{"input":0.001,"output":0.002,"total":0.5}', 0.5],
    ['{"input":0,"output":0}', 0],
    ['{"input":1e-7}', 1e-7],
    // What cannot be added up is not guessed.
    ['{"input":0.001,"output":"unknown"}', null],
    ['{"input":0.001,"output":null}', null],
    ['{"input":0.001,"output":-0.002}', null],
    ['{"input":0.001,"total":-1}', null],
    ['{"input":900000,"output":900000}', null],
    ['{}', null],
    ['[0.001]', null],
    ['0.001', null],
    ['{"input":0.001', null],
  ];
  const inputs = cases.map(([details]) => ({
    name: 'call',
    attributes: {
      'langfuse.observation.type': 'generation',
      'langfuse.observation.cost_details': details,
    },
  }));
  const costs = inputs.map((input) => derive(input).cost_usd);
  expect(costs.map((usd) => (usd === null ? null : Number(usd.toPrecision(12))))).toEqual(
    cases.map(([, usd]) => usd),
  );
});

test('the span around calls keeps its own counts: it has the metadata of the last call', () => {
  const around = {
    name: 'ai.generateText',
    attributes: {
      'ai.operationId': 'ai.generateText',
      'ai.usage.inputTokens': 11_000,
      'ai.response.providerMetadata': JSON.stringify({ anthropic: { usage: anthropicUsage } }),
    },
  };
  expect(derive(around).input_tokens).toBe(11_000);
});

test("LiveKit's turn is of an agent, its session of a room and a participant", () => {
  const read = (attributes: Attributes) => derive({ name: 'agent_turn', attributes });
  expect(read({ 'lk.generation_id': 'speech_1', 'lk.agent_name': 'concierge' })).toMatchObject({
    operation: 'agent',
    agent_name: 'concierge',
  });
  expect(
    read({ 'lk.session_options': '{}', 'lk.pii.room_name': 'room-7', 'lk.pii.participant_identity': 'ann' }),
  ).toMatchObject({ operation: 'workflow', session_id: 'room-7', user_id: 'ann' });
  expect(read({ 'lk.generation_id': 'speech_1', 'gen_ai.request.model': 'gpt-4o' }).operation).toBe('llm');
});

test('MLflow names a tool and an agent by the name of the span', () => {
  const named = (type: string) => derive({ name: 'lookup', attributes: { 'mlflow.spanType': type } });
  expect(named('"TOOL"')).toMatchObject({ operation: 'tool', tool_name: 'lookup' });
  expect(named('"AGENT"')).toMatchObject({ operation: 'agent', agent_name: 'lookup' });
});
