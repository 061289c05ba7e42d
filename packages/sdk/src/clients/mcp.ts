/** MCP client and server: one span on each side, joined through `params._meta` as the protocol reserves it (SEP-414). */
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  trace,
  type Context,
} from '@opentelemetry/api';
import { definedAttributes } from '../agent/traced-operation.ts';
import { addToolCall } from '../agent/totals.ts';
import { ensureCorrelation } from '../correlation/correlation-id.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { countError } from '../metrics/standard-metrics.ts';
import { recordResult } from '../replay/record-result.ts';
import { currentReplay, runReplayed } from '../replay/replay-slot.ts';
import { capture } from '../tracing/capture.ts';
import { describeError } from '../core/span-handle.ts';
import { tracedCall } from '../tracing/traced-call.ts';
import { asText, isRecord } from '../core/json-value.ts';
import { wrapMethod } from './llm-guard.ts';

type Json = Readonly<Record<string, unknown>>;
type Handler = (request: Json, extra: unknown) => unknown;

const metaKeys = ['traceparent', 'tracestate', 'baggage'];

/** Wraps a Protocol (Client, Server, McpServer) or the Protocol class's prototype. */
export function wrapMcpProtocol(target: object): void {
  wrapMethod(
    target,
    'request',
    (original) =>
      function (this: unknown, request, ...rest) {
        const runtime = currentRuntime();
        if (runtime === undefined || !isRecord(request)) return original.call(this, request, ...rest);
        return traceClientRequest(runtime, this, request, (sent) => original.call(this, sent, ...rest));
      },
  );
  wrapMethod(
    target,
    'connect',
    (original) =>
      function (this: unknown, transport, ...rest) {
        const isReplayed = currentReplay()?.goesLive === false && 'callTool' in (this as object);
        return original.call(this, isReplayed ? silentTransport() : transport, ...rest);
      },
  );
  wrapMethod(
    target,
    '_onrequest',
    (original) =>
      function (this: unknown, ...args) {
        const handlers = (this as { _requestHandlers?: unknown })._requestHandlers;
        if (handlers instanceof Map)
          guard('wrapping MCP handlers', () => wrapHandlers(handlers as Map<string, Handler>, this));
        return original.apply(this, args);
      },
  );
}

export function looksLikeMcp(value: object): boolean {
  return isProtocol(value) || isProtocol((value as { server?: unknown }).server);
}

export function instrumentMcp(value: object): void {
  const { server } = value as { server?: unknown };
  const protocol = isProtocol(value) ? value : isProtocol(server) ? server : undefined;
  if (protocol !== undefined) wrapMcpProtocol(protocol);
}

function isProtocol(value: unknown): value is object {
  return typeof value === 'object' && value !== null && '_requestHandlers' in value && '_onrequest' in value;
}

function traceClientRequest(
  runtime: Runtime,
  protocol: unknown,
  request: Json,
  send: (request: Json) => unknown,
): unknown {
  const call = describe(runtime, request, protocol);
  const isToolCall = call.method === 'tools/call';
  if (isToolCall) addToolCall(runtime.contextManager.active());
  const record = measuring(runtime, 'mcp.client.operation.duration', call);
  return tracedCall(
    runtime,
    call.name,
    {
      kind: 'CLIENT',
      attributes: { ...call.attributes, ...(isToolCall ? { 'gen_ai.operation.name': 'execute_tool' } : {}) },
    },
    (handle) => {
      const carrier: Record<string, string> = {};
      runtime.propagator.inject(runtime.contextManager.active(), carrier, defaultTextMapSetter);
      const params = isRecord(request['params']) ? request['params'] : {};
      const meta = isRecord(params['_meta']) ? params['_meta'] : {};
      const context = Object.fromEntries(
        metaKeys.filter((key) => carrier[key] !== undefined).map((key) => [key, carrier[key]]),
      );
      return runReplayed(
        handle,
        () => send({ ...request, params: { ...params, _meta: { ...context, ...meta } } }),
        true,
      );
    },
    {
      always: true,
      ended: (span, result, durationMs) => {
        // A tool that failed answers with isError instead of an error.
        if (isRecord(result) && result['isError'] === true) {
          span.setAttribute('error.type', 'tool_error');
          span.setStatus({ code: 2, message: 'The tool reported an error.' });
          countError(runtime, {
            operation: 'mcp',
            'error.type': 'tool_error',
            'mcp.method.name': call.method,
          });
        }
        if (isToolCall) setResult(runtime, span, result);
        recordResult(runtime, span, result, { shown: undefined, name: 'sightline.mcp.result' });
        record(durationMs, undefined);
      },
      failed: (span, error, durationMs) => {
        setErrorCode(span, error);
        record(durationMs, error);
      },
    },
  );
}

/** A client's way to a server that a replay answers for: it starts no process and opens no connection. */
function silentTransport(): object {
  return {
    start: async () => undefined,
    send: async () => undefined,
    async close(this: { onclose?: () => void }) {
      this.onclose?.();
    },
  };
}

