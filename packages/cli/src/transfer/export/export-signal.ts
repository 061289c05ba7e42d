import type { ExportedPage, ExportRange } from './exported-page.ts';
import type { TelemetrySignal } from '@sightline/schema/api';
import { exportLogs } from './export-logs.ts';
import { exportMetrics } from './export-metrics.ts';
import { exportTraces } from './export-traces.ts';

const exporters: Readonly<Record<TelemetrySignal, (range: ExportRange) => AsyncGenerator<ExportedPage>>> = {
  traces: exportTraces,
  logs: exportLogs,
  metrics: exportMetrics,
};

export function exportSignal(signal: TelemetrySignal, range: ExportRange): AsyncGenerator<ExportedPage> {
  return exporters[signal](range);
}
