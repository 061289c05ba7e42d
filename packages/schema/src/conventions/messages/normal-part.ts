import { ownValue } from '@sightline/base';
import { isRecord, type JsonRecord, list, parsed, pick, structured, text } from './json.ts';
import type { MediaPart, MessagePart } from './message.ts';

/**
 * One content part of any SDK or provider in the normal shape: OpenTelemetry, OpenAI (chat and responses), Anthropic,
 * Gemini, AI SDK, LangChain, Bedrock. What is not recognised becomes a raw part.
 */
export function normalParts(value: unknown): readonly MessagePart[] {
  if (value === undefined || value === null || value === '') return [];
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  if (Array.isArray(value)) return value.flatMap(normalParts);
  if (!isRecord(value)) return [{ type: 'raw', value }];
  const part = unwrapped(value);
  const type = text(pick(part, 'type', 'part_kind'));
  const read = type === undefined ? undefined : ownValue(byType, type);
  const parts = read?.(part) ?? untyped(part);
  return parts ?? [{ type: 'raw', value }];
}

type Reader = (part: JsonRecord) => readonly MessagePart[] | undefined;

/** OpenInference wraps every content part once more, and keeps a call beside the part that says there is one. */
function unwrapped(value: JsonRecord): JsonRecord {
  const { message_content: content, ...others } = value;
  return isRecord(content) ? { ...content, ...others } : value;
}

const readText: Reader = (part) => textPart(pick(part, 'content', 'text', 'value'));

const readReasoning: Reader = (part) => {
  const given = pick(part, 'content', 'thinking', 'text', 'reasoning', 'summary');
  // OpenLLMetry has OpenAI's summaries as JSON text.
  const parts = structured(given);
  const content = Array.isArray(parts) && parts.every(isSummary) ? parts : given;
  const words = Array.isArray(content)
    ? content.map((each) => (isRecord(each) ? (text(each['text']) ?? '') : (text(each) ?? ''))).join('\n')
    : text(content);
  return words ? [{ type: 'reasoning', text: words }] : undefined;
};

const isSummary = (part: unknown): boolean => isRecord(part) && part['type'] === 'summary_text';

const readToolCall: Reader = (part) => {
  if (isRecord(part['tool_call'])) return readToolCall(part['tool_call']);
  const call = ['function', 'function_call', 'functionCall', 'toolUse', 'toolRequest', 'server_tool_call']
    .map((key) => part[key])
    .find(isRecord);
  const source = call === undefined ? part : { ...part, ...call };
  const name = text(pick(source, 'name', 'toolName', 'tool_name')) ?? text(source['type']);
  if (name === undefined) return undefined;
  const id = text(pick(source, 'call_id', 'id', 'toolCallId', 'tool_call_id', 'toolUseId', 'ref'));
  const args =
    pick(source, 'arguments', 'args', 'input', 'parameters') ?? serverOwn(part['server_tool_call']);
  return [
    { type: 'tool_call', ...(id === undefined ? {} : { id }), name, arguments: structured(args) ?? {} },
  ];
};

const readToolResult: Reader = (part) => {
  const inner = ['functionResponse', 'toolResult', 'toolResponse', 'server_tool_call_response']
    .map((key) => part[key])
    .find(isRecord);
  const source = inner === undefined ? part : { ...part, ...inner };
  const id = text(
    pick(source, 'tool_use_id', 'tool_call_id', 'toolCallId', 'call_id', 'toolUseId', 'id', 'ref'),
  );
  const name = text(pick(source, 'name', 'toolName', 'tool_name'));
  const result =
    pick(source, 'response', 'result', 'output', 'content', 'value') ??
    serverOwn(part['server_tool_call_response']);
  const failed =
    source['is_error'] === true ||
    source['isError'] === true ||
    source['status'] === 'error' ||
    (isRecord(result) && ['error-text', 'error-json'].includes(String(result['type'])));
  return [
    {
      type: 'tool_result',
      ...(id === undefined ? {} : { id }),
      ...(name === undefined ? {} : { name }),
      result: plainResult(structured(result)),
      ...(failed ? { isError: true as const } : {}),
    },
  ];
};

/** What a provider's own tool was given or gave back, under names of its own beside the type. */
function serverOwn(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { type: _type, id: _id, name: _name, ...own } = value;
  return Object.keys(own).length === 0 ? undefined : own;
}

