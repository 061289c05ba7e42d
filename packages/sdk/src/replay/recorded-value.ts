/** What a recorded operation gave back: its result, or the error it threw. */
import { ownValue } from '@sightline/base';
import { parseJson } from './exchange.ts';
import type { RecordedNode } from './recorded-tree.ts';

export type RecordedValue =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: Error };

/** Undefined when nothing was recorded that could be given back. */
export function recordedValue(node: RecordedNode): RecordedValue | undefined {
  const { attributes, failed } = node.span;
  const mcp = attributes['sightline.mcp.result'];
  if (typeof mcp === 'string') {
    const value = parseJson(mcp);
    if (value !== undefined) return { kind: 'value', value };
  }
  const text =
    attributes['sightline.result'] ??
    attributes['gen_ai.tool.call.result'] ??
    attributes['gen_ai.retrieval.documents'];
  const isToolError = attributes['error.type'] === 'tool_error';
  if (failed && !isToolError) return { kind: 'error', error: recordedError(node) };
  if (text === undefined)
    return attributes['sightline.result.kind'] === 'undefined'
      ? { kind: 'value', value: undefined }
      : undefined;
  const value = attributes['sightline.result.kind'] === 'text' ? text : valueOf(text);
  return { kind: 'value', value: node.kind === 'mcp' ? mcpResult(value, isToolError) : value };
}

function valueOf(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  const parsed = parseJson(text);
  return parsed === undefined ? text : parsed;
}

function mcpResult(value: unknown, isError: boolean): unknown {
  const result = Array.isArray(value)
    ? { content: value }
    : { content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value };
  return isError ? { ...result, isError } : result;
}

const errorClasses: Readonly<Record<string, new (message: string) => Error>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** The error as production saw it: class, message and stack. */
export function recordedError(node: RecordedNode): Error {
  const event = node.span.events.find(({ name }) => name === 'exception')?.attributes ?? {};
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const type = text(event['exception.type']) ?? text(node.span.attributes['error.type']) ?? 'Error';
  const message = text(event['exception.message']) ?? node.span.message;
  const error = new (ownValue(errorClasses, type) ?? Error)(message);
  if (error.name !== type) Object.defineProperty(error, 'name', { value: type, configurable: true });
  const stack = text(event['exception.stacktrace']);
  if (stack !== undefined) Object.defineProperty(error, 'stack', { value: stack, configurable: true });
  const code = node.span.attributes['rpc.response.status_code'];
  if (typeof code === 'string' && /^-?\d+$/.test(code)) Object.assign(error, { code: Number(code) });
  return error;
}
