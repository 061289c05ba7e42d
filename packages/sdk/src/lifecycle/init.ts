/** `init`, `shutdown` and `flush`: the only way in and out. */
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import {
  emptyResource,
  detectResources,
  hostDetector,
  osDetector,
  processDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import type {
  Attributes,
  Logger as OtelLogger,
  TracerProvider as ApiTracerProvider,
} from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { InitOptions } from '../config/init-options.ts';
import type { ResolvedOptions } from '../config/resolved-options.ts';
import { resolveOptions } from '../config/resolve-options.ts';
import { keepHeadersSingle } from '../correlation/single-headers.ts';
import { SightlinePropagator } from '../correlation/propagator.ts';
import { BatchQueue, withinMs } from '../export/batch-queue.ts';
import {
  createLogSinks,
  createMetricSinks,
  createTraceSinks,
  type FileRegistry,
  type SignalSinks,
} from '../export/create-sinks.ts';
import { sendBlocking } from '../export/last-words.ts';
import { LogPipeline } from '../export/log-pipeline.ts';
import { MetricPusher } from '../export/metric-pusher.ts';
import { SpanPipeline } from '../export/span-pipeline.ts';
import { weighSpan } from '../core/weigh-span.ts';
import { weighLog } from '../export/weigh-log.ts';
import { ExportWall } from '../export/export-wall.ts';
import { logLevels } from '../config/levels.ts';
import { LineRecord, type LineOrigin } from '../logging/line-record.ts';
import { createMaskText } from '../masking/mask-text.ts';
import { placeholder } from '../masking/placeholder.ts';
import { FunctionDurations } from '../core/function-durations.ts';
import { createMeterProvider } from '../metrics/create-meter-provider.ts';
import { exponentialMeterName } from '../metrics/views.ts';
import { endHealthReports } from '../metrics/report-health.ts';
import { pullReader } from '../export/pull-reader.ts';
import { startProcessMetrics } from '../metrics/process-metrics.ts';
import { RootSampler } from '../sampling/root-sampler.ts';
import { DrawnIdGenerator } from '../sampling/trace-ids.ts';
import { TailBuffer } from '../sampling/tail-buffer.ts';
import { guard, sayOnce, sayOnStderr, silenceDiagnostics } from '../core/diagnostics.ts';
import { DropCounter, type DropCount, type Signal } from '../core/drop-counter.ts';
import { interceptEsModules } from '../core/esm-interception.ts';
import { installExitHooks } from './exit-hooks.ts';
import {
  addHostLogProcessor,
  addSpanProcessor,
  findHostContextManager,
  findHostTracerProvider,
  registerGlobals,
  removeSpanProcessor,
} from '../core/otel-globals.ts';
import { currentRuntime, replaceRuntime, type Runtime } from '../runtime/runtime.ts';
import { isSupportedNode } from '../core/supported-node.ts';
import { sdkName, sdkVersion } from '../core/version.ts';
import { unregisterAiSdk } from '../clients/ai-sdk.ts';
import { configureAnthropic } from '../clients/anthropic.ts';
import { completeForeignSpan, rememberParent } from '../clients/foreign-genai.ts';
import { instrumentLoadedModules } from '../clients/loaded-modules.ts';
import { installModuleHooks } from '../clients/module-hooks.ts';
import { fetchInstrumentation, resubscribe } from '../clients/default-instrumentations.ts';
import { ForwardingTracerProvider } from './forwarding-provider.ts';
import { recordFetch } from '../replay/record-fetch.ts';
import { recordHttp } from '../replay/record-http.ts';
import { recordUndici } from '../replay/record-undici.ts';
import { replayConfiguration } from '../replay/replay-configuration.ts';
import { currentReplay } from '../replay/replay-slot.ts';
import { startReplayFromEnvironment } from '../replay/start-replay.ts';

const queueBytesMax = 64 * 1024 * 1024;
const batchBytesMax = 8 * 1024 * 1024;

/**
 * Starts the SDK: from here on spans, logs and metrics are recorded and sent. Call it once, first thing in the program, or start
 * Node with `--import @sightline/sdk/register`. Everything left out comes from the environment (`OTEL_*`, `SIGHTLINE_*`).
 *
 * @throws SightlineConfigError when an option or variable is wrong. Nothing else here or later throws into the host.
 * @example
 * init({ serviceName: 'research-agent', endpoint: 'http://127.0.0.1:4318' });
 */
export function init(options: InitOptions = {}): void {
  start(options, true);
}

/** What `--import @sightline/sdk/register` does: nothing of the program is loaded yet. */
export function initBeforeProgram(): void {
  start({}, false);
}

function start(options: InitOptions, programIsLoaded: boolean): void {
  if (!isSupportedNode) return;
  const isReplay = (process.env['SIGHTLINE_REPLAY'] ?? '') !== '';
  const given = resolveOptions(options, process.env);
  const resolved = isReplay ? replayConfiguration(given) : given;
  silenceDiagnostics(resolved.quiet);
  if (currentRuntime() !== undefined) {
    sayOnce(
      'double-init',
      'init was called again and ignored; call shutdown first to change the configuration.',
    );
    return;
  }
  if (!resolved.enabled) return;
  if (isReplay && currentReplay() === undefined) startReplayFromEnvironment(process.env);
  replaceRuntime(startRuntime(resolved));
  if (programIsLoaded) instrumentLoadedModules(resolved.instrumentClients);
}

/** Sends everything that is queued. Resolves when it is delivered, or after `timeoutMs` (default 10,000). Never rejects. */
export async function flush(options: { readonly timeoutMs?: number } = {}): Promise<void> {
  await currentRuntime()?.flush(options.timeoutMs ?? 10_000);
}

/** Flushes, then stops recording. Afterwards every function of the SDK passes through, and `init` may be called again. */
export async function shutdown(options: { readonly timeoutMs?: number } = {}): Promise<void> {
  const runtime = currentRuntime();
  await runtime?.close(options.timeoutMs ?? 10_000);
}

/** What could not be delivered or was not sampled, by signal and reason. */
export function droppedCounts(): readonly DropCount[] {
  return currentRuntime()?.drops.list() ?? [];
}

function startRuntime(options: ResolvedOptions): Runtime {
  const maskText = createMaskText(options.masking);
  const wall = options.capture === 'full' ? undefined : new ExportWall(maskText);
  const drops = new DropCounter(sayOnStderr);
  const files: FileRegistry = new Map();
  const resource = describeProcess(options, wall, maskText.isSensitiveKey);

  const traceSinks = createTraceSinks(options, files);
  const hostProvider = findHostTracerProvider();
  const sampler = new RootSampler(options.sampling);
  const ids = new DrawnIdGenerator();
  const samplesItself = hostProvider === undefined && sampler.rate < 1;
  const notSampled = drops.tally('traces', 'not sampled');
  const spans = new SpanPipeline({
    queues: queuesOf('traces', traceSinks, options, drops, weighSpan),
    memory: traceSinks.memory,
    tail:
      samplesItself && sampler.decidesAtEnd
        ? (keep) =>
            new TailBuffer({
              sampling: options.sampling,
              tracer: () => ownTracers.getTracer(sdkName, sdkVersion),
              ids,
              keep,
              notSampled,
              full: drops.tally('traces', 'the tail buffer is full'),
            })
        : undefined,
    started: (span, parent) =>
      guard('noting a span', () => {
        rememberParent(span, parent);
        currentReplay()?.noteSpan(span, trace.getSpanContext(parent)?.spanId);
      }),
    ending: (span) =>
      guard('completing a span', () => {
        completeForeignSpan(runtime, span);
      }),
    wall,
  });
  const logSinks = createLogSinks(options, files);
  const logs = new LogPipeline({
    queues: queuesOf('logs', logSinks, options, drops, weighLog),
    memory: logSinks.memory,
    wall,
  });
  const metricSinks = createMetricSinks(options, files);

  const ownTracers = new TracerProvider({
    resource,
    sampler,
    idGenerator: ids,
    spanProcessors: [spans],
    spanLimits: options.spanLimits,
  });
  const loggers = new LoggerProvider({ resource, processors: [logs], logRecordLimits: options.spanLimits });
  const functionDurations = new FunctionDurations(resource, (name) => wall?.text(name) ?? name);
  const pusher = new MetricPusher({
    functionDurations,
    sinks: metricSinks.sinks,
    memory: metricSinks.memory,
    intervalMs: options.metricIntervalMs,
    drops,
  });
  const meters = createMeterProvider(resource, [pusher, pullReader(functionDurations)], wall);

  const joined = hostProvider !== undefined && addSpanProcessor(hostProvider, spans);
  addHostLogProcessor(logs);
  const contextManager = findHostContextManager() ?? new AsyncLocalStorageContextManager().enable();
  const propagator = new SightlinePropagator();
  const otelLoggers = new Map<string, OtelLogger>();
  const origins = new Map<string, LineOrigin>();
  const originOf = (name: string): LineOrigin => {
    let origin = origins.get(name);
    if (origin === undefined) {
      const { attributeCountLimit, attributeValueLengthLimit } = options.spanLimits;
      origin = {
        resource,
        scope: { name },
        attributesMax: attributeCountLimit,
        attributeCharactersMax: attributeValueLengthLimit,
        clean: (key, value) => (wall === undefined ? value : wall.named(key, value)),
      };
      // Names made up at run time must not pile up.
      if (origins.size < 10_000) origins.set(name, origin);
    }
    return origin;
  };

  const tracers = new ForwardingTracerProvider(joined ? hostProvider : ownTracers);
  /** Providers of the host that carry our processor; the last one makes our spans. */
  const adopted: ApiTracerProvider[] = joined ? [hostProvider] : [];
  const runtime: { -readonly [K in keyof Runtime]: Runtime[K] } = {
    options,
    tracer: (joined ? hostProvider : ownTracers).getTracer(sdkName, sdkVersion),
    tracerFor: (scope) => tracers.getTracer(scope),
    contextManager,
    propagator,
    otelLogger: (name) => {
      let logger = otelLoggers.get(name);
      if (logger === undefined) otelLoggers.set(name, (logger = loggers.getLogger(name)));
      return logger;
    },
    meter: meters.getMeter(sdkName, sdkVersion),
    exponentialMeter: meters.getMeter(exponentialMeterName, sdkVersion),
    sampler,
    outside: samplesItself ? { tail: spans.tail, notSampled } : undefined,
    recordLine:
      logSinks.sinks.length + logSinks.memory.length > 0
        ? (logger, level, body, line) =>
            logs.add(new LineRecord(originOf(logger), contextManager.active(), level, body, line))
        : undefined,
    logsDebug: logLevels[options.logLevel].pino <= logLevels.DEBUG.pino,
    maskText,
    functionDurations,
    drops,
    counts: () => ({
      spans: { ...spans.counts, queued: spans.queued },
      logs: { queued: logs.queued },
      metrics: { ...pusher.counts },
    }),
    flush: (timeoutMs) =>
      withinMs(Promise.all([spans.forceFlush(), logs.forceFlush(), meters.forceFlush()]), timeoutMs),
    sendLastWords: (timeoutMs) => {
      const requests = [...spans.takeLastWords(), ...logs.takeLastWords(), ...pusher.takeLastWords()];
      if (requests.length > 0) sendBlocking(requests, timeoutMs);
    },
    close: (timeoutMs) => (closing ??= close(timeoutMs)),
  };
  let closing: Promise<void> | undefined;

  const leaveHeaders = keepHeadersSingle();
  const records = options.recordExchanges && options.capture !== 'off' && currentReplay() === undefined;
  const stopRecordingFetch = records ? recordFetch() : () => undefined;
  const stopRecordingHttp = records ? recordHttp() : () => undefined;
  const stopRecordingUndici = records ? recordUndici() : () => undefined;
  const fetching = fetchInstrumentation(options);
  const unregister = registerGlobals(
    { tracerProvider: tracers, contextManager, propagator, meterProvider: meters },
    (provider) => {
      if (!addSpanProcessor(provider, spans)) return false;
      adopted.push(provider);
      tracers.forwardTo(provider);
      // After the host's set-up, which may be tracing fetch too.
      queueMicrotask(() => resubscribe(fetching));
      runtime.tracer = provider.getTracer(sdkName, sdkVersion);
      runtime.outside = undefined;
      return true;
    },
  );
  interceptEsModules(options.instrumentations);
  const instrumentations = [...(fetching === undefined ? [] : [fetching]), ...options.instrumentations];
  const uninstrument = registerInstrumentations({
    instrumentations,
    tracerProvider: tracers,
    meterProvider: meters,
  });
  const stopProcessMetrics = options.processMetrics ? startProcessMetrics(runtime.meter) : () => undefined;
  const removeExitHooks = installExitHooks(runtime, options);
  configureAnthropic(options.capture);
  installModuleHooks(options.instrumentClients);

  async function close(timeoutMs: number): Promise<void> {
    removeExitHooks();
    await withinMs(
      Promise.all([
        endHealthReports(),
        spans.close(timeoutMs),
        logs.close(timeoutMs),
        meters.shutdown({ timeoutMillis: timeoutMs }),
      ]),
      timeoutMs,
    );
    stopProcessMetrics();
    uninstrument();
    leaveHeaders();
    stopRecordingFetch();
    stopRecordingHttp();
    stopRecordingUndici();
    unregisterAiSdk();
    for (const provider of adopted) removeSpanProcessor(provider, spans);
    unregister();
    if (currentRuntime() === runtime) replaceRuntime(undefined);
  }
  return runtime;
}

function queuesOf<T extends ReadableSpan | ReadableLogRecord>(
  signal: Exclude<Signal, 'metrics'>,
  made: SignalSinks<T>,
  options: ResolvedOptions,
  drops: DropCounter,
  weigh: (item: T) => number,
): BatchQueue<T>[] {
  return made.sinks.map(
    (sink) =>
      new BatchQueue({
        signal,
        sink,
        drops,
        weigh,
        itemsMax: options.queueItemsMax[signal],
        bytesMax: queueBytesMax,
        batchItemsMax: options.batchItemsMax,
        batchBytesMax,
        delayMs: options.batchDelayMs,
      }),
  );
}

function describeProcess(
  options: ResolvedOptions,
  wall: ExportWall | undefined,
  isSensitiveKey: (key: string) => boolean,
) {
  const detected = detectResources({ detectors: [hostDetector, osDetector, processDetector] });
  const described = emptyResource()
    .merge(detected)
    .merge(
      resourceFromAttributes({
        'telemetry.sdk.language': 'nodejs',
        'telemetry.sdk.name': 'opentelemetry',
        'telemetry.distro.name': sdkName,
        'telemetry.distro.version': sdkVersion,
        ...(wall === undefined
          ? options.resourceAttributes
          : wall.attributes({ ...options.resourceAttributes })),
        'service.name': options.serviceName,
        ...(options.serviceVersion === undefined ? {} : { 'service.version': options.serviceVersion }),
        'deployment.environment.name': options.environment,
      }),
    );
  if (wall === undefined) return described;
  const args = ['process.command', 'process.command_args'].map((key) => [key, described.attributes[key]]);
  const command = Object.fromEntries(
    args.map(([key, value]) => [
      key,
      Array.isArray(value) ? maskFlagValues(value.map(String), isSensitiveKey) : value,
    ]),
  ) as Attributes;
  const resource = described.merge(resourceFromAttributes(wall.attributes(command)));
  wall.trustResource(resource);
  return resource;
}

/** `--password hunter2`: the value stands in an argument of its own, and nothing in it says what it is. */
function maskFlagValues(args: readonly string[], isSensitiveKey: (key: string) => boolean): string[] {
  return args.map((arg, index) => {
    const flag = /^--?([\w-]+)$/.exec(args[index - 1] ?? '')?.[1];
    return flag !== undefined && isSensitiveKey(flag) ? placeholder('secret') : arg;
  });
}