/** A call that OpenAI made of an MCP server, with what came of it. */
const readMcpCall: Reader = (part) => {
  const { output, error, ...call } = part;
  const result = output ?? error;
  if (result === undefined || result === null) return readToolCall(call);
  const failed = output === undefined || output === null;
  const answer = { id: part['id'], name: part['name'], result, is_error: failed };
  return [...(readToolCall(call) ?? []), ...(readToolResult(answer) ?? [])];
};

const aiSdkResults: readonly unknown[] = ['json', 'text', 'error-json', 'error-text'];

/** A result that is only text parts, or AI SDK's `{type: 'json', value}`, without its wrapping. */
export function plainResult(result: unknown): unknown {
  if (isRecord(result) && aiSdkResults.includes(result['type']) && 'value' in result) return result['value'];
  const texts = Array.isArray(result) ? result.map(textAlone) : [];
  return texts.length > 0 && texts.every((each) => each !== undefined) ? texts.join('\n') : (result ?? null);
}

/** OpenLLMetry has `content` where the providers have `text`. */
function textAlone(part: unknown): string | undefined {
  if (!isRecord(part) || (part['type'] !== 'text' && part['type'] !== undefined)) return undefined;
  const words = part['text'] ?? (part['type'] === 'text' ? part['content'] : undefined);
  return typeof words === 'string' ? words : undefined;
}

/** OpenTelemetry's `blob`, `file` and `uri`, which name a modality. */
const readModality: Reader = (part) => {
  const modality = text(part['modality']);
  const data = text(pick(part, 'content', 'data', 'blob'));
  const uri = text(pick(part, 'uri', 'url'));
  const fileId = text(pick(part, 'file_id', 'fileId'));
  const type =
    modality === 'image' || modality === 'audio' ? modality : part['type'] === 'uri' ? 'uri' : 'blob';
  return media(fileId !== undefined && type === 'blob' ? 'file' : type, { data, uri, fileId }, part);
};

const readMedia =
  (type: MediaPart['type']): Reader =>
  (part) => {
    // Anthropic's `source`, OpenAI's `image_url`, `input_audio` and `file`, OpenInference's `image.image.url`.
    const inner = ['source', 'image_url', 'input_audio', 'file', 'image', 'audio', 'audio_url'].map(
      (key) => part[key],
    );
    const nested = inner.find(isRecord);
    const deeper = nested !== undefined && isRecord(nested['image']) ? nested['image'] : nested;
    const source: JsonRecord = { ...part, ...deeper };
    const direct = inner.find((value): value is string => typeof value === 'string');
    const given = direct ?? text(pick(source, 'data', 'file_data', 'url', 'uri', 'content'));
    const fileId = text(pick(source, 'file_id', 'fileId'));
    const format = isRecord(part['input_audio']) ? text(source['format']) : undefined;
    const audio = format === undefined ? {} : { mimeType: `audio/${format}` };
    return media(type, { ...audio, ...located(given), fileId }, source);
  };

/** A link, a data URL taken apart, or base64. */
function located(given: string | undefined): { uri?: string; data?: string; mimeType?: string } {
  if (given === undefined) return {};
  const comma = given.startsWith('data:') ? given.indexOf(',') : -1;
  if (comma >= 0) {
    const [mimeType = ''] = given.slice('data:'.length, comma).split(';', 1);
    return { data: given.slice(comma + 1), ...(mimeType === '' ? {} : { mimeType }) };
  }
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? { uri: given } : { data: given };
}

interface Located {
  readonly data?: string | undefined;
  readonly uri?: string | undefined;
  readonly fileId?: string | undefined;
  readonly mimeType?: string;
}

function media(type: MediaPart['type'], from: Located, part: JsonRecord): readonly MessagePart[] | undefined {
  if (from.data === undefined && from.uri === undefined && from.fileId === undefined) return undefined;
  const mimeType =
    from.mimeType ??
    text(
      pick(
        part,
        'mime_type',
        'mimeType',
        'media_type',
        'mediaType',
        'contentType',
        'format',
        'fileUriMimeType',
      ),
    );
  const name = text(pick(part, 'filename', 'file_name', 'name'));
  return [
    {
      type: type === 'file' || type === 'blob' ? byMimeType(type, mimeType) : type,
      ...(mimeType === undefined ? {} : { mimeType }),
      ...(name === undefined ? {} : { name }),
      ...(from.data === undefined ? {} : { data: from.data }),
      ...(from.uri === undefined ? {} : { uri: from.uri }),
      ...(from.fileId === undefined ? {} : { fileId: from.fileId }),
    },
  ];
}

