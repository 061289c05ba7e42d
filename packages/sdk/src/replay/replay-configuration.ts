import type { ExporterOptions } from '../config/init-options.ts';
import type { ResolvedOptions } from '../config/resolved-options.ts';

/** The configuration of a program that runs from a recording: everything is traced, nothing is sent anywhere. */
export function replayConfiguration(options: ResolvedOptions): ResolvedOptions {
  const kept = (exporters: readonly ExporterOptions[]) =>
    exporters.filter(
      (each) =>
        typeof each === 'object' && 'type' in each && (each.type === 'memory' || each.type === 'file'),
    );
  return {
    ...options,
    enabled: true,
    capture: options.capture === 'off' ? 'masked' : options.capture,
    sampling: { ...options.sampling, rate: 1, force: true },
    exporters: {
      traces: kept(options.exporters.traces),
      logs: kept(options.exporters.logs),
      metrics: kept(options.exporters.metrics),
    },
  };
}
