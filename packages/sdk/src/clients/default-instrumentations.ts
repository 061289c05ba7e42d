/** Instrumentations that are always on: outgoing fetch, which is undici inside Node. */
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { ResolvedOptions } from '../config/resolved-options.ts';

export function defaultInstrumentations(options: ResolvedOptions): Instrumentation[] {
  return options.traceFetch ? [new UndiciInstrumentation()] : [];
}
