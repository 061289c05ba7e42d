import type { TraceModel } from './trace-model.ts';

/** Colours that are told apart; from the ninth service on they come again. */
export const seriesCount = 8;

/** The colour of a span's service, as an index into the series: services in the order in which the trace meets them. */
export function serviceSeries(model: TraceModel, span: number): number {
  return (model.slim.columns.service[span] ?? 0) % seriesCount;
}
