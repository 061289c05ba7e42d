/** Stage tracking of request pipelines: each stage is a real span, and is kept in memory for summaries and statistics. */
import { createContextKey } from '@opentelemetry/api';
import { activeContext } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime } from '../runtime/runtime.ts';
import { findCallSite } from '../logging/call-site.ts';
import type { LogLevel } from '../config/levels.ts';
import { writeLineAt, type LogFields } from '../logging/logger.ts';
import { gauge, histogram } from '../metrics/instruments.ts';
import { isForced } from '../sampling/force.ts';
import { isKept } from '../sampling/stable-hash.ts';
import { describeError, idleHandle, type SpanHandle } from '../core/span-handle.ts';
import { round, tracedCall } from '../tracing/traced-call.ts';
import { StageStore, type StageRecord } from './stage-store.ts';

export interface StageHandle extends SpanHandle {
  /** Adds to what the summary says about this stage, and to the span. */
  setMetadata(metadata: Readonly<Record<string, string | number | boolean>>): void;
}

export interface StageOptions {
  /** Tracked whatever the rate says. A forced span or request around the stage does the same. */
  readonly force?: boolean;
}

export interface StageSummary {
  readonly stageId: string;
  readonly stageName: string;
  readonly durationMs: number | undefined;
  /** Undefined while it runs. */
  readonly success: boolean | undefined;
  readonly errorType?: string;
  readonly errorMessage?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly substages: readonly StageSummary[];
}

export interface ExecutionSummary {
  readonly threadId: string;
  /** From the start of the first stage to the end of the last. */
  readonly totalMs: number;
  /** Stages and substages. */
  readonly stageCount: number;
  /** Whether every finished stage succeeded. */
  readonly success: boolean;
  readonly stages: readonly StageSummary[];
}

export interface StageStatistics {
  readonly stageId: string;
  readonly count: number;
  readonly avgMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** 0 to 1. */
  readonly successRate: number;
}

interface StageScope {
  readonly threadId: string;
  readonly record: StageRecord | undefined;
}

const scopeKey = createContextKey('sightline.stage');
const store = new StageStore();

/**
 * Runs `fn` as a stage of the request `threadId`: a span, a start and an end line, `request_stage_duration_ms` and
 * `request_stage_success_rate`. Sampled by the hash of the thread id, the same for all stages of a request, unless forced.
 *
 * @example
 * await trackStage('retrieve', 'Retrieval', 'request-1', async (stage) => {
 *   await trackSubstage('bm25', 'BM25 search', async () => {});
 *   stage.setMetadata({ documents: 12 });
 * });
 * getExecutionSummary('request-1')?.stageCount; // 2
 */
export function trackStage<T>(
  stageId: string,
  stageName: string,
  threadId: string,
  fn: (stage: StageHandle) => T,
  options: StageOptions = {},
): T {
  const described = { stageId: nameOf(stageId), stageName: nameOf(stageName), threadId: nameOf(threadId) };
  return run({ ...described, parent: undefined, force: options.force === true, below: trackStage }, fn);
}

/** A part of the enclosing stage; outside of any stage it runs `fn` untracked. */
export function trackSubstage<T>(stageId: string, stageName: string, fn: (stage: StageHandle) => T): T {
  const scope = activeContext().getValue(scopeKey) as StageScope | undefined;
  if (scope === undefined) return fn({ ...idleHandle, setMetadata: () => undefined });
  const described = { stageId: nameOf(stageId), stageName: nameOf(stageName) };
  const { threadId, record: parent } = scope;
  return run({ ...described, threadId, parent, force: true, below: trackSubstage }, fn);
}

/** What happened in one request so far; undefined when nothing is kept of it. */
export function getExecutionSummary(threadId: string): ExecutionSummary | undefined {
  const stages = store.stagesOf(threadId);
  if (stages === undefined) return undefined;
  const all = stages.flatMap(withSubstages);
  const start = Math.min(...all.map((stage) => stage.startTimeMs));
  const end = Math.max(...all.map((stage) => stage.startTimeMs + (stage.durationMs ?? 0)));
  return {
    threadId,
    totalMs: all.length === 0 ? 0 : round(end - start),
    stageCount: all.length,
    success: all.every((stage) => stage.success !== false),
    stages: structuredClone(stages),
  };
}

