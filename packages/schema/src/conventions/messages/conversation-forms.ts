import {
  isPresent,
  isRecord,
  type JsonRecord,
  langwatchValue,
  list,
  pick,
  structured,
  text,
  unquoted,
} from './json.ts';
import { unflatten } from './indexed.ts';
import type { Message, MessagePart, MessageSource } from './message.ts';
import { type DefaultRole, normalFinishReason, normalMessages } from './normal-message.ts';
import { normalParts, toolCallParts } from './normal-part.ts';

/** One way to write down a conversation on a span. Both give [] where the span does not use it. */
export interface ConversationForm {
  readonly name: string;
  readonly input: (attributes: JsonRecord, source: MessageSource) => readonly Message[];
  readonly output: (attributes: JsonRecord, source: MessageSource) => readonly Message[];
}

/** In order of precedence: what is made for messages first, what holds any input and output last. */
export const conversationForms: readonly ConversationForm[] = [
  {
    name: 'gen_ai messages',
    input: (a) => normalMessages(a['gen_ai.input.messages'] ?? mastra(a, 'input'), 'user'),
    output: (a) => withReasons(withCalls(normalMessages(a['gen_ai.output.messages'], 'assistant'), a), a),
  },
  // Before OpenInference, whose processor for it repeats half of this.
  { name: 'ai sdk', input: aiSdkInput, output: aiSdkOutput },
  {
    name: 'langchain values',
    input: (a) => langchainValue(a['input.value'], 'messages', 'user'),
    output: (a) => langchainValue(a['output.value'], 'generations', 'assistant'),
  },
  {
    name: 'openinference messages',
    input: (a) => payload(unflatten(a, 'llm.input_messages'), 'user'),
    output: (a) =>
      withFinish(payload(unflatten(a, 'llm.output_messages'), 'assistant'), a['llm.finish_reason']),
  },
  {
    name: 'openinference texts',
    input: (a) => indexedTexts(a, 'llm.prompts', 'prompt', 'user'),
    output: (a) => indexedTexts(a, 'llm.choices', 'completion', 'assistant'),
  },
  {
    name: 'gen_ai indexed',
    input: (a) => payload(unflatten(a, 'gen_ai.prompt'), 'user'),
    output: (a) => payload(unflatten(a, 'gen_ai.completion'), 'assistant'),
  },
  {
    name: 'sentry',
    input: (a) =>
      withSystem(
        a['gen_ai.request.system'],
        normalMessages(pick(a, 'gen_ai.request.messages', 'gen_ai.embeddings.input'), 'user'),
      ),
    output: (a) => withReasons(sentryAnswer(a), a),
  },
  {
    name: 'langsmith',
    input: (a) => normalMessages(a['gen_ai.prompt'], 'user'),
    output: (a) => normalMessages(a['gen_ai.completion'], 'assistant'),
  },
  {
    name: 'pydantic ai',
    input: (a) => allMessages(a).input,
    output: (a) => allMessages(a).output,
  },
  {
    name: 'logfire',
    input: (a) => unlessEmpty(a['request_data'], 'user'),
    output: (a) => logfireAnswer(structured(a['response_data'])),
  },
  {
    name: 'google adk',
    input: (a) => unlessEmpty(a['gcp.vertex.agent.llm_request'], 'user'),
    output: (a) => unlessEmpty(a['gcp.vertex.agent.llm_response'], 'assistant'),
  },
  {
    name: 'livekit',
    input: (a) =>
      normalMessages(pickLiveKit(a, 'chat_ctx', 'input_text', 'user_transcript', 'user_input'), 'user'),
    output: (a) =>
      answer(
        pickLiveKit(a, 'response.text', 'output_text'),
        pickLiveKit(a, 'response.function_calls'),
        undefined,
      ),
  },
  { name: 'mastra', input: (a) => normalMessages(mastra(a, 'input'), 'user'), output: mastraAnswer },
  { name: 'genkit', input: genkitInput, output: (a) => normalMessages(a['genkit:output'], 'assistant') },
  {
    name: 'voltagent',
    input: (a) => (isVoltAgent(a) ? normalMessages(pick(a, 'agent.messages', 'input'), 'user') : []),
    output: (a) => (isVoltAgent(a) ? normalMessages(a['output'], 'assistant') : []),
  },
  {
    name: 'langwatch',
    input: (a) => normalMessages(langwatchValue(a['langwatch.input']), 'user'),
    output: (a) => normalMessages(langwatchValue(a['langwatch.output']), 'assistant'),
  },
  {
    name: 'langfuse',
    input: (a) => normalMessages(pick(a, 'langfuse.observation.input', 'langfuse.trace.input'), 'user'),
    output: (a) =>
      normalMessages(pick(a, 'langfuse.observation.output', 'langfuse.trace.output'), 'assistant'),
  },
  {
    name: 'mlflow',
    input: (a) => normalMessages(pick(a, 'mlflow.chat.messages', 'mlflow.spanInputs'), 'user'),
    output: (a) => normalMessages(a['mlflow.spanOutputs'], 'assistant'),
  },
  {
    name: 'claude code',
    input: (a) => normalMessages(pick(a, 'user_prompt', 'new_context'), 'user'),
    output: (a) => normalMessages(pick(a, 'response.model_output', 'assistant_response'), 'assistant'),
  },
  {
    name: 'openinference values',
    input: (a) => normalMessages(a['input.value'], 'user'),
    output: (a) => normalMessages(a['output.value'], 'assistant'),
  },
  {
    name: 'traceloop entity',
    input: (a) =>
      isCallWithoutArguments(a) ? [] : normalMessages(onlyText(a['traceloop.entity.input']), 'user'),
    output: (a) => normalMessages(a['traceloop.entity.output'], 'assistant'),
  },
];

