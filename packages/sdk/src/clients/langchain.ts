/**
 * LangChain.js: a callback handler that makes chains, models, tools and retrievers spans, added to every callback manager. The
 * OpenAI client inside LangChain's models names itself in its user agent and then stays silent, so that a call is one span.
 */
import type { Context, Span } from '@opentelemetry/api';
import { LlmRecorder } from '../agent/llm-call.ts';
import { documentAttributes } from '../agent/retrieval.ts';
import { addToolCall } from '../agent/totals.ts';
import { definedAttributes } from '../agent/traced-operation.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { capture } from '../tracing/capture.ts';
import { openSpan, type SpanSettings } from '../tracing/run-span.ts';
import { recordErrorOn } from '../core/span-handle.ts';
import { currentReplay } from '../replay/replay-slot.ts';
import { wrapMethod } from './llm-guard.ts';
import { asNumber, asText, count, isRecord } from '../core/json-value.ts';

type Json = Readonly<Record<string, unknown>>;

interface Run {
  readonly runtime: Runtime;
  readonly span: Span;
  readonly context: Context;
  readonly startedMs: number;
  readonly recorder: LlmRecorder | undefined;
}

const runsMax = 10_000;
const runs = new Map<string, Run>();

/** Adds the handler to everything `CallbackManager` configures from now on. */
export function wrapCallbackManager(manager: object): void {
  wrapMethod(
    manager,
    '_configureSync',
    (original) =>
      function (this: unknown, inheritable, ...rest) {
        if (currentRuntime() === undefined) return original.call(this, inheritable, ...rest);
        return original.call(this, withHandler(inheritable), ...rest);
      },
  );
}

/** A tool whose result a what-if gives does not run: its span is made by callbacks, so that it is the tool that has to ask. */
export function wrapTool(prototype: object): void {
  wrapMethod(
    prototype,
    'call',
    (original) =>
      function (this: unknown, ...args) {
        const tool = this as { _call: Call; responseFormat?: unknown };
        if (currentReplay() === undefined || replayed.has(tool)) return original.apply(this, args);
        replayed.add(tool);
        const code = tool._call;
        const value: Call = function (this: unknown, ...given) {
          const { runId } = (given[1] ?? {}) as { runId?: string };
          const spanId = runs.get(runId ?? '')?.span.spanContext().spanId;
          const result = spanId === undefined ? undefined : currentReplay()?.givenResult(spanId);
          if (result === undefined) return code.apply(this, given);
          return tool.responseFormat === 'content_and_artifact' ? [result.value, undefined] : result.value;
        };
        Object.defineProperty(tool, '_call', { value, writable: true, configurable: true });
        return original.apply(this, args);
      },
  );
}

type Call = (this: unknown, ...given: unknown[]) => unknown;
/** Tools that ask already. */
const replayed = new WeakSet<object>();

export function looksLikeLangChain(value: object): boolean {
  return (
    '_configureSync' in value || ('CallbackManager' in value && typeof value.CallbackManager === 'function')
  );
}

export function instrumentLangChain(value: object): void {
  wrapCallbackManager(
    '_configureSync' in value ? value : (value as { CallbackManager: object }).CallbackManager,
  );
}

/** The OpenAI clients that LangChain's models make. */
export function belongsToLangChain(client: Json): boolean {
  const options = client['_options'];
  const headers = isRecord(options) ? options['defaultHeaders'] : undefined;
  return (
    isRecord(headers) &&
    (asText(headers['User-Agent'])?.startsWith('langchainjs') ?? false) &&
    handlerInstalled
  );
}

let handlerInstalled = false;

interface Manager {
  readonly handlers: { readonly name?: string }[];
  copy(): Manager;
  addHandler(handler: object, inherit: boolean): void;
}

function withHandler(inheritable: unknown): unknown {
  handlerInstalled = true;
  if (inheritable === undefined || inheritable === null) return [handler];
  if (Array.isArray(inheritable))
    return inheritable.includes(handler) ? inheritable : [...(inheritable as unknown[]), handler];
  const manager = inheritable as Manager;
  if (manager.handlers.some((each) => each.name === handler.name)) return manager;
  const copy = manager.copy();
  copy.addHandler(handler, true);
  return copy;
}

