import type { Logger } from 'pino';
import { SightlineError } from '@sightline/schema/errors';

/** Whatever needs the control plane asks again within this time. */
const forgottenMs = 5 * 60_000;

/**
 * A log in which whoever meets it first says why the control plane is away, and nobody else: a dozen keepers and every request need it. It is said again after it was
 * there for a while.
 */
export function tellOnce(log: Logger, nowMs: () => number): Logger {
  const seenMs = new Map<string, number>();
  const isTold = (about: unknown): boolean => {
    const { err } = (about ?? {}) as { readonly err?: unknown };
    if (!(err instanceof SightlineError) || err.code !== 'control_plane_unavailable') return false;
    const now = nowMs();
    for (const [reason, ms] of seenMs) if (now - ms > forgottenMs) seenMs.delete(reason);
    const isKnown = seenMs.has(err.message);
    seenMs.set(err.message, now);
    return isKnown;
  };
  const once: Logger = Object.create(log) as Logger;
  for (const level of ['warn', 'error'] as const)
    once[level] = (...said: unknown[]): void => {
      if (!isTold(said[0])) Reflect.apply(log[level], log, said);
    };
  return once;
}
