/**
 * OpenAI Agents: a trace processor turns its agents, tools, handoffs and guardrails into spans. Its model calls go through the
 * OpenAI client, which is traced already, so its `generation` and `response` spans are left out: one call, one span.
 */
import type { Context, ContextManagementToken, Span } from '@opentelemetry/api';
import { addToolCall } from '../agent/totals.ts';
import { definedAttributes } from '../agent/traced-operation.ts';
import { guard } from '../core/diagnostics.ts';
import { currentReplay } from '../replay/replay-slot.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { capture } from '../tracing/capture.ts';
import { openSpan } from '../tracing/run-span.ts';
import { recordErrorOn } from '../core/span-handle.ts';
import { wrapMethod } from './llm-guard.ts';
import { asText } from '../core/json-value.ts';

type Json = Readonly<Record<string, unknown>>;

interface AgentsSpan {
  readonly spanId: string;
  readonly parentId: string | null;
  readonly traceId: string;
  readonly spanData: Json & { readonly type: string };
  readonly error: { readonly message: string } | null;
}

interface AgentsTrace {
  readonly traceId: string;
  readonly name: string;
  readonly groupId?: string | null;
}

interface OpenRun {
  readonly runtime: Runtime;
  readonly span: Span;
  readonly context: Context;
  readonly token: ContextManagementToken | undefined;
}

const openMax = 10_000;
const open = new Map<string, OpenRun>();
/** Since Node 24 a context entered inside another AsyncLocalStorage's scope ends with that scope; before, it would leak to the caller. */
const canEnter = Number(process.versions.node.split('.')[0]) >= 24;
const registered = new WeakSet<object>();

export function looksLikeAgents(value: object): boolean {
  return 'addTraceProcessor' in value && 'withTrace' in value;
}

export function instrumentAgents(module: object): void {
  const { addTraceProcessor } = module as { addTraceProcessor: (processor: object) => void };
  if (registered.has(addTraceProcessor)) return;
  registered.add(addTraceProcessor);
  addTraceProcessor(processor);
}

/** `@openai/agents` replaces all processors while it loads; ours stays among them. */
export function keepAmongProcessors(prototype: object): void {
  wrapMethod(
    prototype,
    'setProcessors',
    (original) =>
      function (this: unknown, processors, ...rest) {
        const list: unknown[] = Array.isArray(processors) ? processors : [];
        const wanted =
          currentRuntime() === undefined || list.includes(processor) ? list : [...list, processor];
        return original.call(this, wanted, ...rest);
      },
  );
}

interface FunctionTool {
  readonly type: string;
  invoke?: (this: unknown, ...given: unknown[]) => unknown;
}

const replayed = new WeakSet<object>();

/** In a what-if, a tool gives the result that was set for its span. Agents name their tools anew before each call of a model. */
export function wrapAgent(prototype: object): void {
  wrapMethod(
    prototype,
    'getAllTools',
    (original) =>
      async function (this: unknown, ...args) {
        const tools = (await original.apply(this, args)) as readonly FunctionTool[];
        if (currentReplay() !== undefined) guard('replaying a tool', () => tools.forEach(giveResults));
        return tools;
      },
  );
}

function giveResults(tool: FunctionTool): void {
  const { invoke } = tool;
  if (tool.type !== 'function' || invoke === undefined || replayed.has(tool)) return;
  replayed.add(tool);
  tool.invoke = function (this: unknown, ...given) {
    const result = currentReplay()?.givenResult(currentToolSpanId() ?? '');
    return result === undefined ? invoke.apply(this, given) : Promise.resolve(result.value);
  };
}

type CurrentSpan = () => AgentsSpan | null;

/** `getCurrentSpan` of each loaded copy of the package. Inside a tool, OpenTelemetry's active span is not the span of the tool. */
const currentSpans = new Set<CurrentSpan>();

export function noteCurrentSpan(getCurrentSpan: object): void {
  currentSpans.add(getCurrentSpan as CurrentSpan);
}

function currentToolSpanId(): string | undefined {
  for (const current of currentSpans) {
    const run = open.get(current()?.spanId ?? '');
    if (run !== undefined) return run.span.spanContext().spanId;
  }
  return undefined;
}

