/** @sightline/sdk: one `init`, and a Node program's agents, LLM calls, tools, pipelines, logs and metrics are observed. */
export type { ExporterOptions, FileExporterOptions, InitOptions } from './config/init-options.ts';
export { SightlineConfigError } from './core/sdk-error.ts';
export { droppedCounts, flush, init, shutdown } from './lifecycle/init.ts';
export type { DropCount } from './core/drop-counter.ts';
export { getStats, type SdkStats } from './lifecycle/stats.ts';
export { memoryExporter, type MemoryExporter } from './config/memory-exporter.ts';
export { getCorrelationId, setCorrelationId, withCorrelationId } from './correlation/correlation-id.ts';
export { contextFromHeaders, correlationHeaders } from './correlation/headers.ts';
export { currentSpan, startSpan, withSpan, type ManualSpan, type SpanOptions } from './tracing/with-span.ts';
export type { SpanAttributes, SpanHandle } from './core/span-handle.ts';
export type { SpanKind } from './core/span-kinds.ts';
export { getLogger, type LogFields, type Logger } from './logging/logger.ts';
export type { LogCategory, LogLevel } from './config/levels.ts';
export type { LogHandler } from './config/log-handler.ts';
export { consoleHandler, type ConsoleHandlerOptions } from './logging/console-handler.ts';
export { fileHandler, type FileHandlerOptions } from './logging/file-handler.ts';
export type { CaptureMode } from './config/capture-mode.ts';
export type { BuiltInRule, MaskingOptions, MaskingRule } from './config/masking-options.ts';
export type { SamplingOptions } from './config/sampling-options.ts';
export { isKept, stableHash } from './sampling/stable-hash.ts';
export { traced, type TracedOptions } from './tracing/traced.ts';
export { traceStep, traceWorkflow, type StepOptions, type WorkflowOptions } from './agent/workflow.ts';
export { traceLlmCall, type LlmCallOptions, type LlmCallSpan, type LlmResponse } from './agent/llm-call.ts';
export type { TokenUsage } from './agent/price.ts';
export { traceTool, type ToolOptions } from './agent/tool.ts';
export {
  traceRetrieval,
  type RetrievalOptions,
  type RetrievalSpan,
  type RetrievedDocument,
} from './agent/retrieval.ts';
export { score, traceEvaluation, type EvaluationOptions, type Score } from './agent/evaluation.ts';
export { getPrompt, type GetPromptOptions, type Prompt } from './prompts/get-prompt.ts';
export type {
  PromptContent,
  PromptMessage,
  PromptParameters,
  PromptTool,
  PromptToolCall,
} from './prompts/prompt-content.ts';
export type {
  AddedItems,
  DatasetItem,
  DatasetItemInput,
  ExperimentScore,
  ExperimentSummary,
  ServerEvaluator,
} from './experiments/experiment-types.ts';
export {
  addToDataset,
  type AddToDatasetOptions,
  readDataset,
  type ReadDatasetOptions,
} from './experiments/datasets.ts';
export {
  experiment,
  type ExperimentOptions,
  type ExperimentRun,
  type Judged,
  type OwnEvaluator,
  type OwnScore,
} from './experiments/experiment.ts';
export { SightlineServerError, type ServerOptions } from './runtime/ask-server.ts';
export { expressMiddleware, honoMiddleware, instrumentFastify, tracedListener } from './http/middleware.ts';
export {
  clearThread,
  getExecutionSummary,
  getStageStatistics,
  trackStage,
  trackSubstage,
  type ExecutionSummary,
  type StageHandle,
  type StageOptions,
  type StageStatistics,
  type StageSummary,
} from './stages/stages.ts';
export { saveQuery } from './targets/save-query.ts';
export { target, type TargetCall } from './targets/target.ts';
export type { TargetOptions } from './targets/target-options.ts';
export { replayTest, type ReplayTestOptions } from './replay-test.ts';
export type { OnDivergence, ReplayOptions } from './replay/replay-session.ts';
export { ReplayDivergenceError } from './replay/replay-divergence-error.ts';
export { instrument } from './clients/instrument.ts';
export {
  counter,
  countCalls,
  gauge,
  histogram,
  logMetric,
  measureErrors,
  measureTime,
  timer,
  upDownCounter,
  type Counter,
  type Gauge,
  type Histogram,
  type HistogramOptions,
  type InstrumentOptions,
  type Labels,
  type Timer,
} from './metrics/instruments.ts';
export { prometheusHandler, renderPrometheus } from './metrics/prometheus-handler.ts';
export {
  checkHealth,
  healthHandler,
  registerHealthCheck,
  type HealthCheck,
  type HealthReport,
} from './metrics/health.ts';
export { bridgeConsole, logStream, pinoDestination, pinoMixin, winstonFormat } from './logging/bridges.ts';
export { trackedCache, type CacheLike, type CacheStats, type TrackedCache } from './helpers/tracked-cache.ts';
export { trackedPool, type PoolLike, type TrackedPool } from './helpers/tracked-pool.ts';
export {
  CircuitOpenError,
  trackedCircuitBreaker,
  type BreakerOptions,
  type BreakerState,
  type TrackedCircuitBreaker,
} from './helpers/tracked-circuit-breaker.ts';
