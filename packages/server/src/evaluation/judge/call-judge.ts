import type { lookup } from 'node:dns';
import { err, ok, type Result } from '@sightline/base';
import { beyondMachines, findUrlProblem, guardedLookup, RefusedAddressError } from '../../outbound/reach.ts';
import { type Answer, sendRequest } from '../../outbound/send-request.ts';
import type { JudgeRequest } from './protocols.ts';

export interface JudgeCallOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Waits, unless stopped. Injected, so that tests do not. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How names are looked up; the system's way unless a test says otherwise. */
  readonly resolve?: typeof lookup;
}

export const attemptsMax = 3;
const backoffMs = 1_000;
const retryAfterMsMax = 30_000;
const bodyBytesMax = 4 * 1024 * 1024;

interface Failure {
  readonly reason: string;
  readonly retry: boolean;
  readonly afterMs?: number;
}

/**
 * Posts the request, again with growing pauses where that may help: the network, 408, 429, 5xx, a body that is no JSON. The reason of a
 * failure never has the key in it.
 */
export async function callJudge(
  request: JudgeRequest,
  options: JudgeCallOptions,
): Promise<Result<unknown, string>> {
  let last: Failure = { reason: 'not tried', retry: false };
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const answer = await tryOnce(request, options);
    if (answer.ok) return answer;
    last = answer.error;
    if (!last.retry || options.signal.aborted) break;
    if (attempt < attemptsMax - 1)
      await options.pause(last.afterMs ?? backoffMs * 2 ** attempt, options.signal);
  }
  return err(last.retry ? `${last.reason} (tried ${attemptsMax} times)` : last.reason);
}

async function tryOnce(
  { url, headers, body }: JudgeRequest,
  { timeoutMs, signal, resolve }: JudgeCallOptions,
): Promise<Result<unknown, Failure>> {
  const problem = findUrlProblem(url, beyondMachines);
  if (problem !== undefined) return err({ reason: `the judge’s address ${problem}`, retry: false });
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await sendRequest(url, {
      body: JSON.stringify(body),
      headers,
      answerBytesMax: bodyBytesMax,
      lookup: guardedLookup(beyondMachines, resolve),
      signal: AbortSignal.any([timeout, signal]),
    });
    if (answer.text === undefined)
      return err({ reason: 'the judge’s answer is larger than 4 MiB', retry: false });
    if (answer.status < 200 || answer.status > 299) return err(refused(answer, answer.text));
    const read = tryJson(answer.text);
    if (read !== undefined) return ok(read);
    const { 'content-type': kind = 'no content type' } = answer.headers;
    return err({
      reason: kind.startsWith('text/event-stream')
        ? 'the judge streams its answer, though it was asked not to'
        : `the judge’s answer is not JSON (${kind.slice(0, 60)}): “${answer.text.trim().slice(0, 120)}”`,
      retry: !kind.startsWith('text/event-stream'),
    });
  } catch (error) {
    if (timeout.aborted)
      return err({ reason: `the judge did not answer within ${timeoutMs} ms`, retry: true });
    if (signal.aborted) return err({ reason: 'the server is stopping', retry: false });
    if (error instanceof RefusedAddressError)
      return err({ reason: `the judge’s address ${error.message}`, retry: false });
    return err({ reason: `the judge cannot be reached: ${causeOf(error)}`, retry: true });
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function refused({ status, headers }: Answer, text: string): Failure {
  // It could carry the key to somebody else, or lead to where the address may not.
  if (status >= 300 && status < 400)
    return { reason: `the judge answered ${status}, a redirect, which is not followed`, retry: false };
  const seconds = Number(headers['retry-after']);
  const retry = status === 408 || status === 429 || status >= 500;
  return {
    reason: `the judge answered ${status}${status === 401 || status === 403 ? '' : `: ${text.slice(0, 200)}`}`,
    retry,
    ...(Number.isFinite(seconds) && seconds > 0
      ? { afterMs: Math.min(seconds * 1000, retryAfterMsMax) }
      : {}),
  };
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code } = cause as { code?: unknown };
  if (typeof code === 'string') return code;
  return cause instanceof Error ? cause.message.slice(0, 200) : 'unknown reason';
}
