import { findUrlProblem, guardedLookup, type Reach, RefusedAddressError } from '../outbound/reach.ts';
import { sendRequest } from '../outbound/send-request.ts';
import { limitedMs } from './rate-limits.ts';
import type { SentryDsn } from './sentry-dsn.ts';

/** What became of an envelope. `refused`: it never will be taken. `later`: the next waits as long. */
export type Sent =
  | { readonly kind: 'sent'; readonly waitMs: number }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly waitMs: number };

const answerBytesMax = 64 * 1024;
const timeoutMs = 15_000;

/** One request. Answers are never repeated to users: they could hold the key. */
export async function sendEnvelope(
  { envelopeUrl, authorization }: SentryDsn,
  {
    body,
    reach,
    signal,
    nowMs,
  }: { readonly body: string; readonly reach: Reach; readonly signal: AbortSignal; readonly nowMs: number },
): Promise<Sent> {
  const later = (reason: string, waitMs = 0): Sent => ({ kind: 'later', reason, waitMs });
  const problem = findUrlProblem(envelopeUrl, reach);
  if (problem !== undefined) return later(`The address ${problem}.`);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const { status, headers } = await sendRequest(envelopeUrl, {
      body,
      headers: {
        'content-type': 'application/x-sentry-envelope',
        'user-agent': 'Sightline',
        'x-sentry-auth': authorization,
      },
      answerBytesMax,
      lookup: guardedLookup(reach),
      signal: AbortSignal.any([timeout, signal]),
    });
    const rateLimits = headers['x-sentry-rate-limits'];
    const waitMs = limitedMs({
      status,
      rateLimits: Array.isArray(rateLimits) ? rateLimits.join(',') : rateLimits,
      retryAfter: headers['retry-after'],
      nowMs,
    });
    if (status >= 200 && status < 300) return { kind: 'sent', waitMs };
    if (status === 429) return later('The receiver limits how many errors it takes (429).', waitMs);
    // The key may be put right, and the receiver may come back: nothing is lost before the backlog is too old.
    if (status === 401 || status === 403) return later(`The receiver does not accept the key (${status}).`);
    if (status >= 300 && status < 400)
      return later(`The receiver answers with a redirect (${status}), which is not followed.`);
    if (status === 404) return later('The receiver has no such project (404).');
    if (status === 408 || status >= 500) return later(`The receiver answers with ${status}.`, waitMs);
    return { kind: 'refused', reason: `The receiver refused an error with ${status}.` };
  } catch (error) {
    if (error instanceof RefusedAddressError) return later(`The address ${error.message}.`);
    if (timeout.aborted) return later(`The receiver did not answer within ${timeoutMs / 1000} s.`);
    const { code } = error as { readonly code?: unknown };
    return later(`The receiver cannot be reached${typeof code === 'string' ? `: ${code}` : ''}.`);
  }
}
