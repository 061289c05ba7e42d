import { err, ok, type Result } from '@sightline/base';
import type { JudgeRequest } from './protocols.ts';

export interface JudgeCallOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Waits, unless stopped. Injected, so that tests do not. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
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
  { timeoutMs, signal }: JudgeCallOptions,
): Promise<Result<unknown, Failure>> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      // A redirect could carry the key to somebody else.
      redirect: 'error',
      signal: AbortSignal.any([timeout, signal]),
    });
    const text = await readBounded(response);
    if (text === undefined) return err({ reason: 'the judge’s answer is larger than 4 MiB', retry: false });
    if (!response.ok) return err(refused(response, text));
    return ok(JSON.parse(text) as unknown);
  } catch (error) {
    if (timeout.aborted)
      return err({ reason: `the judge did not answer within ${timeoutMs} ms`, retry: true });
    if (signal.aborted) return err({ reason: 'the server is stopping', retry: false });
    if (error instanceof SyntaxError) return err({ reason: 'the judge’s answer is not JSON', retry: true });
    return err({ reason: `the judge cannot be reached: ${causeOf(error)}`, retry: true });
  }
}

async function readBounded(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function refused(response: Response, text: string): Failure {
  const { status } = response;
  const seconds = Number(response.headers.get('retry-after'));
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