/**
 * OpenInference for JavaScript keeps of LangChain's messages neither the ids of calls nor what is said in parts, but beside them the messages as LangChain writes
 * them. For Python it keeps both; there JSON has spaces.
 */
function langchainValue(value: unknown, key: string, role: DefaultRole): readonly Message[] {
  const isWritten =
    typeof value === 'string' && value.startsWith(`{"${key}":[[{`) && value.includes('"lc":1,');
  return isWritten ? normalMessages(value, role) : [];
}

/** What a function was called with, where that is one text. */
function onlyText(value: unknown): unknown {
  const call = structured(value);
  if (!isRecord(call) || !Array.isArray(call['args']) || !isRecord(call['kwargs'])) return value;
  const [text, ...others] = [...call['args'], ...Object.values(call['kwargs'])];
  return typeof text === 'string' && others.length === 0 ? text : value;
}

function payload(value: unknown, role: DefaultRole): readonly Message[] {
  return value === undefined ? [] : normalMessages(value, role);
}

/** Some write the instructions beside the messages and again as the first of them. */
export function withSystem(instructions: unknown, messages: readonly Message[]): readonly Message[] {
  const value = unquoted(structured(instructions));
  const parts = normalParts(isRecord(value) && Array.isArray(value['parts']) ? value['parts'] : value);
  const [first] = messages;
  const isRepeated = first?.role === 'system' && JSON.stringify(first.parts) === JSON.stringify(parts);
  return parts.length === 0 || isRepeated ? messages : [{ role: 'system', parts }, ...messages];
}

function withFinish(messages: readonly Message[], reason: unknown): readonly Message[] {
  const finishReason = normalFinishReason(reason);
  if (finishReason === undefined) return messages;
  return messages.map((message) =>
    message.finishReason === undefined ? { ...message, finishReason } : message,
  );
}

function indexedTexts(a: JsonRecord, prefix: string, inner: string, role: DefaultRole): readonly Message[] {
  return list(unflatten(a, prefix)).flatMap((each): readonly Message[] => {
    const held = isRecord(each) ? each[inner] : undefined;
    const value = isRecord(held) ? held['text'] : undefined;
    return normalParts(value).length > 0 ? [{ role, parts: normalParts(value) }] : [];
  });
}

function aiSdkInput(a: JsonRecord): readonly Message[] {
  const messages = normalMessages(a['ai.prompt.messages'], 'user');
  if (messages.length > 0) return messages;
  const values = list(structured(a['ai.values'])).map(unquoted);
  return normalMessages(values.length > 0 ? values : pick(a, 'ai.prompt', 'ai.value'), 'user');
}

function aiSdkOutput(a: JsonRecord): readonly Message[] {
  const words = pick(a, 'ai.response.text', 'ai.result.text', 'ai.response.object', 'ai.result.object');
  const calls = pick(a, 'ai.response.toolCalls', 'ai.result.toolCalls');
  const files = normalParts(structured(a['ai.response.files']));
  const reason = pick(a, 'ai.response.finishReason', 'ai.finishReason');
  const said = answer(words, calls, a['ai.response.reasoning'], files);
  return withFinish(said, said.length > 0 ? reason : undefined);
}

/** What the attribute says of the answers, where they do not say it themselves. */
function withReasons(messages: readonly Message[], a: JsonRecord): readonly Message[] {
  const given = structured(a['gen_ai.response.finish_reasons']);
  const reasons = Array.isArray(given) ? given : [given];
  const isOfEach = reasons.length === messages.length;
  return messages.map((message, index) => {
    const reason = isOfEach ? reasons[index] : index === messages.length - 1 ? reasons.at(-1) : undefined;
    return withFinish([message], reason)[0] ?? message;
  });
}

