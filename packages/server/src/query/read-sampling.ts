import type { SamplingParameters, SamplingResponse } from '@sightline/schema/api';
import { formatNanos } from '@sightline/base';
import { type QueryContext, Reader } from './reader.ts';
import { type SamplingRow, samplingSql } from './sql/sampling-sql.ts';
import { readRange } from './time-range.ts';

/** What senders kept of their traces, by what these say of it themselves. */
export async function readSampling(
  context: QueryContext,
  parameters: SamplingParameters,
): Promise<SamplingResponse> {
  const range = readRange(parameters, context.clock);
  const [row] = await new Reader(context).rows<SamplingRow>(samplingSql(context.project, range));
  const traces = Number(row?.traces ?? 0);
  const representedTraces = Math.round(Number(row?.represented ?? 0));
  return {
    startTime: formatNanos(range.from),
    endTime: formatNanos(range.to),
    traces,
    sampledTraces: Number(row?.sampled ?? 0),
    representedTraces,
    keptShare: traces === 0 ? null : Math.min(1, traces / representedTraces),
  };
}
