/** Every bound of ingest, with what happens beyond it. */
export interface IngestLimits {
  /** A request before, and again after decompression. Beyond: 413, RESOURCE_EXHAUSTED without RetryInfo. */
  readonly requestBytesMax: number;
  /** All requests in progress together. Beyond: 429, RESOURCE_EXHAUSTED with RetryInfo. */
  readonly memoryBytesMax: number;
  /** Buffers kept for the next requests when none is in progress. Beyond: they are freed. */
  readonly bodiesKeptBytesMax: number;
  /** All segments on disk, and the quarantine. Beyond: 429, RESOURCE_EXHAUSTED with RetryInfo. */
  readonly journalBytesMax: number;
  /** A segment is sealed when it has this many bytes, even if no loader is free. */
  readonly segmentBytesMax: number;
  /** A segment is sealed when its first record is this old and a loader is free. */
  readonly sealAfterMs: number;
  /** … and small loads of a signal rest until this is when the next is done: each costs the engine the planning of its statement. */
  readonly smallLoadDoneMs: number;
  /** … and while one is under way the next begins this long after it. */
  readonly loadEveryMs: number;
  /** Segments loaded at one time. */
  readonly loadSlots: number;
  /** Estimated time to visible beyond which requests wait before they are written, or less where loads are late (see LagBound) … */
  readonly lagMsMax: number;
  /** … and how long they wait at most. Beyond: 429, RESOURCE_EXHAUSTED with RetryInfo. */
  readonly waitMsMax: number;
}

const mebibyte = 1 << 20;

export const defaultLimits: IngestLimits = {
  requestBytesMax: 64 * mebibyte,
  memoryBytesMax: 256 * mebibyte,
  bodiesKeptBytesMax: 32 * mebibyte,
  journalBytesMax: 2048 * mebibyte,
  segmentBytesMax: 16 * mebibyte,
  sealAfterMs: 100,
  smallLoadDoneMs: 800,
  loadEveryMs: 350,
  loadSlots: 2,
  lagMsMax: 450,
  waitMsMax: 4_000,
};

/** The defaults with `changes`. Memory grows with the largest request, so that one of them never fills it alone. */
export function limitsOf(changes: Partial<IngestLimits> = {}): IngestLimits {
  const requestBytesMax = changes.requestBytesMax ?? defaultLimits.requestBytesMax;
  const memoryBytesMax = Math.max(defaultLimits.memoryBytesMax, 4 * requestBytesMax);
  return { ...defaultLimits, memoryBytesMax, ...changes };
}
