import type { TelemetrySignal } from '@sightline/schema/api';

/** A first guess, about a third of what was measured on two cores: 500-byte spans at 50,000 per second and loader. */
const initialBytesPerMs = 25_000;
/** Smaller loads tell the cost of a statement, not the pace of the engine. */
const sampleBytesMin = 1 << 20;
const weightOfNewest = 0.3;

/** How fast one loader of the engine takes in each signal, learned from the loads that were large enough to tell. */
export class LoadPace {
  readonly #bytesPerMs: Record<TelemetrySignal, number> = {
    traces: initialBytesPerMs,
    logs: initialBytesPerMs,
    metrics: initialBytesPerMs,
  };

  observe(signal: TelemetrySignal, byteLength: number, elapsedMs: number): void {
    if (byteLength < sampleBytesMin || elapsedMs <= 0) return;
    const newest = byteLength / elapsedMs;
    this.#bytesPerMs[signal] += weightOfNewest * (newest - this.#bytesPerMs[signal]);
  }

  /** Milliseconds one loader needs for `byteLength` bytes. */
  estimateMs(signal: TelemetrySignal, byteLength: number): number {
    return byteLength / this.#bytesPerMs[signal];
  }
}
