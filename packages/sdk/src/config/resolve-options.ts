/** Turns options and environment into one checked configuration. What is passed in code wins over the environment. */
import { SightlineConfigError } from '../core/sdk-error.ts';
import { findLogLevel, logLevels } from './levels.ts';
import { checkOptions } from './check-options.ts';
import { EnvironmentReader, requireNumber, type Environment } from './environment.ts';
import type { InitOptions } from './init-options.ts';
import type { ResolvedOptions } from './resolved-options.ts';
import { findPackage } from './find-package.ts';
import { resolveExporters } from './resolve-exporters.ts';
import { resolveInstrumentations } from './resolve-instrumentations.ts';
import { resolveSampling } from './resolve-sampling.ts';
import { resolveTargets } from './resolve-targets.ts';

export function resolveOptions(options: InitOptions, environment: Environment): ResolvedOptions {
  checkOptions(options);
  const env = new EnvironmentReader(environment);
  const deployed =
    options.environment ?? env.text('SIGHTLINE_ENVIRONMENT', 'ENVIRONMENT', 'NODE_ENV') ?? 'development';
  const resource = env.pairs('OTEL_RESOURCE_ATTRIBUTES');
  const host = findPackage();
  const count = (name: string, given: number | undefined, variable: string | undefined, fallback: number) =>
    given === undefined
      ? ((variable === undefined ? undefined : env.number(variable, 1)) ?? fallback)
      : requireNumber(name, given, 1, Number.MAX_SAFE_INTEGER);
  const exportTimeoutMs = count(
    'exportTimeoutMs',
    options.exportTimeoutMs,
    'OTEL_EXPORTER_OTLP_TIMEOUT',
    10_000,
  );
  const queue = (variable: string) => count('queueItemsMax', options.queueItemsMax, variable, 8192);

  return {
    enabled: readEnabled(options, env),
    serviceName:
      options.serviceName ??
      env.text('OTEL_SERVICE_NAME') ??
      resource['service.name'] ??
      host?.name ??
      'unknown_service:node',
    serviceVersion: options.serviceVersion ?? resource['service.version'] ?? host?.version,
    environment: deployed,
    resourceAttributes: { ...resource, ...options.resourceAttributes },
    targets: resolveTargets(options, env, exportTimeoutMs),
    exporters: resolveExporters(options, env),
    sampling: resolveSampling(options.sampling ?? {}, env),
    stagesEnabled: env.boolean('EXECUTION_TRACKING_ENABLED') ?? true,
    capture: readCapture(options, env, deployed),
    captureCharactersMax: count(
      'captureCharactersMax',
      options.captureCharactersMax,
      'SIGHTLINE_CAPTURE_CHARACTERS_MAX',
      16_384,
    ),
    masking: options.masking ?? {},
    logLevel: readLogLevel(options, env),
    logHandlers: options.logHandlers,
    logCallSite: options.logCallSite ?? env.boolean('SIGHTLINE_LOG_CALL_SITE') ?? deployed !== 'production',
    spanLimits: {
      attributeCountLimit:
        env.number('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 1) ??
        env.number('OTEL_ATTRIBUTE_COUNT_LIMIT', 1) ??
        256,
      attributeValueLengthLimit:
        env.number('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 1) ??
        env.number('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 1) ??
        262_144,
    },
    queueItemsMax: { traces: queue('OTEL_BSP_MAX_QUEUE_SIZE'), logs: queue('OTEL_BLRP_MAX_QUEUE_SIZE') },
    batchItemsMax: count('batchItemsMax', options.batchItemsMax, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512),
    batchDelayMs: count('batchDelayMs', options.batchDelayMs, 'OTEL_BSP_SCHEDULE_DELAY', 1000),
    exportTimeoutMs,
    metricIntervalMs: count(
      'metricIntervalMs',
      options.metricIntervalMs,
      'OTEL_METRIC_EXPORT_INTERVAL',
      10_000,
    ),
    exponentialHistograms: readExponential(env),
    processMetrics: options.processMetrics ?? env.boolean('SIGHTLINE_PROCESS_METRICS') ?? true,
    exitFlushMsMax: count('exitFlushMsMax', options.exitFlushMsMax, 'SIGHTLINE_EXIT_FLUSH_MS_MAX', 2000),
    flushOnSignals: options.flushOnSignals ?? true,
    traceFetch: options.traceFetch ?? env.boolean('SIGHTLINE_TRACE_FETCH') ?? true,
    recordExchanges: options.recordExchanges ?? env.boolean('SIGHTLINE_RECORD_EXCHANGES') ?? true,
    instrumentClients: options.instrumentClients ?? env.boolean('SIGHTLINE_INSTRUMENT_CLIENTS') ?? true,
    instrumentations: resolveInstrumentations(options, env),
    quiet: env.text('OTEL_LOG_LEVEL')?.toLowerCase() === 'none',
  };
}

/** Each of the switches can turn the SDK off; none can turn it on against another. */
function readEnabled(options: InitOptions, env: EnvironmentReader): boolean {
  return (
    (options.enabled ?? true) &&
    env.boolean('ENABLE_TRACING') !== false &&
    env.boolean('OTEL_SDK_DISABLED') !== true
  );
}

function readExponential(env: EnvironmentReader): boolean {
  const variable = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';
  const value = env.text(variable)?.toLowerCase() ?? 'explicit_bucket_histogram';
  if (value === 'explicit_bucket_histogram') return false;
  if (value === 'base2_exponential_bucket_histogram') return true;
  throw new SightlineConfigError(
    variable,
    `is "${value}"`,
    'Use explicit_bucket_histogram or base2_exponential_bucket_histogram.',
  );
}

function readCapture(
  options: InitOptions,
  env: EnvironmentReader,
  deployed: string,
): ResolvedOptions['capture'] {
  const value =
    options.capture ?? env.text('SIGHTLINE_CAPTURE') ?? (deployed === 'production' ? 'off' : 'masked');
  if (value === 'off' || value === 'masked' || value === 'full') return value;
  throw new SightlineConfigError('capture (SIGHTLINE_CAPTURE)', `is "${value}"`, 'Use off, masked or full.');
}

function readLogLevel(options: InitOptions, env: EnvironmentReader): ResolvedOptions['logLevel'] {
  const value: string = options.logLevel ?? env.text('SIGHTLINE_LOG_LEVEL', 'LOG_LEVEL') ?? 'INFO';
  const level = findLogLevel(value);
  if (level !== undefined) return level;
  throw new SightlineConfigError(
    'logLevel (SIGHTLINE_LOG_LEVEL)',
    `is "${value}"`,
    `Use one of ${Object.keys(logLevels).join(', ')}.`,
  );
}