const processor = {
  start: () => undefined,
  onTraceStart: (trace: AgentsTrace) => {
    start(trace.traceId, undefined, `invoke_workflow ${trace.name}`, {
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.workflow.name': trace.name,
      'gen_ai.conversation.id': trace.groupId ?? undefined,
    });
    return Promise.resolve();
  },
  onTraceEnd: (trace: AgentsTrace) => {
    finish(trace.traceId, () => undefined);
    return Promise.resolve();
  },
  onSpanStart: (span: AgentsSpan) => {
    if (ancestors.size < openMax) ancestors.set(span.spanId, span.parentId ?? span.traceId);
    const described = describe(span);
    if (described !== undefined) start(span.spanId, span, described.name, described.attributes);
    return Promise.resolve();
  },
  onSpanEnd: (span: AgentsSpan) => {
    finish(span.spanId, (run) => complete(run, span));
    return Promise.resolve();
  },
  shutdown: () => Promise.resolve(),
  forceFlush: () => Promise.resolve(),
};

function describe({ spanData: data }: AgentsSpan): { name: string; attributes: Json } | undefined {
  const name = asText(data['name']) ?? data.type;
  switch (data.type) {
    case 'agent':
      return {
        name: `invoke_agent ${name}`,
        attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': name },
      };
    case 'function':
      return {
        name: `execute_tool ${name}`,
        attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': name },
      };
    case 'handoff':
      return {
        name: 'handoff',
        attributes: { 'gen_ai.operation.name': 'handoff', 'gen_ai.agent.name': data['from_agent'] },
      };
    case 'guardrail':
      return {
        name: `guardrail ${name}`,
        attributes: { 'gen_ai.operation.name': 'guardrail.run', 'gen_ai.guardrail.name': name },
      };
    case 'custom':
      return { name, attributes: {} };
    default:
      return undefined;
  }
}

function start(id: string, span: AgentsSpan | undefined, name: string, attributes: Json): void {
  guard('tracing an agent run', () => {
    const runtime = currentRuntime();
    // Registered twice, by hand and automatically, it still makes one span.
    if (runtime === undefined || open.size >= openMax || open.has(id)) return;
    const parent = nearestOpen(span) ?? runtime.contextManager.active();
    if (span?.spanData.type === 'function') addToolCall(parent);
    const opened = openSpan(runtime, parent, name, { attributes: definedAttributes(attributes) });
    if (opened === undefined) return;
    open.set(id, {
      runtime,
      ...opened,
      token: canEnter ? runtime.contextManager.attach?.(opened.context) : undefined,
    });
  });
}

/** Parents of all running spans, also of those left out, so that what is inside them finds the next span above. */
const ancestors = new Map<string, string>();

function nearestOpen(span: AgentsSpan | undefined): Context | undefined {
  if (span === undefined) return undefined;
  let id: string | undefined = span.parentId ?? span.traceId;
  for (let level = 0; level < 20 && id !== undefined; level++) {
    const run = open.get(id);
    if (run !== undefined) return run.context;
    id = ancestors.get(id);
  }
  return open.get(span.traceId)?.context;
}

function complete(run: OpenRun, span: AgentsSpan): void {
  const { spanData: data } = span;
  if (data.type === 'function') {
    const [input, output] = [capture(run.runtime, data['input']), capture(run.runtime, data['output'])];
    if (input !== undefined) run.span.setAttribute('gen_ai.tool.call.arguments', input);
    if (output !== undefined) run.span.setAttribute('gen_ai.tool.call.result', output);
  }
  if (data.type === 'handoff' && typeof data['to_agent'] === 'string')
    run.span.setAttribute('sightline.handoff.to', data['to_agent']);
  if (data.type === 'guardrail')
    run.span.setAttribute('gen_ai.guardrail.triggered', data['triggered'] === true);
  if (span.error !== null) recordErrorOn(run.span, new Error(span.error.message));
}

function finish(id: string, describeEnd: (run: OpenRun) => void): void {
  const run = open.get(id);
  ancestors.delete(id);
  if (run === undefined) return;
  open.delete(id);
  guard('tracing an agent run', () => describeEnd(run));
  run.span.end();
  guard('leaving an agent run', () => run.token?.dispose());
}
