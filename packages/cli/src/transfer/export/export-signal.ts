import type { TelemetrySignal } from '@sightline/schema/api';
import type { ApiClient } from '../../client/api-client.ts';
import { exportLogs } from './export-logs.ts';
import { exportMetrics } from './export-metrics.ts';
import { exportTraces } from './export-traces.ts';

export interface ExportRange {
  readonly client: ApiClient;
  readonly abort: AbortSignal;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly q: string | undefined;
  readonly onLimits: (limitsMet: readonly { readonly message: string }[] | undefined) => void;
}

/** Some items as one OTLP/JSON request. */
export interface ExportedPage {
  readonly count: number;
  readonly request: Record<string, unknown>;
}

const exporters: Readonly<Record<TelemetrySignal, (range: ExportRange) => AsyncGenerator<ExportedPage>>> = {
  traces: exportTraces,
  logs: exportLogs,
  metrics: exportMetrics,
};

export function exportSignal(signal: TelemetrySignal, range: ExportRange): AsyncGenerator<ExportedPage> {
  return exporters[signal](range);
}
