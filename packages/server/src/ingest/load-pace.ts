import type { TelemetrySignal } from '@sightline/schema/api';

/** First guesses, until the engine has shown its pace. */
const initialBytesPerMs = 16_000;
const initialOverheadMs = 150;
/** Smaller loads tell the cost of a statement, larger ones the pace of the engine. */
const largeBytesMin = 1 << 20;
const weightOfNewest = 0.3;

interface Pace {
  /** Planning the statement ahead. */
  planMs: number;
  /** Planning it where it was not planned ahead, writing parts. */
  overheadMs: number;
  bytesPerMs: number;
}

/** What one loader of the engine needs for a segment of a signal, learned from the loads so far: a fixed part and one per byte. */
export class LoadPace {
  readonly #of: Record<TelemetrySignal, Pace> = {
    traces: { planMs: 0, overheadMs: initialOverheadMs, bytesPerMs: initialBytesPerMs },
    logs: { planMs: 0, overheadMs: initialOverheadMs, bytesPerMs: initialBytesPerMs },
    metrics: { planMs: 0, overheadMs: initialOverheadMs, bytesPerMs: initialBytesPerMs },
  };

  observe(signal: TelemetrySignal, byteLength: number, elapsedMs: number): void {
    const pace = this.#of[signal];
    if (byteLength < largeBytesMin) {
      const overheadMs = Math.max(elapsedMs - this.#workMs(signal, byteLength), elapsedMs / 2);
      pace.overheadMs += weightOfNewest * (overheadMs - pace.overheadMs);
    } else if (elapsedMs > 0) {
      const workMs = Math.max(elapsedMs - pace.overheadMs, elapsedMs / 4);
      pace.bytesPerMs += weightOfNewest * (byteLength / workMs - pace.bytesPerMs);
    }
  }

  observePlan(signal: TelemetrySignal, elapsedMs: number): void {
    const pace = this.#of[signal];
    pace.planMs += (pace.planMs === 0 ? 1 : weightOfNewest) * (elapsedMs - pace.planMs);
  }

  /** Milliseconds it takes to plan a load ahead. */
  planMs(signal: TelemetrySignal): number {
    return this.#of[signal].planMs;
  }

  /** By how much a load under way has fallen behind its estimate, before its end can teach anything: 1 for not at all. */
  slowdown(signal: TelemetrySignal, byteLength: number, elapsedMs: number): number {
    if (byteLength < largeBytesMin) return 1;
    return Math.max(1, (elapsedMs - this.#of[signal].overheadMs) / this.#workMs(signal, byteLength));
  }

  /** Whether it takes longer to load than the statement does. */
  isWorthLoading(signal: TelemetrySignal, byteLength: number): boolean {
    const { planMs, overheadMs } = this.#of[signal];
    return this.#workMs(signal, byteLength) > planMs + overheadMs;
  }

  /** Whether a load takes hardly longer with it than without. */
  hardlyCounts(signal: TelemetrySignal, byteLength: number): boolean {
    return this.#workMs(signal, byteLength) <= this.#of[signal].overheadMs / 2;
  }

  /** Milliseconds one loader needs for `byteLength` bytes, with the fixed part. */
  loadMs(signal: TelemetrySignal, byteLength: number): number {
    return this.#of[signal].overheadMs + this.#workMs(signal, byteLength);
  }

  /** Without it. */
  #workMs(signal: TelemetrySignal, byteLength: number): number {
    return byteLength / this.#of[signal].bytesPerMs;
  }
}
