/** How long a Sentry wants no errors, as its answer says. */

const waitMsMax = 3_600_000;
const unnamedMs = 60_000;

/**
 * `X-Sentry-Rate-Limits: 60:error;default:organization, 2700:transaction:key` has what the limits are of: seconds, then categories, none of which
 * means all. A 429 without it has `Retry-After`, or is good for a minute. 0 where nothing is limited.
 */
export function limitedMs(answer: {
  readonly status: number;
  readonly rateLimits: string | undefined;
  readonly retryAfter: string | undefined;
  readonly nowMs: number;
}): number {
  if (answer.rateLimits !== undefined) {
    const limits = answer.rateLimits.split(',').map((limit) => limit.trim().split(':'));
    const ours = limits.filter(
      ([, categories = '']) => categories === '' || categories.split(';').includes('error'),
    );
    return Math.max(0, ...ours.map(([seconds]) => bounded(Number(seconds) * 1_000)));
  }
  if (answer.status !== 429) return 0;
  const seconds = Number(answer.retryAfter);
  if (answer.retryAfter !== undefined && Number.isFinite(seconds)) return bounded(seconds * 1_000);
  const until = Date.parse(answer.retryAfter ?? '') - answer.nowMs;
  return Number.isFinite(until) ? bounded(until) : unnamedMs;
}

const bounded = (ms: number): number => (Number.isFinite(ms) ? Math.min(waitMsMax, Math.max(0, ms)) : 0);
