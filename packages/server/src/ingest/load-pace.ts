import type { TelemetrySignal } from '@sightline/schema/api';

/** First guesses, until the engine has shown its pace. */
const initialBytesPerMs = 16_000;
const initialOverheadMs = 150;
/** Smaller loads tell the cost of a statement, larger ones the pace of the engine. */
const smallBytesMax = 256 << 10;
const largeBytesMin = 1 << 20;
const weightOfNewest = 0.3;

/** What one loader of the engine needs for a segment, learned from the loads so far: a fixed part and one per byte. */
export class LoadPace {
  #overheadMs = initialOverheadMs;
  readonly #bytesPerMs: Record<TelemetrySignal, number> = {
    traces: initialBytesPerMs,
    logs: initialBytesPerMs,
    metrics: initialBytesPerMs,
  };

  /** The fixed part: planning the statement, writing parts. */
  get overheadMs(): number {
    return this.#overheadMs;
  }

  observe(signal: TelemetrySignal, byteLength: number, elapsedMs: number): void {
    if (byteLength <= smallBytesMax) this.#overheadMs += weightOfNewest * (elapsedMs - this.#overheadMs);
    if (byteLength < largeBytesMin || elapsedMs <= 0) return;
    const workMs = Math.max(elapsedMs - this.#overheadMs, elapsedMs / 4);
    this.#bytesPerMs[signal] += weightOfNewest * (byteLength / workMs - this.#bytesPerMs[signal]);
  }

  /** By how much a load under way has fallen behind its estimate, before its end can teach anything: 1 for not at all. */
  slowdown(signal: TelemetrySignal, byteLength: number, elapsedMs: number): number {
    if (byteLength < largeBytesMin) return 1;
    return Math.max(1, (elapsedMs - this.#overheadMs) / this.workMs(signal, byteLength));
  }

  /** Milliseconds one loader needs for `byteLength` bytes, beside the fixed part. */
  workMs(signal: TelemetrySignal, byteLength: number): number {
    return byteLength / this.#bytesPerMs[signal];
  }

  /** With the fixed part. */
  loadMs(signal: TelemetrySignal, byteLength: number): number {
    return this.#overheadMs + this.workMs(signal, byteLength);
  }
}
