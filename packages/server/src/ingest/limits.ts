/** Every bound of ingest, with what happens beyond it. */
export interface IngestLimits {
  /** Connections on each port. Beyond: closed at once, and counted. */
  readonly connectionsMax: number;
  /** A request before, and again after decompression. Beyond: 413, RESOURCE_EXHAUSTED without RetryInfo. */
  readonly requestBytesMax: number;
  /** All requests in progress together. Beyond: 429, RESOURCE_EXHAUSTED with RetryInfo. */
  readonly memoryBytesMax: number;
  /** Buffers kept for the next requests when none is in progress. Beyond: they are freed. */
  readonly bodiesKeptBytesMax: number;
  /** All segments on disk, and the quarantine. Beyond, requests wait for room … */
  readonly journalBytesMax: number;
  /** … for so long at most. Beyond: 429, RESOURCE_EXHAUSTED with RetryInfo. */
  readonly waitMsMax: number;
  /** A segment is sealed when it has this many bytes: what one load takes at most, and what the memory it needs follows from. */
  readonly segmentBytesMax: number;
  /** From the beginning of a load until the next of its signal begins, unless a full segment waits: each costs the engine a fixed time. */
  readonly loadEveryMs: number;
}

/** What the engine or the disk refused is tried again after ever longer pauses. */
export const retryPause = { firstMs: 100, longestMs: 5_000 };

const mebibyte = 1 << 20;

export const defaultLimits: IngestLimits = {
  connectionsMax: 4_000,
  requestBytesMax: 64 * mebibyte,
  memoryBytesMax: 256 * mebibyte,
  bodiesKeptBytesMax: 32 * mebibyte,
  journalBytesMax: 2048 * mebibyte,
  waitMsMax: 4_000,
  segmentBytesMax: 16 * mebibyte,
  loadEveryMs: 500,
};

/** The defaults with `changes`. Memory grows with the largest request, so that one of them never fills it alone. */
export function limitsOf(changes: Partial<IngestLimits> = {}): IngestLimits {
  const requestBytesMax = changes.requestBytesMax ?? defaultLimits.requestBytesMax;
  const memoryBytesMax = Math.max(defaultLimits.memoryBytesMax, 4 * requestBytesMax);
  return { ...defaultLimits, memoryBytesMax, ...changes };
}
