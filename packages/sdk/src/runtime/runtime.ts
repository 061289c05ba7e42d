/**
 * The one piece of process-wide state. It lives on globalThis under a registered symbol, so that the ES module and the
 * CommonJS build of this package, or two installed copies of it, share one pipeline instead of exporting everything twice.
 */
import type {
  ContextManager,
  Logger as OtelLogger,
  Meter,
  TextMapPropagator,
  Tracer,
} from '@opentelemetry/api';
import type { ResolvedOptions } from '../config/resolved-options.ts';
import type { LogLevel } from '../config/levels.ts';
import type { MaskText } from '../masking/mask-text.ts';
import type { FunctionDurations } from '../core/function-durations.ts';
import type { RootSampler } from '../sampling/root-sampler.ts';
import type { TailBuffer } from '../sampling/tail-buffer.ts';
import type { DropCounter, DropTally } from '../core/drop-counter.ts';

/** What every feature works with once `init` has run. Absent (see `currentRuntime`) means: pass everything through. */
export interface Runtime {
  readonly options: ResolvedOptions;
  readonly tracer: Tracer;
  /** A tracer under another scope name, for instrumentations that are not ours. */
  tracerFor(scope: string): Tracer;
  readonly contextManager: ContextManager;
  readonly propagator: TextMapPropagator;
  readonly otelLogger: (name: string) => OtelLogger;
  readonly meter: Meter;
  /** Its histograms have exponential buckets. */
  readonly exponentialMeter: Meter;
  readonly sampler: RootSampler;
  /** What happens to traces outside the rate when our own sampler decides; undefined when everything is kept or the host's sampler decides. */
  readonly outside: OutsideRate | undefined;
  /** Notes a line for the exporters, in the active context; undefined when logs go nowhere beside the handlers. */
  readonly recordLine:
    | ((logger: string, level: LogLevel, body: string, line: Readonly<Record<string, unknown>>) => void)
    | undefined;
  /** Whether DEBUG lines are written at all; asked on every traced call. */
  readonly logsDebug: boolean;
  readonly maskText: MaskText;
  readonly functionDurations: FunctionDurations;
  readonly drops: DropCounter;
  counts(): PipelineCounts;
  /** Sends what is queued; resolves after `timeoutMs` at the latest and never rejects. */
  flush(timeoutMs: number): Promise<void>;
  /** For a process that exits at once: sends what is left while the caller waits, at most `timeoutMs`. */
  sendLastWords(timeoutMs: number): void;
  close(timeoutMs: number): Promise<void>;
}

/** What the pipelines of a runtime count. */
export interface PipelineCounts {
  readonly spans: {
    readonly started: number;
    readonly finished: number;
    readonly failed: number;
    readonly queued: number;
  };
  readonly logs: { readonly queued: number };
  readonly metrics: { readonly collections: number; readonly points: number; readonly failed: number };
}

/** Traces outside the sampling rate: noted until their end (`tail`), or dropped at once, without building a span. */
export interface OutsideRate {
  readonly tail: TailBuffer | undefined;
  readonly notSampled: DropTally;
}

interface RuntimeSlot {
  current: Runtime | undefined;
  /** Called after init and after shutdown, with the runtime or undefined. Lets loggers and instruments rebind. */
  readonly listeners: Set<(runtime: Runtime | undefined) => void>;
}

const slotKey = Symbol.for('sightline.sdk.v1');

export const runtimeSlot: RuntimeSlot = ensureSlot();

export function currentRuntime(): Runtime | undefined {
  return runtimeSlot.current;
}

/** The mask for what leaves, or undefined while nothing is masked. */
export function currentMask(): MaskText | undefined {
  const runtime = currentRuntime();
  return runtime === undefined || runtime.options.capture === 'full' ? undefined : runtime.maskText;
}

export function replaceRuntime(runtime: Runtime | undefined): void {
  runtimeSlot.current = runtime;
  for (const listener of runtimeSlot.listeners) listener(runtime);
}

function ensureSlot(): RuntimeSlot {
  const holder = globalThis as { [slotKey]?: RuntimeSlot };
  holder[slotKey] ??= { current: undefined, listeners: new Set() };
  return holder[slotKey];
}
