import { ownValue } from '@sightline/base';
import {
  isCutText,
  isPresent,
  isRecord,
  type JsonRecord,
  list,
  pick,
  structured,
  structuredBeginning,
  text,
  unquoted,
} from './json.ts';
import type { Message, MessagePart } from './message.ts';
import { normalParts, toolCallParts } from './normal-part.ts';

/** Who speaks where the payload does not say. */
export type DefaultRole = 'user' | 'assistant';

/**
 * Messages from any payload: a message, a list of them, a request or response of a provider or framework, JSON text of
 * one of these, or plain text. What is not recognised becomes one message with a raw part.
 */
export function normalMessages(payload: unknown, role: DefaultRole): readonly Message[] {
  const value = unquoted(structured(payload));
  if (!isPresent(value)) return [];
  if (typeof value === 'string')
    return isCutText(value) ? cutMessages(value, role) : [plainMessage(role, value)];
  return findMessages(value, role, 0) ?? [{ role, parts: [{ type: 'raw', value }] }];
}

/** What is left of a payload of which only the beginning was kept. */
function cutMessages(text: string, role: DefaultRole): readonly Message[] {
  const value = structuredBeginning(text);
  const messages = isRecord(value) || Array.isArray(value) ? findMessages(value, role, 0) : undefined;
  const found = messages ?? [plainMessage(role, text)];
  return found.map((message, index) =>
    index === found.length - 1 ? { ...message, isCut: true as const } : message,
  );
}