function byMimeType(type: 'file' | 'blob', mimeType: string | undefined): MediaPart['type'] {
  if (mimeType?.startsWith('image/')) return 'image';
  return mimeType?.startsWith('audio/') ? 'audio' : type;
}

const byType: Readonly<Record<string, Reader | undefined>> = {
  text: readText,
  input_text: readText,
  output_text: readText,
  refusal: (part) => textPart(pick(part, 'refusal', 'content', 'text')),
  'user-prompt': readText,
  'system-prompt': readText,
  reasoning: readReasoning,
  thinking: readReasoning,
  redacted_thinking: (part) => [{ type: 'raw', value: part }],
  tool_call: readToolCall,
  'tool-call': readToolCall,
  // A piece of a call's arguments, which stand whole beside the content.
  input_json_delta: () => [],
  tool_use: readToolCall,
  server_tool_use: readToolCall,
  server_tool_call: readToolCall,
  mcp_tool_use: readToolCall,
  toolUse: readToolCall,
  function_call: readToolCall,
  function: readToolCall,
  custom_tool_call: readToolCall,
  mcp_call: readMcpCall,
  tool_call_response: readToolResult,
  toolResult: readToolResult,
  server_tool_call_response: readToolResult,
  'tool-result': readToolResult,
  tool_result: readToolResult,
  mcp_tool_result: readToolResult,
  web_search_tool_result: readToolResult,
  'tool-return': readToolResult,
  function_call_output: readToolResult,
  custom_tool_call_output: readToolResult,
  blob: readModality,
  uri: readModality,
  file: (part) => (part['modality'] === undefined ? readMedia('file')(part) : readModality(part)),
  image: readMedia('image'),
  image_url: readMedia('image'),
  input_image: readMedia('image'),
  'image-url': readMedia('image'),
  audio: readMedia('audio'),
  input_audio: readMedia('audio'),
  document: readMedia('file'),
  input_file: readMedia('file'),
  binary: readMedia('blob'),
};

/** Gemini, Bedrock and Genkit say what a part is by its only key. */
const untyped: Reader = (part) => {
  if (typeof part['text'] === 'string') {
    return part['thought'] === true ? readReasoning(part) : textPart(part['text']);
  }
  if (['functionCall', 'toolUse', 'toolRequest'].some((key) => isRecord(part[key])))
    return readToolCall(part);
  if (isRecord(part['function_call'])) return readToolCall(part);
  if (isRecord(part['function']) && part['type'] === undefined) return readToolCall(part);
  if (['functionResponse', 'toolResult', 'toolResponse'].some((key) => isRecord(part[key])))
    return readToolResult(part);
  if (isRecord(part['function_response']))
    return readToolResult({ functionResponse: part['function_response'] });
  if (typeof part['reasoning'] === 'string') return readReasoning(part);
  if (isRecord(part['media'])) return media('blob', located(text(part['media']['url'])), part['media']);
  const inline = [part['inlineData'], part['inline_data']].find(isRecord);
  if (inline !== undefined) return media('blob', { data: text(inline['data']) }, inline);
  const file = [part['fileData'], part['file_data']].find(isRecord);
  if (file !== undefined) return media('uri', { uri: text(pick(file, 'fileUri', 'file_uri')) }, file);
  return undefined;
};

function textPart(value: unknown): readonly MessagePart[] | undefined {
  if (typeof value === 'string') return value === '' ? [] : [{ type: 'text', text: value }];
  return isRecord(value) && typeof value['value'] === 'string'
    ? [{ type: 'text', text: value['value'] }]
    : undefined;
}

/** The calls of an assistant's message in OpenAI's, LangChain's or OpenInference's list. */
export function toolCallParts(calls: unknown): readonly MessagePart[] {
  return list(parsed(calls)).flatMap((each): readonly MessagePart[] => {
    const call = isRecord(each) && isRecord(each['tool_call']) ? each['tool_call'] : each;
    return (isRecord(call) ? readToolCall(call) : undefined) ?? [{ type: 'raw', value: each }];
  });
}