/** LiteLLM leaves calls of tools out of the answer, and writes each down beside it. */
function withCalls(messages: readonly Message[], a: JsonRecord): readonly Message[] {
  const [only] = messages;
  if (only === undefined || messages.length > 1 || only.parts.length > 0) return messages;
  const calls = list(unflatten(a, 'gen_ai.completion')).map((each) =>
    isRecord(each) ? each['function_call'] : undefined,
  );
  return [{ ...only, parts: toolCallParts(calls.filter(isRecord)) }];
}

/** An answer whose pieces stand in attributes of their own. */
function answer(
  words: unknown,
  calls: unknown,
  reasoning: unknown,
  more: readonly MessagePart[] = [],
): readonly Message[] {
  const spoken = structured(words);
  const parts: MessagePart[] = [
    ...(isPresent(reasoning)
      ? [{ type: 'reasoning' as const, text: text(reasoning) ?? JSON.stringify(reasoning) }]
      : []),
    ...(typeof words === 'string' && !isTexts(spoken) ? normalParts(words) : normalParts(spoken)),
    ...(isPresent(calls) ? callParts(calls) : []),
    ...more,
  ];
  return parts.length > 0 ? [{ role: 'assistant', parts }] : [];
}

/** Sentry writes a list of texts as JSON. */
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string');

function callParts(calls: unknown): readonly MessagePart[] {
  const value = structured(calls);
  if (!Array.isArray(value)) return [{ type: 'raw', value }];
  return value.map(structured).flatMap((each) => {
    const type = isRecord(each) ? each['type'] : undefined;
    // Sentry has all that a stream of the Responses API brought among the calls; what was said stands beside them.
    if (type === 'message') return [];
    return type === 'reasoning' ? normalParts(each) : toolCallParts([each]);
  });
}

/** A decorated function was called with nothing: nothing was said. */
const isCallWithoutArguments = (a: JsonRecord): boolean =>
  a['traceloop.entity.input'] === '{"args": [], "kwargs": {}}';

/** Of a graph's run Sentry has the whole conversation where others have the text. */
function sentryAnswer(a: JsonRecord): readonly Message[] {
  const words = a['gen_ai.response.text'];
  const value = structured(words);
  const isConversation = Array.isArray(value) && value.some((each) => isRecord(each) && 'role' in each);
  return isConversation
    ? normalMessages(value, 'assistant')
    : answer(words, a['gen_ai.response.tool_calls'], undefined);
}

/** Mastra names what goes in and comes out after the kind of span. */
function mastra(a: JsonRecord, of: 'input' | 'output'): unknown {
  const type = text(a['mastra.span.type']);
  return type === undefined ? undefined : a[`mastra.${type}.${of}`];
}

function mastraAnswer(a: JsonRecord): readonly Message[] {
  const given = structured(mastra(a, 'output'));
  if (!isRecord(given) || typeof given['text'] !== 'string') return normalMessages(given, 'assistant');
  const calls = list(given['toolCalls']);
  return answer(
    given['text'],
    calls.length > 0 ? calls : undefined,
    text(given['reasoningText']),
    normalParts(given['files']),
  );
}

/** Besides messages: documents to embed, and the query of a retriever. */
function genkitInput(a: JsonRecord): readonly Message[] {
  const given = structured(a['genkit:input']);
  const asked = isRecord(given) ? (given['query'] ?? given['input']) : undefined;
  const documents = [asked].flat().filter(isRecord);
  return documents.length > 0
    ? documents.map(({ content }) => ({ role: 'user', parts: normalParts(content) }))
    : unlessEmpty(given, 'user');
}

/** Its calls of models have only what goes in. */
const isVoltAgent = (a: JsonRecord): boolean => a['voltagent.operation_id'] !== undefined;

/** Pydantic AI keeps the whole run in one list; what the model said last is the answer. */
function allMessages(a: JsonRecord): { input: readonly Message[]; output: readonly Message[] } {
  const all = normalMessages(
    pick(a, 'pydantic_ai.all_messages', 'all_messages_events', 'pydantic_ai.all_messages_events'),
    'user',
  );
  const last = all.at(-1);
  if (last?.role === 'assistant') return { input: all.slice(0, -1), output: [last] };
  return { input: all, output: all.length > 0 ? normalMessages(a['final_result'], 'assistant') : [] };
}

/** What may name a person has another prefix since 2026. */
function pickLiveKit(a: JsonRecord, ...names: readonly string[]): unknown {
  return pick(a, ...names.flatMap((name) => [`lk.pii.${name}`, `lk.${name}`]));
}

/** Beside the answer there are usage and sizes. */
function logfireAnswer(data: unknown): readonly Message[] {
  if (!isRecord(data)) return [];
  return normalMessages(pick(data, 'message', 'combined_chunk_content', 'text'), 'assistant');
}

/** Google ADK writes `{}` on tool spans. */
function unlessEmpty(value: unknown, role: DefaultRole): readonly Message[] {
  const held = structured(value);
  return isRecord(held) && Object.keys(held).length === 0 ? [] : normalMessages(held, role);
}
