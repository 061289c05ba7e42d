/** Nanoseconds since 1970-01-01T00:00:00Z. A bigint, since a JavaScript number loses the last three digits. */
export type UnixNano = bigint & { readonly __unit: 'UnixNano' };

/** Reads the present. Injected everywhere, so that tests own the clock; only `main.ts` makes the real one. */
export interface Clock {
  /** Wall-clock time. May step backwards. */
  now(): UnixNano;
  /** Milliseconds from an arbitrary start that never go backwards; for measuring and for deadlines. */
  monotonicMs(): number;
}

export function unixNano(value: bigint): UnixNano {
  return value as UnixNano;
}

export function nanosFromMs(ms: number): UnixNano {
  const whole = Math.floor(ms);
  return unixNano(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6)));
}

/** Milliseconds with their fraction; exact to about a quarter of a microsecond for present-day times. */
export function msFromNanos(nanos: bigint): number {
  return Number(nanos / 1_000_000n) + Number(nanos % 1_000_000n) / 1e6;
}

/** RFC 3339 in UTC with nine fractional digits: `2026-11-21T10:00:00.123456789Z`. */
export function formatNanos(nanos: bigint): string {
  const seconds = nanos / 1_000_000_000n;
  const fraction = (nanos % 1_000_000_000n).toString().padStart(9, '0');
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

export const systemClock = (): Clock => ({
  // Finer than the wall clock's milliseconds, but always within the one that it shows: the other stands still while the machine sleeps, and is never set.
  now: () => {
    const wallMs = Date.now();
    const fineMs = performance.timeOrigin + performance.now();
    return nanosFromMs(Math.min(Math.max(fineMs, wallMs), wallMs + 0.999));
  },
  monotonicMs: () => performance.now(),
});