const wrappedHandlers = new WeakMap<Handler, Handler>();

function wrapHandlers(handlers: Map<string, Handler>, protocol: unknown): void {
  for (const [method, handler] of handlers) {
    if (wrappedHandlers.has(handler)) continue;
    const wrapped: Handler = (request, extra) => {
      const runtime = currentRuntime();
      return runtime === undefined
        ? handler(request, extra)
        : traceServerRequest(runtime, protocol, request, extra, handler);
    };
    wrappedHandlers.set(wrapped, handler);
    handlers.set(method, wrapped);
  }
}

function traceServerRequest(
  runtime: Runtime,
  protocol: unknown,
  request: Json,
  extra: unknown,
  handler: Handler,
): unknown {
  const call = describe(runtime, request, protocol);
  const record = measuring(runtime, 'mcp.server.operation.duration', call);
  return runtime.contextManager.with(incomingContext(runtime, request), () =>
    tracedCall(
      runtime,
      call.name,
      { kind: 'SERVER', attributes: call.attributes },
      () => handler(request, extra),
      {
        always: true,
        ended: (span, result, durationMs) => {
          if (isRecord(result) && result['isError'] === true) {
            span.setAttribute('error.type', 'tool_error');
            span.setStatus({ code: 2, message: 'The tool reported an error.' });
          }
          if (call.method === 'tools/call') setResult(runtime, span, result);
          record(durationMs, undefined);
        },
        failed: (span, error, durationMs) => {
          setErrorCode(span, error);
          record(durationMs, error);
        },
      },
    ),
  );
}

/** The caller's context from `_meta`; else the one in force, which over HTTP is the request's own. */
function incomingContext(runtime: Runtime, request: Json): Context {
  const params = request['params'];
  const meta = isRecord(params) && isRecord(params['_meta']) ? params['_meta'] : {};
  const active = runtime.contextManager.active();
  const base = trace.getSpan(active) === undefined ? ROOT_CONTEXT : active;
  const extracted = runtime.propagator.extract(base, meta, defaultTextMapGetter);
  return ensureCorrelation(extracted);
}

interface DescribedCall {
  readonly method: string;
  readonly name: string;
  readonly attributes: ReturnType<typeof definedAttributes>;
}

function describe(runtime: Runtime, request: Json, protocol: unknown): DescribedCall {
  const method = asText(request['method']) ?? 'unknown';
  const params = isRecord(request['params']) ? request['params'] : {};
  const name = asText(params['name']);
  const isTool = method === 'tools/call';
  const { _transport: transport } = protocol as {
    _transport?: { sessionId?: unknown; constructor?: { name?: string } };
  };
  return {
    method,
    name: name === undefined ? method : `${method} ${name}`,
    attributes: definedAttributes({
      'mcp.method.name': method,
      'gen_ai.tool.name': isTool ? name : undefined,
      'gen_ai.prompt.name': method === 'prompts/get' ? name : undefined,
      'mcp.resource.uri': asText(params['uri']),
      'mcp.session.id': asText(transport?.sessionId),
      'jsonrpc.request.id': requestId(request['id']),
      'network.transport': transportName(transport?.constructor?.name),
      'gen_ai.tool.call.arguments': isTool ? capture(runtime, params['arguments']) : undefined,
    }),
  };
}

function requestId(id: unknown): string | undefined {
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}

function transportName(className: string | undefined): string | undefined {
  if (className === undefined) return undefined;
  return className.startsWith('Stdio') ? 'pipe' : className.startsWith('InMemory') ? 'inproc' : 'tcp';
}

function setResult(
  runtime: Runtime,
  span: { setAttribute(key: string, value: string): unknown },
  result: unknown,
): void {
  const text = capture(
    runtime,
    isRecord(result) ? (result['structuredContent'] ?? result['content']) : result,
  );
  if (text !== undefined) span.setAttribute('gen_ai.tool.call.result', text);
}

function setErrorCode(span: { setAttribute(key: string, value: string): unknown }, error: unknown): void {
  const { code } = error as { code?: unknown };
  if (typeof code === 'number') span.setAttribute('rpc.response.status_code', String(code));
}

function measuring(
  runtime: Runtime,
  name: string,
  call: DescribedCall,
): (durationMs: number, error: unknown) => void {
  const histogram = runtime.meter.createHistogram(name, {
    unit: 's',
    description: 'Time an MCP request took.',
  });
  const labels = definedAttributes({
    'mcp.method.name': call.method,
    'gen_ai.tool.name': call.attributes['gen_ai.tool.name'],
  });
  return (durationMs, error) => {
    if (error === undefined) return histogram.record(durationMs / 1000, labels);
    const withError = { ...labels, 'error.type': describeError(error).type };
    histogram.record(durationMs / 1000, withError);
    countError(runtime, { ...withError, operation: 'mcp' });
  };
}
