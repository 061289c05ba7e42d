import { conversationForms } from './conversation-forms.ts';
import { isRecord, type JsonRecord, list, pick, structured, text } from './json.ts';
import type { Conversation, Message, MessageLog, MessageSource } from './message.ts';
import { normalFinishReason, normalMessage, normalMessages } from './normal-message.ts';

/**
 * Messages in log records or span events: one record per message (conventions 1.28–1.36), one with all of them (the
 * details event), or a coding agent's events.
 */
export function logMessages(source: MessageSource): Conversation {
  const input: Message[] = [];
  const output: Message[] = [];
  const records = [...(source.logs ?? []), ...(source.events ?? []).map(asLog), ...listed(source.attributes)];
  for (const record of records) {
    const said = readRecord(record, source);
    input.push(...said.input);
    output.push(...said.output);
  }
  return output.length === 0 && isLogfireList(source.attributes) ? withAnswer(input) : { input, output };
}

/** Of OpenAI's Responses API and agents Logfire writes the answer as it writes the prompt: at the end of one list. */
const isLogfireList = (attributes: JsonRecord): boolean =>
  attributes['logfire.msg_template'] !== undefined && attributes['events'] !== undefined;

function withAnswer(said: readonly Message[]): Conversation {
  const end = said.findLastIndex(({ role }) => role !== 'assistant') + 1;
  return { input: said.slice(0, end), output: said.slice(end) };
}

/** Span events hold the body as JSON in an attribute, Azure's under its own name. */
function asLog(event: { readonly name: string; readonly attributes: JsonRecord }): MessageLog {
  const content = event.attributes['gen_ai.event.content'];
  return {
    eventName: event.name,
    body: content === undefined ? event.attributes : structured(content),
    attributes: event.attributes,
  };
}

/** Pydantic AI and Logfire keep the same events as a list in one attribute. */
function listed(attributes: JsonRecord): readonly MessageLog[] {
  return list(structured(attributes['events']))
    .filter(isRecord)
    .map((body) => ({ eventName: '', body, attributes: { 'event.name': body['event.name'] } }));
}

const nothing: Conversation = { input: [], output: [] };

function readRecord(record: MessageLog, source: MessageSource): Conversation {
  // Instrumentations of that time set only the attribute.
  const name = record.eventName || (text(record.attributes['event.name']) ?? '');
  const body = structured(record.body);
  switch (name) {
    case 'gen_ai.system.message':
    case 'gen_ai.user.message':
    case 'gen_ai.assistant.message':
    case 'gen_ai.tool.message':
      return { input: [spoken(body, name.split('.')[1] ?? 'user')], output: [] };
    // What Logfire has no message for, such as reasoning: the item is beside it.
    case 'gen_ai.unknown':
      return { input: isRecord(body) ? normalMessages([body['data'] ?? body], 'assistant') : [], output: [] };
    case 'gen_ai.choice':
      return { input: [], output: [choice(body)] };
    case 'gen_ai.content.prompt':
      return { input: normalMessages(record.attributes['gen_ai.prompt'], 'user'), output: [] };
    case 'gen_ai.content.completion':
      return { input: [], output: normalMessages(record.attributes['gen_ai.completion'], 'assistant') };
    case 'gen_ai.client.inference.operation.details':
      return details(record, source);
    case 'user_prompt':
    case 'claude_code.user_prompt':
    case 'codex.user_prompt':
    case 'gemini_cli.user_prompt':
      return { input: normalMessages(record.attributes['prompt'], 'user'), output: [] };
    case 'assistant_response':
    case 'claude_code.assistant_response':
      return {
        input: [],
        output: normalMessages(pick(record.attributes, 'response', 'text', 'content'), 'assistant'),
      };
    case 'api_request_body':
    case 'claude_code.api_request_body':
      return { input: normalMessages(record.attributes['body'], 'user'), output: [] };
    case 'api_response_body':
    case 'claude_code.api_response_body':
      return { input: [], output: normalMessages(record.attributes['body'], 'assistant') };
    case 'gemini_cli.api_response':
      return { input: [], output: normalMessages(record.attributes['response_text'], 'assistant') };
    case 'gemini_cli.api_request':
      return { input: normalMessages(record.attributes['request_text'], 'user'), output: [] };
    default:
      return nothing;
  }
}

function spoken(body: unknown, role: string): Message {
  if (isRecord(body))
    return normalMessage({ role, ...body }, 'user') ?? { role, parts: [{ type: 'raw', value: body }] };
  return { ...(normalMessages(body, 'user')[0] ?? { parts: [] }), role };
}

function choice(body: unknown): Message {
  if (!isRecord(body)) return { role: 'assistant', parts: [{ type: 'raw', value: body }] };
  const said = structured(body['message']);
  // Strands Agents writes the content alone.
  const inner = isRecord(said) ? said : { ...body, content: body['content'] ?? body['message'] };
  const message = normalMessage({ role: 'assistant', ...inner }, 'assistant');
  const finishReason = normalFinishReason(body['finish_reason']);
  return {
    ...(message ?? { role: 'assistant', parts: [] }),
    ...(finishReason === undefined ? {} : { finishReason }),
  };
}

/** The record has the attributes that a span would have. */
function details(record: MessageLog, source: MessageSource): Conversation {
  const attributes = isRecord(record.body) ? { ...record.body, ...record.attributes } : record.attributes;
  const form = conversationForms[0];
  if (form === undefined) return nothing;
  return { input: form.input(attributes, source), output: form.output(attributes, source) };
}
