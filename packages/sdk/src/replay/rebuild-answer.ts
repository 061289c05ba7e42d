/**
 * A provider's answer rebuilt from the messages on a span, for runs recorded without response bodies: OpenAI's Chat and Responses,
 * Anthropic, Gemini; as JSON or as server-sent events.
 */
import { isRecord } from '../core/json-value.ts';
import { parseJson } from './exchange.ts';
import type { RecordedNode } from './recorded-tree.ts';

export interface RebuiltAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Form {
  readonly path: RegExp;
  readonly json: (call: RecordedAnswer) => unknown;
  /** Events as `[event name or undefined, data]`. */
  readonly events: (call: RecordedAnswer) => readonly (readonly [string | undefined, unknown])[];
}

interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
}

interface RecordedAnswer {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly ToolCall[];
  readonly finish: string | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly createdSeconds: number;
}

/** Whether requests to this path are calls of a model whose answer can be rebuilt. */
export function isModelPath(path: string): boolean {
  return forms.some((form) => form.path.test(path));
}

/** Undefined when the span holds no whole answer, or the path belongs to no provider known here. */
export function rebuildAnswer(node: RecordedNode, path: string, request: string): RebuiltAnswer | undefined {
  const form = forms.find((each) => each.path.test(path));
  const answer = recordedAnswer(node);
  if (form === undefined || answer === undefined) return undefined;
  const asked = parseJson(request);
  const streams = path.includes(':stream') || (isRecord(asked) && asked['stream'] === true);
  if (!streams)
    return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(form.json(answer)) };
  const body = form
    .events(answer)
    .map(([name, data]) => {
      const text = typeof data === 'string' ? data : JSON.stringify(data);
      return `${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`;
    })
    .join('');
  return { headers: { 'content-type': 'text/event-stream' }, body };
}

export function errorBody(node: RecordedNode, status: number): RebuiltAnswer {
  const message = node.span.message.replace(new RegExp(`^${status} `), '') || `HTTP ${status}`;
  return {
    headers: { 'content-type': 'application/json', 'retry-after-ms': '1' },
    body: JSON.stringify({ type: 'error', error: { type: 'recorded_error', code: status, message } }),
  };
}

function recordedAnswer({ span }: RecordedNode): RecordedAnswer | undefined {
  const { attributes } = span;
  const text = attributes['gen_ai.output.messages'];
  const messages = typeof text === 'string' ? parseJson(text) : text;
  if (!Array.isArray(messages)) return undefined;
  const parts = messages.filter(isRecord).flatMap((message) => partsOf(message));
  const content = (type: string) =>
    parts
      .filter((part) => part['type'] === type)
      .map((part) => (typeof part['content'] === 'string' ? part['content'] : ''))
      .join('');
  const number = (name: string) => (typeof attributes[name] === 'number' ? attributes[name] : 0);
  const reasons = attributes['gen_ai.response.finish_reasons'];
  const [first] = messages.filter(isRecord);
  const finish: unknown = (Array.isArray(reasons) ? reasons[0] : undefined) ?? first?.['finish_reason'];
  return {
    id: asText(attributes['gen_ai.response.id']) ?? `replayed-${span.spanId}`,
    model:
      asText(attributes['gen_ai.response.model']) ?? asText(attributes['gen_ai.request.model']) ?? 'unknown',
    text: content('text'),
    reasoning: content('reasoning'),
    calls: parts
      .filter((part) => part['type'] === 'tool_call')
      .map((part, at) => ({
        id: asText(part['id']) ?? `call_${at}`,
        name: asText(part['name']) ?? '',
        arguments: part['arguments'],
      })),
    finish: typeof finish === 'string' ? finish.toLowerCase() : undefined,
    inputTokens: number('gen_ai.usage.input_tokens'),
    outputTokens: number('gen_ai.usage.output_tokens'),
    reasoningTokens: number('gen_ai.usage.reasoning.output_tokens'),
    cacheReadTokens: number('gen_ai.usage.cache_read.input_tokens'),
    cacheWriteTokens: number('gen_ai.usage.cache_write.input_tokens'),
    createdSeconds: Math.floor(span.startMs / 1000),
  };
}

/** The convention's parts; messages of older dialects have `content` alone. */
function partsOf(message: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>[] {
  if (Array.isArray(message['parts'])) return message['parts'].filter(isRecord);
  return typeof message['content'] === 'string' ? [{ type: 'text', content: message['content'] }] : [];
}

const asText = (value: unknown) => (typeof value === 'string' ? value : undefined);
const asJsonText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value ?? {}));
const asObject = (value: unknown) => (typeof value === 'string' ? (parseJson(value) ?? {}) : (value ?? {}));