/** Statistics over the last `limit` runs of a stage (at most 1,000 are kept), over all requests of this process. */
export function getStageStatistics(stageId: string, limit = 1000): StageStatistics | undefined {
  const samples = store.samplesOf(stageId);
  if (samples === undefined || limit < 1) return undefined;
  const durations = samples.durationsMs.slice(-limit);
  const successes = samples.successes.slice(-limit);
  const sorted = durations.toSorted((a, b) => a - b);
  const quantile = (share: number) => round(sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)] ?? 0);
  return {
    stageId,
    count: durations.length,
    avgMs: round(durations.reduce((sum, each) => sum + each, 0) / durations.length),
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    successRate: successes.filter(Boolean).length / successes.length,
  };
}

/** Forgets the stages of a request; its statistics stay. */
export function clearThread(threadId: string): void {
  store.clearThread(threadId);
}

interface StageCall {
  readonly stageId: string;
  readonly stageName: string;
  readonly threadId: string;
  readonly parent: StageRecord | undefined;
  readonly force: boolean;
  /** The function the program called: the lines name its caller. */
  readonly below: (...args: never[]) => unknown;
}

const durations = histogram('request_stage_duration_ms', {
  unit: 'ms',
  description: 'Time a stage took.',
  buckets: [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000],
});
const successRates = gauge('request_stage_success_rate', {
  unit: '1',
  description: 'Share of the last 1,000 runs of a stage that succeeded.',
});

function run<T>(call: StageCall, fn: (stage: StageHandle) => T): T {
  const runtime = currentRuntime();
  const force =
    call.force ||
    runtime?.options.sampling.force === true ||
    (runtime !== undefined && isForced(runtime.contextManager.active()));
  const kept =
    runtime !== undefined &&
    runtime.options.stagesEnabled &&
    (force || isKept(call.threadId, runtime.sampler.rate));
  if (runtime === undefined || !kept) return fn({ ...idleHandle, setMetadata: () => undefined });

  const record: StageRecord = {
    stageId: call.stageId,
    stageName: call.stageName,
    startTimeMs: performance.timeOrigin + performance.now(),
    durationMs: undefined,
    success: undefined,
    metadata: {},
    substages: [],
  };
  const stored = store.add(call.threadId, record, call.parent);
  const site = runtime.options.logCallSite ? findCallSite(call.below) : undefined;
  const fields = { stage_id: call.stageId, stage_name: call.stageName, thread_id: call.threadId };
  const log = (level: LogLevel, what: string, more: LogFields) =>
    writeLineAt('sightline.stages', level, `${call.stageName} ${what}`, { ...fields, ...more }, site);
  const finish = (durationMs: number, error?: unknown) => {
    record.durationMs = round(durationMs);
    record.success = error === undefined;
    if (error !== undefined) {
      const { type, message } = describeError(error);
      record.errorType = type;
      record.errorMessage = message;
    }
    const labels = { stage_id: call.stageId, stage_name: call.stageName };
    durations.record(record.durationMs, { ...labels, status: record.success ? 'success' : 'error' });
    const successRate = stored ? store.finish(record) : undefined;
    if (successRate !== undefined) successRates.set(successRate, labels);
    const performanceMetrics = { durationMs: record.durationMs };
    if (error === undefined) log('INFO', 'completed', { performanceMetrics });
    else log('ERROR', 'failed', { error, performanceMetrics });
  };
  const manager = runtime.contextManager;
  return tracedCall(
    runtime,
    call.stageName,
    {
      // The thread decided; a stage must not be lost to the trace's own draw.
      force: call.parent === undefined,
      attributes: {
        'gen_ai.operation.name': 'stage',
        'sightline.stage.id': call.stageId,
        'sightline.stage.name': call.stageName,
        'sightline.thread.id': call.threadId,
      },
    },
    (handle) => {
      const stage: StageHandle = Object.assign(Object.create(handle) as SpanHandle, {
        setMetadata: (metadata: Readonly<Record<string, string | number | boolean>>) => {
          guard('setting stage metadata', () => {
            Object.assign(record.metadata, metadata);
            for (const [key, value] of Object.entries(metadata))
              handle.setAttributes({ [`sightline.stage.metadata.${key}`]: value });
          });
        },
      });
      const scope: StageScope = { threadId: call.threadId, record };
      return manager.with(manager.active().setValue(scopeKey, scope), fn, undefined, stage);
    },
    {
      always: true,
      started: () => log('INFO', 'started', {}),
      ended: (_span, _value, durationMs) => finish(durationMs),
      failed: (_span, error, durationMs) => finish(durationMs, error ?? new Error('unknown')),
    },
  );
}

/** Ids and names as JavaScript callers give them: a number is a name too, and nothing here may throw. */
function nameOf(value: unknown): string {
  return typeof value === 'string' ? value : describeError(value).message;
}

function withSubstages(stage: StageRecord): StageRecord[] {
  return [stage, ...stage.substages.flatMap(withSubstages)];
}