/** For `callbacks: [langChainHandler]` where the automatic way is not wanted. */
const handler = {
  name: 'sightline',
  awaitHandlers: true,
  raiseError: false,
  ignoreLLM: false,
  ignoreChain: false,
  ignoreAgent: false,
  ignoreRetriever: false,
  ignoreCustomEvent: true,
  copy: () => handler,

  handleChainStart: (chain: unknown, inputs: unknown, runId: string, ...rest: unknown[]) => {
    const name = runName(rest) ?? serializedName(chain) ?? 'chain';
    start(runId, rest, `step ${name}`, (runtime) => ({
      attributes: definedAttributes({
        'gen_ai.operation.name': 'agent_step',
        'sightline.step.id': name,
        'sightline.arguments': capture(runtime, inputs),
      }),
    }));
  },
  handleChainEnd: (outputs: unknown, runId: string) =>
    end(runId, (run) => setText(run, 'sightline.result', outputs)),
  handleChainError: (error: unknown, runId: string) => fail(runId, error),

  handleChatModelStart: (llm: unknown, messages: unknown, runId: string, ...rest: unknown[]) =>
    startLlm(llm, messages, runId, rest),
  handleLLMStart: (llm: unknown, prompts: unknown, runId: string, ...rest: unknown[]) =>
    startLlm(llm, prompts, runId, rest),
  handleLLMNewToken: (_token: unknown, _index: unknown, runId: string) => runs.get(runId)?.recorder?.chunk(),
  handleLLMEnd: (output: unknown, runId: string) => end(runId, (run) => readResult(run, output)),
  handleLLMError: (error: unknown, runId: string) => fail(runId, error),

  handleToolStart: (tool: unknown, input: unknown, runId: string, ...rest: unknown[]) => {
    const name = runName(rest) ?? serializedName(tool) ?? 'tool';
    start(runId, rest, `execute_tool ${name}`, (runtime) => {
      addToolCall(runtime.contextManager.active());
      return {
        attributes: definedAttributes({
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': name,
          'gen_ai.tool.call.arguments': capture(runtime, input),
        }),
      };
    });
  },
  handleToolEnd: (output: unknown, runId: string) =>
    end(runId, (run) =>
      setText(run, 'gen_ai.tool.call.result', isRecord(output) ? (output['content'] ?? output) : output),
    ),
  handleToolError: (error: unknown, runId: string) => fail(runId, error),

  handleRetrieverStart: (retriever: unknown, query: unknown, runId: string, ...rest: unknown[]) => {
    const name = runName(rest) ?? serializedName(retriever) ?? 'retriever';
    start(runId, rest, `retrieval ${name}`, (runtime) => ({
      kind: 'CLIENT',
      attributes: definedAttributes({
        'gen_ai.operation.name': 'retrieval',
        'gen_ai.data_source.id': name,
        'gen_ai.retrieval.query.text': capture(runtime, query),
      }),
    }));
  },
  handleRetrieverEnd: (documents: unknown, runId: string) =>
    end(runId, (run) => {
      if (!Array.isArray(documents)) return;
      const plain = documents.filter(isRecord).map((document) => {
        const metadata = isRecord(document['metadata']) ? document['metadata'] : {};
        const [id, score, content] = [
          document['id'] ?? metadata['id'],
          metadata['score'],
          document['pageContent'],
        ];
        return {
          ...(typeof id === 'string' ? { id } : {}),
          ...(typeof score === 'number' ? { score } : {}),
          ...(typeof content === 'string' ? { content } : {}),
        };
      });
      run.span.setAttributes(documentAttributes(run.runtime, plain));
    }),
  handleRetrieverError: (error: unknown, runId: string) => fail(runId, error),
};

function start(
  runId: string,
  rest: readonly unknown[],
  name: string,
  describe: (runtime: Runtime) => SpanSettings,
  recorder?: LlmRecorder,
): void {
  guard('tracing a LangChain run', () => {
    const runtime = currentRuntime();
    if (runtime === undefined || runs.size >= runsMax) return;
    const parent = parentOf(rest)?.context ?? runtime.contextManager.active();
    const opened = openSpan(runtime, parent, name, describe(runtime));
    if (opened !== undefined) runs.set(runId, { runtime, ...opened, startedMs: performance.now(), recorder });
  });
}