const hasCalls = (answer: RecordedAnswer) => answer.calls.length > 0;
const wasCut = (answer: RecordedAnswer) => /length|max_tokens|max_output/.test(answer.finish ?? '');

const chatFinish = (answer: RecordedAnswer) =>
  wasCut(answer)
    ? 'length'
    : hasCalls(answer)
      ? 'tool_calls'
      : /filter/.test(answer.finish ?? '')
        ? 'content_filter'
        : 'stop';

const chatUsage = (answer: RecordedAnswer) => ({
  prompt_tokens: answer.inputTokens,
  completion_tokens: answer.outputTokens,
  total_tokens: answer.inputTokens + answer.outputTokens,
  prompt_tokens_details: { cached_tokens: answer.cacheReadTokens },
  completion_tokens_details: { reasoning_tokens: answer.reasoningTokens },
});

const chatCalls = (answer: RecordedAnswer) =>
  answer.calls.map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: asJsonText(call.arguments) },
  }));

const chat: Form = {
  path: /\/chat\/completions$/,
  json: (answer) => ({
    id: answer.id,
    object: 'chat.completion',
    created: answer.createdSeconds,
    model: answer.model,
    choices: [
      {
        index: 0,
        finish_reason: chatFinish(answer),
        logprobs: null,
        message: {
          role: 'assistant',
          content: answer.text === '' && hasCalls(answer) ? null : answer.text,
          refusal: null,
          ...(hasCalls(answer) ? { tool_calls: chatCalls(answer) } : {}),
        },
      },
    ],
    usage: chatUsage(answer),
  }),
  events: (answer) => {
    const chunk = (choices: readonly unknown[], more: object = {}) =>
      [
        undefined,
        {
          id: answer.id,
          object: 'chat.completion.chunk',
          created: answer.createdSeconds,
          model: answer.model,
          choices,
          ...more,
        },
      ] as const;
    const delta = (value: object, finish: string | null = null) =>
      chunk([{ index: 0, delta: value, finish_reason: finish }]);
    return [
      delta({ role: 'assistant', content: '' }),
      ...(answer.text === '' ? [] : [delta({ content: answer.text })]),
      ...chatCalls(answer).map((call, index) => delta({ tool_calls: [{ index, ...call }] })),
      delta({}, chatFinish(answer)),
      chunk([], { usage: chatUsage(answer) }),
      [undefined, '[DONE]'],
    ];
  },
};

function responseItems(answer: RecordedAnswer): Record<string, unknown>[] {
  return [
    ...(answer.text === '' && hasCalls(answer)
      ? []
      : [
          {
            id: `msg_${answer.id}`,
            type: 'message',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: answer.text, annotations: [] }],
          },
        ]),
    ...answer.calls.map((call) => ({
      id: `fc_${call.id}`,
      type: 'function_call',
      status: 'completed',
      call_id: call.id,
      name: call.name,
      arguments: asJsonText(call.arguments),
    })),
  ];
}

const responseDocument = (answer: RecordedAnswer) => ({
  id: answer.id,
  object: 'response',
  created_at: answer.createdSeconds,
  status: wasCut(answer) ? 'incomplete' : 'completed',
  incomplete_details: wasCut(answer) ? { reason: 'max_output_tokens' } : null,
  error: null,
  model: answer.model,
  output: responseItems(answer),
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [],
  usage: {
    input_tokens: answer.inputTokens,
    input_tokens_details: { cached_tokens: answer.cacheReadTokens },
    output_tokens: answer.outputTokens,
    output_tokens_details: { reasoning_tokens: answer.reasoningTokens },
    total_tokens: answer.inputTokens + answer.outputTokens,
  },
});

const responses: Form = {
  path: /\/responses$/,
  json: responseDocument,
  events: (answer) => {
    const whole = responseDocument(answer);
    const events: object[] = [
      { type: 'response.created', response: { ...whole, status: 'in_progress', output: [], usage: null } },
    ];
    for (const [index, item] of whole.output.entries()) {
      const id = item['id'];
      const at = { item_id: id, output_index: index };
      if (item['type'] === 'message') {
        const part = { type: 'output_text', text: answer.text, annotations: [] };
        events.push(
          {
            type: 'response.output_item.added',
            output_index: index,
            item: { ...item, status: 'in_progress', content: [] },
          },
          { type: 'response.content_part.added', ...at, content_index: 0, part: { ...part, text: '' } },
          { type: 'response.output_text.delta', ...at, content_index: 0, delta: answer.text, logprobs: [] },
          { type: 'response.output_text.done', ...at, content_index: 0, text: answer.text, logprobs: [] },
          { type: 'response.content_part.done', ...at, content_index: 0, part },
        );
      } else
        events.push(
          {
            type: 'response.output_item.added',
            output_index: index,
            item: { ...item, status: 'in_progress', arguments: '' },
          },
          { type: 'response.function_call_arguments.delta', ...at, delta: item['arguments'] },
          {
            type: 'response.function_call_arguments.done',
            ...at,
            name: item['name'],
            arguments: item['arguments'],
          },
        );
      events.push({ type: 'response.output_item.done', output_index: index, item });
    }
    events.push({ type: wasCut(answer) ? 'response.incomplete' : 'response.completed', response: whole });
    return events.map((event, sequence) => [
      (event as { type: string }).type,
      { ...event, sequence_number: sequence },
    ]);
  },
};

