import type { Attributes, Span } from '@opentelemetry/api';
import { ensureCorrelation, withCorrelation } from '../correlation/correlation-id.ts';
import { withInherited } from '../runtime/context.ts';
import { currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { getLogger } from '../logging/logger.ts';
import { countError, standardMetrics } from '../metrics/standard-metrics.ts';
import { round, type CallHooks } from '../tracing/traced-call.ts';
import { idleHandle, type SpanAttributes, type SpanHandle } from '../core/span-handle.ts';
import { definedAttributes, describeAndRun, errorType, prepareOperation } from './traced-operation.ts';
import { recordResult } from '../replay/record-result.ts';
import { inputAttributes } from './input-attributes.ts';
import { withTotals, type Totals } from './totals.ts';

export interface WorkflowOptions {
  /** Default: the agent's name, else `workflow`. */
  readonly name?: string;
  /** Your own id of this run; shown and searchable. */
  readonly runId?: string;
  /** How it runs, such as `plan-and-execute` or `react`. */
  readonly mode?: string;
  readonly agent?: string;
  readonly model?: string;
  /** The conversation; every span and log inside carries it. */
  readonly sessionId?: string;
  readonly userId?: string;
  readonly correlationId?: string;
  /** What the run was given, and in which surroundings: a replay gives it again. Recorded under the `capture` option. */
  readonly input?: unknown;
  readonly context?: unknown;
  readonly attributes?: SpanAttributes;
}

export interface StepOptions {
  readonly stepId: string;
  readonly name?: string;
  readonly agent?: string;
  /** Counting from 1. */
  readonly stepNumber?: number;
  readonly attributes?: SpanAttributes;
}

/**
 * One run of an agent or pipeline: a span, start and end log lines, and the metrics `workflow.duration`, `workflow.count`,
 * `workflow.cost`, `error.count`, with the tokens and dollars of all model calls inside summed onto the span.
 *
 * @example
 * await traceWorkflow({ name: 'answer', runId: 'r-1', agent: 'researcher', model: 'gpt-4o' }, async () => {
 *   await traceStep({ stepId: 'plan', stepNumber: 1 }, async () => {});
 * });
 */
export function traceWorkflow<T>(options: WorkflowOptions, fn: (span: SpanHandle) => T): T {
  const runtime = currentRuntime();
  if (runtime === undefined) return fn(idleHandle);
  return describeAndRun(
    () => {
      const name = options.name ?? options.agent ?? 'workflow';
      const labels = definedAttributes({
        'gen_ai.workflow.name': name,
        'gen_ai.agent.name': options.agent,
        'gen_ai.request.model': options.model,
        'sightline.workflow.mode': options.mode,
      });
      let totals: Totals | undefined;
      const report = reporting(runtime, 'Workflow', name, labels, () => totals);
      return prepareOperation(
        runtime,
        {
          name: `invoke_workflow ${name}`,
          attributes: {
            'gen_ai.operation.name': 'invoke_workflow',
            ...labels,
            ...inputAttributes(runtime, options),
            ...options.attributes,
          },
          around: (context) => {
            const correlated =
              options.correlationId === undefined
                ? ensureCorrelation(context)
                : withCorrelation(context, options.correlationId);
            const entered = withTotals(
              withInherited(
                correlated,
                definedText({
                  'sightline.run.id': options.runId,
                  'gen_ai.conversation.id': options.sessionId,
                  'session.id': options.sessionId,
                  'user.id': options.userId,
                }),
              ),
            );
            totals = entered.totals;
            return entered.context;
          },
        },
        fn,
        {
          ...report,
          ended: (span, value, durationMs, items) => {
            if ('input' in options && items === undefined)
              recordResult(runtime, span, value, { shown: undefined, name: 'sightline.output' });
            report.ended?.(span, value, durationMs, items);
          },
        },
      );
    },
    () => fn(idleHandle),
  );
}

/** One step of a workflow, with `step.duration`, `error.count`, log lines, and its share of tokens and cost. */
export function traceStep<T>(options: StepOptions, fn: (span: SpanHandle) => T): T {
  const runtime = currentRuntime();
  if (runtime === undefined) return fn(idleHandle);
  return describeAndRun(
    () => {
      const name = options.name ?? options.stepId;
      const labels = definedAttributes({
        'sightline.step.id': options.stepId,
        'gen_ai.agent.name': options.agent,
      });
      let totals: Totals | undefined;
      return prepareOperation(
        runtime,
        {
          name: `step ${name}`,
          attributes: {
            'gen_ai.operation.name': 'agent_step',
            ...labels,
            ...definedAttributes({ 'sightline.step.number': options.stepNumber }),
            ...options.attributes,
          },
          around: (context) => {
            const entered = withTotals(context);
            totals = entered.totals;
            return entered.context;
          },
        },
        fn,
        reporting(runtime, 'Step', name, labels, () => totals),
      );
    },
    () => fn(idleHandle),
  );
}

const log = getLogger('sightline.workflow');

function reporting(
  runtime: Runtime,
  what: 'Workflow' | 'Step',
  name: string,
  labels: Attributes,
  totals: () => Totals | undefined,
): CallHooks {
  const finish = (span: Span, durationMs: number, status: 'ok' | 'error') => {
    const metrics = standardMetrics(runtime);
    const sum = totals();
    if (sum !== undefined) span.setAttributes(totalAttributes(sum));
    const withStatus = { ...labels, status };
    if (what === 'Workflow') {
      metrics.workflowDuration.record(durationMs / 1000, withStatus);
      metrics.workflowCount.add(1, withStatus);
      if (sum !== undefined && sum.llmCalls > 0 && sum.unpricedCalls < sum.llmCalls)
        metrics.workflowCost.record(sum.costUsd, labels);
    } else metrics.stepDuration.record(durationMs / 1000, withStatus);
  };
  return {
    always: true,
    started: () => log.info(`${what} ${name} started`, { category: 'AGENT' }),
    ended: (span, _value, durationMs) => {
      finish(span, durationMs, 'ok');
      log.info(`${what} ${name} completed`, {
        category: 'AGENT',
        performanceMetrics: measured(durationMs, totals()),
      });
    },
    failed: (span, error, durationMs) => {
      finish(span, durationMs, 'error');
      countError(runtime, { ...labels, operation: what.toLowerCase(), 'error.type': errorType(error) });
      log.error(`${what} ${name} failed`, {
        category: 'AGENT',
        error,
        performanceMetrics: measured(durationMs, totals()),
      });
    },
  };
}

/** Sums stay off the `gen_ai.usage.*` names: those belong to single calls, and a reader would count the tokens twice. */
function totalAttributes(totals: Totals): Attributes {
  return {
    'sightline.llm_calls': totals.llmCalls,
    'sightline.tool_calls': totals.toolCalls,
    'sightline.total.input_tokens': totals.inputTokens,
    'sightline.total.output_tokens': totals.outputTokens,
    ...(totals.llmCalls > totals.unpricedCalls ? { 'sightline.total.cost_usd': totals.costUsd } : {}),
    ...(totals.unpricedCalls > 0 ? { 'sightline.total.unpriced_calls': totals.unpricedCalls } : {}),
  };
}

function measured(durationMs: number, totals: Totals | undefined): Record<string, number> {
  return {
    durationMs: round(durationMs),
    ...(totals === undefined || totals.llmCalls === 0
      ? {}
      : { costUsd: totals.costUsd, llmCalls: totals.llmCalls }),
  };
}

function definedText(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