/** The order of a callback's arguments changed between versions; a parent is the one that names a run we know. */
function parentOf(rest: readonly unknown[]): Run | undefined {
  for (const value of rest) {
    const run = typeof value === 'string' ? runs.get(value) : undefined;
    if (run !== undefined) return run;
  }
  return undefined;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i;
const runTypes = new Set(['chain', 'llm', 'tool', 'retriever', 'prompt', 'parser', 'embedding']);

function runName(rest: readonly unknown[]): string | undefined {
  return rest.find(
    (value): value is string =>
      typeof value === 'string' &&
      value !== '' &&
      !uuid.test(value) &&
      !runTypes.has(value) &&
      !value.startsWith('call_'),
  );
}

function serializedName(serialized: unknown): string | undefined {
  if (!isRecord(serialized)) return undefined;
  const { id } = serialized as { id?: unknown };
  return asText(serialized['name']) ?? (Array.isArray(id) ? asText(id.at(-1)) : undefined);
}

function startLlm(llm: unknown, messages: unknown, runId: string, rest: readonly unknown[]): void {
  const runtime = currentRuntime();
  if (runtime === undefined) return;
  const records = rest.filter(isRecord);
  const extra = records.find((record) => 'invocation_params' in record);
  const parameters =
    extra !== undefined && isRecord(extra['invocation_params']) ? extra['invocation_params'] : {};
  const metadata = records.find((record) => 'ls_provider' in record) ?? {};
  const temperature = asNumber(parameters['temperature']);
  const recorder = new LlmRecorder(runtime, {
    model:
      asText(parameters['model'] ?? parameters['model_name'] ?? metadata['ls_model_name']) ??
      serializedName(llm) ??
      'unknown',
    provider: asText(metadata['ls_provider']) ?? 'unknown',
    messages: chatMessages(messages),
    ...(parameters['tools'] === undefined ? {} : { tools: parameters['tools'] }),
    ...(temperature === undefined ? {} : { temperature }),
  });
  start(
    runId,
    rest,
    recorder.spanName,
    () => ({ kind: 'CLIENT', attributes: recorder.requestAttributes }),
    recorder,
  );
}

/** Lists of messages, or of prompts for plain completion models. */
function chatMessages(batches: unknown): unknown {
  if (!Array.isArray(batches)) return batches;
  return batches.flat().map((message: unknown) => {
    if (typeof message === 'string') return { role: 'user', parts: [{ type: 'text', content: message }] };
    const { content, tool_calls: calls } = message as { content?: unknown; tool_calls?: unknown };
    const type = (message as { getType?: () => string }).getType?.() ?? 'user';
    const parts: unknown[] = content === '' ? [] : [{ type: 'text', content }];
    for (const call of Array.isArray(calls) ? calls.filter(isRecord) : []) {
      parts.push({ type: 'tool_call', id: call['id'], name: call['name'], arguments: call['args'] });
    }
    return { role: { human: 'user', ai: 'assistant' }[type] ?? type, parts };
  });
}

function readResult(run: Run, output: unknown): void {
  if (!isRecord(output) || run.recorder === undefined) return;
  const { generations } = output as { generations?: unknown };
  const first: unknown = Array.isArray(generations) ? (generations as unknown[][])[0]?.[0] : undefined;
  const message = isRecord(first) ? first['message'] : undefined;
  const usage = isObject(message) ? message['usage_metadata'] : undefined;
  const answer =
    isObject(message) && isRecord(message['response_metadata']) ? message['response_metadata'] : {};
  const finish = asText(answer['finish_reason'] ?? answer['stop_reason']);
  run.recorder.recordResponse({
    id: isObject(message) ? asText(message['id']) : undefined,
    model: asText(answer['model_name'] ?? answer['model']),
    ...(finish === undefined ? {} : { finishReasons: [finish] }),
    messages:
      message === undefined
        ? [{ role: 'assistant', parts: [{ type: 'text', content: isRecord(first) ? first['text'] : '' }] }]
        : chatMessages([[message]]),
  });
  if (!isRecord(usage)) return;
  const input = isRecord(usage['input_token_details']) ? usage['input_token_details'] : {};
  const outputDetails = isRecord(usage['output_token_details']) ? usage['output_token_details'] : {};
  run.recorder.recordUsage({
    inputTokens: count(usage['input_tokens']),
    outputTokens: count(usage['output_tokens']),
    cacheReadTokens: count(input['cache_read']),
    cacheWriteTokens: count(input['cache_creation']),
    reasoningTokens: count(outputDetails['reasoning']),
  });
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

function setText(run: Run, key: string, value: unknown): void {
  const text = capture(run.runtime, value);
  if (text !== undefined) run.span.setAttribute(key, text);
}

function end(runId: string, describe: (run: Run) => void): void {
  finish(runId, (run) => {
    describe(run);
    run.recorder?.hooks.ended?.(run.span, undefined, performance.now() - run.startedMs, undefined);
  });
}

function fail(runId: string, error: unknown): void {
  finish(runId, (run) => {
    recordErrorOn(run.span, error);
    run.recorder?.hooks.failed?.(run.span, error, performance.now() - run.startedMs);
  });
}

function finish(runId: string, describe: (run: Run) => void): void {
  const run = runs.get(runId);
  if (run === undefined) return;
  runs.delete(runId);
  guard('tracing a LangChain run', () => describe(run));
  run.span.end();
}