const anthropicStop = (answer: RecordedAnswer) =>
  wasCut(answer)
    ? 'max_tokens'
    : hasCalls(answer)
      ? 'tool_use'
      : ['stop_sequence', 'refusal', 'pause_turn'].includes(answer.finish ?? '')
        ? answer.finish
        : 'end_turn';

const anthropicUsage = (answer: RecordedAnswer) => ({
  // The convention counts cached tokens inside the input; Anthropic beside it.
  input_tokens: Math.max(answer.inputTokens - answer.cacheReadTokens - answer.cacheWriteTokens, 0),
  output_tokens: answer.outputTokens,
  cache_read_input_tokens: answer.cacheReadTokens,
  cache_creation_input_tokens: answer.cacheWriteTokens,
});

const anthropicBlocks = (answer: RecordedAnswer): Record<string, unknown>[] => [
  ...(answer.reasoning === '' ? [] : [{ type: 'thinking', thinking: answer.reasoning, signature: '' }]),
  ...(answer.text === '' ? [] : [{ type: 'text', text: answer.text }]),
  ...answer.calls.map((call) => ({
    type: 'tool_use',
    id: call.id,
    name: call.name,
    input: asObject(call.arguments),
  })),
];

const anthropicMessage = (answer: RecordedAnswer) => ({
  id: answer.id,
  type: 'message',
  role: 'assistant',
  model: answer.model,
  content: anthropicBlocks(answer),
  stop_reason: anthropicStop(answer),
  stop_sequence: null,
  usage: anthropicUsage(answer),
});

const anthropic: Form = {
  path: /\/messages$/,
  json: anthropicMessage,
  events: (answer) => {
    const events: object[] = [
      {
        type: 'message_start',
        message: {
          ...anthropicMessage(answer),
          content: [],
          stop_reason: null,
          usage: { ...anthropicUsage(answer), output_tokens: 1 },
        },
      },
    ];
    for (const [index, block] of anthropicBlocks(answer).entries()) {
      const [empty, delta] =
        block['type'] === 'text'
          ? [
              { ...block, text: '' },
              { type: 'text_delta', text: block['text'] },
            ]
          : block['type'] === 'thinking'
            ? [
                { ...block, thinking: '' },
                { type: 'thinking_delta', thinking: block['thinking'] },
              ]
            : [
                { ...block, input: {} },
                { type: 'input_json_delta', partial_json: JSON.stringify(block['input']) },
              ];
      events.push(
        { type: 'content_block_start', index, content_block: empty },
        { type: 'content_block_delta', index, delta },
        { type: 'content_block_stop', index },
      );
    }
    events.push(
      {
        type: 'message_delta',
        delta: { stop_reason: anthropicStop(answer), stop_sequence: null },
        usage: { output_tokens: answer.outputTokens },
      },
      { type: 'message_stop' },
    );
    return events.map((event) => [(event as { type: string }).type, event]);
  },
};

const geminiDocument = (answer: RecordedAnswer) => ({
  responseId: answer.id,
  modelVersion: answer.model,
  candidates: [
    {
      index: 0,
      content: {
        role: 'model',
        parts: [
          ...(answer.reasoning === '' ? [] : [{ text: answer.reasoning, thought: true }]),
          ...(answer.text === '' ? [] : [{ text: answer.text }]),
          ...answer.calls.map((call) => ({
            functionCall: { name: call.name, args: asObject(call.arguments) },
          })),
        ],
      },
      finishReason: wasCut(answer) ? 'MAX_TOKENS' : (answer.finish ?? 'stop').toUpperCase(),
    },
  ],
  usageMetadata: {
    promptTokenCount: answer.inputTokens,
    candidatesTokenCount: answer.outputTokens - answer.reasoningTokens,
    thoughtsTokenCount: answer.reasoningTokens,
    cachedContentTokenCount: answer.cacheReadTokens,
    totalTokenCount: answer.inputTokens + answer.outputTokens,
  },
});

const gemini: Form = {
  path: /:(generateContent|streamGenerateContent)$/,
  json: geminiDocument,
  events: (answer) => [[undefined, geminiDocument(answer)]],
};

const forms: readonly Form[] = [chat, responses, anthropic, gemini];
