import { deriveOperation, deriveTool } from '../derive.ts';
import {
  isRecord,
  type JsonRecord,
  langwatchValue,
  list,
  parsed,
  pick,
  structured,
  unquoted,
} from './json.ts';
import { normalMessages } from './normal-message.ts';
import { plainResult } from './normal-part.ts';
import type { MessageSource, ToolUse } from './message.ts';

const argumentNames = [
  'gen_ai.tool.call.arguments',
  'ai.toolCall.args',
  'gcp.vertex.agent.tool_call_args',
  'spring.ai.tool.call.arguments',
  'lk.pii.function_tool.arguments',
  'lk.function_tool.arguments',
  'tool_arguments',
  'tool_input',
  'tool_parameters',
  'gen_ai.tool.input',
  'mcp.request.argument',
  'function_args',
  'tool.arguments',
  'arguments',
  'genkit:input',
  'mastra.client_tool_call.input',
  // VoltAgent.
  'input',
] as const;

const resultNames = [
  'gen_ai.tool.call.result',
  'ai.toolCall.result',
  'gcp.vertex.agent.tool_response',
  'spring.ai.tool.call.result',
  'lk.pii.function_tool.output',
  'lk.function_tool.output',
  'tool_response',
  'gen_ai.tool.output',
  'mcp.response.value',
  'genkit:output',
  'output',
] as const;

const inputNames = [
  'input.value',
  // Of some what the tool was called with, of others the schema of that.
  'tool.parameters',
  'traceloop.entity.input',
  'langfuse.observation.input',
  'mlflow.spanInputs',
  'gen_ai.prompt',
];
const outputNames = [
  'output.value',
  'traceloop.entity.output',
  'langfuse.observation.output',
  'mlflow.spanOutputs',
  'gen_ai.completion',
];

/**
 * What a tool was called with and what it gave back; undefined where the span is no tool call. Both are parsed when they are asked for: of the
 * thousand tools of a long run few are looked at.
 */
export function readToolUse(source: MessageSource): ToolUse | undefined {
  const { attributes } = source;
  if (!isToolUse(source)) return undefined;
  const derived = deriveTool(source);
  const used =
    pick(attributes, ...argumentNames, ...inputNames) ??
    langwatchValue(attributes['langwatch.input']) ??
    valueInEvents(source, 'gen_ai.tool.message', 'content');
  const given =
    pick(attributes, ...resultNames, ...outputNames) ??
    langwatchValue(attributes['langwatch.output']) ??
    valueInEvents(source, 'gen_ai.choice', 'message');
  const readArguments = once(() => (used === undefined ? undefined : unwrapped(parsed(used))));
  const readResult = once(() => (given === undefined ? undefined : givenBack(given)));
  return {
    name: derived.tool_name || source.name,
    ...(derived.tool_call_id === '' ? {} : { callId: derived.tool_call_id }),
    get arguments() {
      return readArguments();
    },
    get result() {
      return readResult();
    },
  };
}

/** Strands has both in events of the tool's span. */
function valueInEvents({ events }: MessageSource, name: string, attribute: string): unknown {
  return events?.find((event) => event.name === name)?.attributes[attribute];
}

function once<Value>(read: () => Value): () => Value {
  let done: { readonly value: Value } | undefined;
  return () => (done ??= { value: read() }).value;
}

export function isToolUse(source: MessageSource): boolean {
  const operation = deriveOperation(source);
  return operation === 'tool' || (operation === 'mcp' && deriveTool(source).tool_name !== '');
}

/** LangChain hands a tool its arguments as JSON text inside `input`, OpenLLMetry's MCP client names the tool beside them. */
function unwrapped(given: unknown): unknown {
  const value = messageAlone(given);
  if (!isRecord(value)) return value;
  if (value['tool_name'] !== undefined && value['arguments'] !== undefined) return value['arguments'];
  if (isPythonCall(value)) return value['kwargs'];
  // OpenLLMetry's LangChain of Python.
  if (value['input_str'] !== undefined && isRecord(value['inputs'])) return value['inputs'];
  const only: JsonRecord = value;
  // OpenLLMetry's LangChain of JavaScript.
  const [alone, ...others] = Object.keys(only).length === 1 ? list(only['args']) : [];
  if (typeof alone === 'string' && others.length === 0) return structured(alone);
  return Object.keys(only).length === 1 && typeof only['input'] === 'string'
    ? structured(only['input'])
    : value;
}

/** TanStack AI has a tool say both. */
function messageAlone(value: unknown): unknown {
  const [message, ...others] = list(value);
  const isAlone = others.length === 0 && isRecord(message) && message['role'] === 'tool';
  return isAlone ? parsed(message['content']) : value;
}

/** What a decorated function of Python was called with, where all of it has names. smolagents adds a switch of its own. */
function isPythonCall(value: JsonRecord): boolean {
  const { args, kwargs, ...others } = value;
  const isNamed = args === undefined || (Array.isArray(args) && args.length === 0);
  return isRecord(kwargs) && isNamed && Object.keys(others).every((key) => key === 'sanitize_inputs_outputs');
}

/** LangChain wraps what a tool gave back into a message, other senders into JSON. */
function givenBack(given: unknown): unknown {
  const value = messageAlone(plainResult(unquoted(structured(given))));
  if (!isRecord(value)) return value;
  // LlamaIndex, and OpenLLMetry's span around it.
  const output = isRecord(value['tool_output']) ? value['tool_output'] : value;
  if (output['raw_output'] !== undefined && output['tool_name'] !== undefined) return output['raw_output'];
  const [message, ...others] = normalMessages(value, 'assistant');
  const [part, ...more] = message?.parts ?? [];
  const isAlone = others.length === 0 && more.length === 0;
  return isAlone && part?.type === 'tool_result' ? part.result : value;
}
