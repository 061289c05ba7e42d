/** Which exporters each signal gets: from options, else from OTEL_<SIGNAL>_EXPORTER, else OTLP. */
import { SightlineConfigError } from '../core/sdk-error.ts';
import type { Signal } from '../core/drop-counter.ts';
import type { EnvironmentReader } from './environment.ts';
import type { ExporterOptions, InitOptions } from './init-options.ts';

const signals = ['traces', 'logs', 'metrics'] as const;

export function resolveExporters(
  options: InitOptions,
  env: EnvironmentReader,
): Record<Signal, readonly ExporterOptions[]> {
  for (const exporter of options.exporters ?? []) checkExporter(exporter);
  const ofSignal = (signal: Signal) => options.exporters ?? fromEnvironment(signal, env);
  return Object.fromEntries(signals.map((signal) => [signal, ofSignal(signal)])) as Record<
    Signal,
    readonly ExporterOptions[]
  >;
}

function fromEnvironment(signal: Signal, env: EnvironmentReader): ExporterOptions[] {
  const variable = `OTEL_${signal.toUpperCase()}_EXPORTER`;
  const exporters: ExporterOptions[] = [];
  for (const name of (env.text(variable) ?? 'otlp').split(',').map((part) => part.trim())) {
    if (name === 'otlp' || name === 'console') exporters.push(name);
    // The Prometheus exporter is our prometheusHandler, which reads the metrics whatever else is exported.
    else if (name !== 'none' && name !== 'prometheus') {
      throw new SightlineConfigError(variable, `names the exporter "${name}"`, 'Use otlp, console or none.');
    }
  }
  const path = env.text('SIGHTLINE_FILE');
  if (path !== undefined) exporters.push({ type: 'file', path });
  return exporters;
}

function checkExporter(exporter: ExporterOptions): void {
  if (exporter === 'otlp' || exporter === 'console') return;
  if (typeof exporter === 'object' && exporter !== null) {
    if ('export' in exporter && typeof exporter.export === 'function') return;
    if ('type' in exporter && exporter.type === 'memory') return;
    if (
      'type' in exporter &&
      exporter.type === 'file' &&
      typeof exporter.path === 'string' &&
      exporter.path !== ''
    )
      return;
  }
  throw new SightlineConfigError(
    'exporters',
    `contains ${JSON.stringify(exporter)}`,
    "Use 'otlp', 'console', { type: 'file', path }, memoryExporter() or an OpenTelemetry SpanExporter.",
  );
}