/** Text as a message; JSON that does not parse stays as it is, marked raw. */
function plainMessage(role: DefaultRole, value: string): Message {
  const broken = /^\s*(\[\s*[[{"\]]|\{\s*["}])/.test(value);
  return { role, parts: [broken ? { type: 'raw', value } : { type: 'text', text: value }] };
}

/** Requests and responses hold their messages under one of these, tried in order. */
const holders: readonly { readonly key: string; readonly role?: DefaultRole }[] = [
  { key: 'messages' },
  { key: 'contents' },
  // Texts that Gemini's API is to embed, each with the model beside it.
  { key: 'requests' },
  { key: 'choices', role: 'assistant' },
  { key: 'candidates', role: 'assistant' },
  { key: 'generations', role: 'assistant' },
  { key: 'output', role: 'assistant' },
  { key: 'items' },
  { key: 'input' },
  { key: 'inputs' },
  { key: 'message' },
  { key: 'prompt' },
  { key: 'response', role: 'assistant' },
  // OpenLLMetry's LangChain; a step of a graph gives back what it changes.
  { key: 'outputs', role: 'assistant' },
  { key: 'update', role: 'assistant' },
];

const depthMax = 6;

function findMessages(value: unknown, role: DefaultRole, depth: number): readonly Message[] | undefined {
  if (depth > depthMax) return undefined;
  if (Array.isArray(value)) return fromList(value, role, depth);
  if (!isRecord(value)) return undefined;
  if (isToolDefinition(value)) return [];
  const message = normalMessage(value, role);
  if (message !== undefined) return [message];
  // LangChain's prompt values and documents.
  if (value['lc'] !== undefined && isRecord(value['kwargs']))
    return findMessages(value['kwargs'], role, depth + 1);
  for (const holder of holders) {
    const held = structured(value[holder.key]);
    if (typeof held === 'string' && held !== '') {
      return [...systemOf(value), { role: holder.role ?? role, parts: [{ type: 'text', text: held }] }];
    }
    const found =
      typeof held === 'object' && held !== null
        ? findMessages(held, holder.role ?? role, depth + 1)
        : undefined;
    if (found !== undefined && found.length > 0) return [...systemOf(value), ...found];
  }
  return undefined;
}

/** A list where every entry is a message, or none: a list with one odd entry keeps it as a raw part. */
function fromList(
  values: readonly unknown[],
  role: DefaultRole,
  depth: number,
): readonly Message[] | undefined {
  const read = values.map((each) => {
    const value = structured(each);
    if (typeof value === 'string') return [{ role, parts: [{ type: 'text' as const, text: value }] }];
    return pairOf(value) ?? findMessages(value, role, depth + 1);
  });
  if (!read.some((each) => each !== undefined)) {
    const parts = normalParts(values);
    return parts.some((part) => part.type !== 'raw') ? [{ role, parts }] : undefined;
  }
  return read.flatMap(
    (each, index) => each ?? [{ role, parts: [{ type: 'raw' as const, value: values[index] }] }],
  );
}

/** LangChain takes a role and what is said as a message. */
function pairOf(value: unknown): readonly Message[] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [role, said]: readonly unknown[] = value;
  if (typeof role !== 'string' || typeof said !== 'string' || !spokenRoles.has(role)) return undefined;
  return [{ role: ownValue(otherRoles, role) ?? role, parts: [{ type: 'text', text: said }] }];
}

/** Langfuse's handler for LangChain puts the tools that a model may call behind the messages, as if each had said something. */
function isToolDefinition(value: JsonRecord): boolean {
  const { role, content } = value;
  return (
    role === 'tool' && isRecord(content) && content['type'] === 'function' && isRecord(content['function'])
  );
}

/** The system prompt that Anthropic, Gemini, AI SDK and the Responses API keep beside the messages. */
function systemOf(request: JsonRecord): readonly Message[] {
  const config = isRecord(request['config']) ? request['config'] : undefined;
  const given =
    pick(request, 'system', 'systemInstruction', 'system_instruction', 'instructions') ??
    (config === undefined ? undefined : pick(config, 'systemInstruction', 'system_instruction'));
  const content = isRecord(given) && Array.isArray(given['parts']) ? given['parts'] : given;
  const parts = normalParts(content);
  return parts.length > 0 ? [{ role: 'system', parts }] : [];
}

/** One message, or undefined where `value` is none. */
export function normalMessage(given: JsonRecord, fallback: DefaultRole): Message | undefined {
  const value = unwrapped(given);
  const item = responsesItem(value);
  if (item !== undefined) return item;
  const role = roleOf(value);
  const content = pick(value, 'parts', 'contents', 'content', 'blocks');
  const calls = pick(value, 'tool_calls', 'toolCalls') ?? nestedCalls(value);
  if (role === undefined && !isAnswer(value, content, calls)) return undefined;
  const speaker = role ?? fallback;
  const called = toolCallParts(calls);
  const parts: MessagePart[] = [
    ...normalParts(pick(value, 'reasoning_content', 'reasoning')).map(asReasoning),
    ...(isToolResult(value, speaker, content)
      ? toolResult(value, content)
      : normalParts(structuredParts(content)).map((part) => wholeCall(part, called))),
    ...normalParts(value['refusal']),
    ...called.filter((call) => !isRepeated(call, content)),
    ...(hasEntries(value['function_call']) ? toolCallParts([value['function_call']]) : []),
    ...functionCall(value),
    ...(isRecord(value['audio']) ? normalParts({ type: 'audio', ...value['audio'] }) : []),
  ];
  const name = text(value['name']);
  const finishReason = finishReasonOf(value) ?? finishReasonOf(given);
  return {
    role: speaker,
    ...(name === undefined || speaker === 'tool' ? {} : { name }),
    parts,
    ...(finishReason === undefined ? {} : { finishReason }),
  };
}

/** A message in the `message` of OpenInference, of an OpenAI choice or a LangChain generation, or in LangChain's `kwargs`. */
function unwrapped(value: JsonRecord): JsonRecord {
  if (value['role'] !== undefined) return value;
  if (isRecord(value['message'])) {
    // OpenInference writes what AutoGen's tools gave back beside the message.
    const results = list(value['function']).map(structured).filter(isRecord);
    const content = results.map((result) => ({ ...result, type: 'tool_result' }));
    return content.length > 0 ? { ...value['message'], content } : unwrapped(value['message']);
  }
  if (value['lc'] !== undefined && isRecord(value['kwargs'])) {
    const type = list(value['id']).at(-1);
    return {
      ...value['kwargs'],
      ...(typeof type === 'string' ? { type: ownValue(classRoles, type) ?? type } : {}),
    };
  }
  if (isRecord(value['data']) && ownValue(langchainRoles, String(value['type'])) !== undefined) {
    return { ...value['data'], type: value['type'] };
  }
  // A Gemini candidate.
  if (isRecord(value['content']) && Array.isArray(value['content']['parts'])) {
    return { ...value['content'], finish_reason: pick(value, 'finishReason', 'finish_reason') };
  }
  return value;
}

const langchainRoles: Readonly<Record<string, string | undefined>> = {
  human: 'user',
  ai: 'assistant',
  system: 'system',
  tool: 'tool',
  function: 'tool',
  developer: 'system',
};
const classRoles: Readonly<Record<string, string | undefined>> = {
  HumanMessage: 'human',
  AIMessage: 'ai',
  AIMessageChunk: 'ai',
  SystemMessage: 'system',
  ToolMessage: 'tool',
  FunctionMessage: 'tool',
};
const otherRoles: Readonly<Record<string, string | undefined>> = {
  human: 'user',
  ai: 'assistant',
  model: 'assistant',
  developer: 'system',
  function: 'tool',
};

function roleOf(value: JsonRecord): string | undefined {
  const role = text(value['role']);
  if (role !== undefined)
    return isToolName(value) ? 'tool' : (ownValue(otherRoles, role.toLowerCase()) ?? role.toLowerCase());
  const eventRole = /^gen_ai\.(system|user|assistant|tool)\.message$/.exec(
    text(value['event.name']) ?? '',
  )?.[1];
  if (eventRole !== undefined) return eventRole;
  return 'content' in value ? ownValue(langchainRoles, String(value['type'])) : undefined;
}

/** Langfuse's handler for LangChain in JavaScript has the name of a tool where its answer has the role. */
function isToolName(value: JsonRecord): boolean {
  const role = text(value['role']);
  return isRecord(value['additional_kwargs']) && role !== undefined && !spokenRoles.has(role.toLowerCase());
}
const spokenRoles: ReadonlySet<string> = new Set([
  'system',
  'user',
  'assistant',
  'tool',
  ...Object.keys(langchainRoles),
  ...Object.keys(otherRoles),
]);

/** A message without a role, for example an answer that is only calls. */
function isAnswer(value: JsonRecord, content: unknown, calls: unknown): boolean {
  if (Array.isArray(calls) && calls.length > 0) return true;
  return Array.isArray(value['parts']) || (content !== undefined && finishReasonOf(value) !== undefined);
}

/** An item of OpenAI's Responses API that is not a message. */
function responsesItem(value: JsonRecord): Message | undefined {
  switch (value['type']) {
    case 'function_call':
    case 'custom_tool_call':
    case 'reasoning':
      if (value['role'] !== undefined) return undefined;
      return { role: 'assistant', parts: normalParts(value) };
    // What OpenAI ran itself.
    case 'mcp_call':
    case 'web_search_call':
    case 'file_search_call':
    case 'code_interpreter_call':
    case 'image_generation_call':
    case 'computer_call':
    case 'local_shell_call':
      return { role: 'assistant', parts: normalParts(value) };
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { role: 'tool', parts: normalParts(value) };
    default:
      return undefined;
  }
}

/** LangWatch has an empty one where nothing was called. */
const hasEntries = (value: unknown): boolean => isRecord(value) && Object.keys(value).length > 0;

const asReasoning = (part: MessagePart): MessagePart =>
  part.type === 'text' ? { type: 'reasoning', text: part.text } : part;

/** Anthropic has the user say what a tool gave back; OpenInference keeps that role beside the call's id. */
function isToolResult(value: JsonRecord, speaker: string, content: unknown): boolean {
  if (speaker !== 'tool' && (speaker !== 'user' || value['tool_call_id'] === undefined)) return false;
  return !normalParts(structuredParts(content)).some((part) => part.type === 'tool_result');
}

function toolResult(value: JsonRecord, content: unknown): readonly MessagePart[] {
  if (!isPresent(content)) return [];
  const id = pick(value, 'tool_call_id', 'toolCallId', 'id', 'call_id');
  return normalParts({
    type: 'tool_result',
    tool_call_id: id,
    name: value['name'] ?? (isToolName(value) ? value['role'] : undefined),
    content: structured(content),
  });
}

/** Some senders store a list of parts as JSON text. Text that merely looks like JSON stays text. */
function structuredParts(content: unknown): unknown {
  const value = structured(content);
  if (value === content || !Array.isArray(value)) return content;
  const isPart = (each: unknown) =>
    isRecord(each) && (typeof each['type'] === 'string' || isBedrockPart(Object.keys(each)));
  return value.length > 0 && value.every(isPart) ? value : content;
}

/** Bedrock says what a part is by its only key. */
const isBedrockPart = ([key = '', ...others]: readonly string[]): boolean =>
  others.length === 0 && ['text', 'toolUse', 'toolResult'].includes(key);

function nestedCalls(value: JsonRecord): unknown {
  return isRecord(value['additional_kwargs']) ? value['additional_kwargs']['tool_calls'] : undefined;
}

/** LangChain has an Anthropic answer's calls both in the content and in `tool_calls`. */
function isRepeated(call: MessagePart, content: unknown): boolean {
  return (
    call.type === 'tool_call' &&
    Array.isArray(content) &&
    normalParts(content).some(
      (part) => part.type === 'tool_call' && part.id === call.id && part.name === call.name,
    )
  );
}

/** Of an answer that came as a stream, LangChain has the arguments of a call only in `tool_calls`. */
function wholeCall(part: MessagePart, called: readonly MessagePart[]): MessagePart {
  if (part.type !== 'tool_call' || part.arguments !== '') return part;
  return called.find((call) => call.type === 'tool_call' && call.id === part.id) ?? part;
}

/** OpenInference's `function_call_name` beside the content. */
function functionCall(value: JsonRecord): readonly MessagePart[] {
  const name = value['function_call_name'];
  if (name === undefined) return [];
  return toolCallParts([{ name, arguments: value['function_call_arguments_json'] }]);
}

const finishReasons: Readonly<Record<string, string | undefined>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  STOP: 'stop',
  max_tokens: 'length',
  MAX_TOKENS: 'length',
  tool_use: 'tool_call',
  completed: 'stop',
  endTurn: 'stop',
  stopSequence: 'stop',
  maxTokens: 'length',
  toolUse: 'tool_call',
  tool_calls: 'tool_call',
  'tool-calls': 'tool_call',
  function_call: 'tool_call',
  'content-filter': 'content_filter',
  SAFETY: 'content_filter',
};

export function normalFinishReason(value: unknown): string | undefined {
  const reason = text(value);
  return reason === undefined ? undefined : (ownValue(finishReasons, reason) ?? reason);
}

function finishReasonOf(value: JsonRecord): string | undefined {
  const reason = normalFinishReason(
    pick(value, 'finish_reason', 'finishReason', 'stop_reason', 'stopReason'),
  );
  // LangChain's messages.
  const others = [value['response_metadata'], value['additional_kwargs']].filter(isRecord);
  return reason ?? others.map(finishReasonOf).find((each) => each !== undefined);
}
