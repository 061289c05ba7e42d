import { defaultQueryLimits, type QueryLimits } from '../telemetry-store.ts';
import type { EngineSettings } from './engine.ts';

/** Always the same names: a session of the embedded engine keeps what was set before. */
export function limitSettings(limits: QueryLimits): EngineSettings {
  return {
    max_execution_time: limits.timeMsMax / 1000,
    timeout_overflow_mode: 'throw',
    max_rows_to_read: limits.rowsReadMax,
    read_overflow_mode: 'throw',
    max_memory_usage: limits.memoryBytesMax,
    // One more than is returned, to know that there was more.
    limit: limits.resultRowsMax + 1,
    output_format_json_quote_64bit_integers: 1,
    output_format_json_quote_denormals: 1,
    // On a cluster, IN over a Distributed table means all of its rows.
    distributed_product_mode: 'global',
  };
}

/** For the store's own short reads. */
export const ownSettings = limitSettings(defaultQueryLimits);
