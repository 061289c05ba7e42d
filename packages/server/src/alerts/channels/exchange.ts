import type { lookup } from 'node:dns';
import type { OutgoingHttpHeaders } from 'node:http';
import { parseJson } from '@sightline/base';
import { findCertificateProblem } from '../../outbound/certificate-problem.ts';
import { findUrlProblem, guardedLookup, type Reach, RefusedAddressError } from '../../outbound/reach.ts';
import { type Answer, sendRequest } from '../../outbound/send-request.ts';
import type { Delivery } from '../notification.ts';
import { plainText } from './plain-text.ts';

export interface ExchangeOptions {
  readonly reach: Reach;
  readonly timeoutMs: number;
  /** How names are looked up; the system's way unless a test says otherwise. */
  readonly resolve: typeof lookup | undefined;
  /** Told what the receiver said. */
  readonly onAnswer: ((answer: string) => void) | undefined;
}

export interface ChannelRequest {
  readonly url: string;
  readonly method?: 'POST' | 'PATCH';
  /** Sent as it is where it is a text, else as JSON. */
  readonly body: unknown;
  readonly headers?: OutgoingHttpHeaders;
  readonly signal: AbortSignal;
}

export type Exchanged =
  | { readonly ok: true; readonly text: string }
  | {
      readonly ok: false;
      /** 0 where there was no answer. */
      readonly status: number;
      readonly text: string;
      readonly delivery: Exclude<Delivery, { kind: 'delivered' }>;
    };

/** One request to a receiver, and what its answer means for the delivery. Does not throw. */
export type Exchange = (request: ChannelRequest) => Promise<Exchanged>;

const answerBytesMax = 64 * 1024;
export const retryAfterMsMax = 3_600_000;

export function createExchange({ reach, timeoutMs, resolve, onAnswer }: ExchangeOptions): Exchange {
  return async ({ url, method = 'POST', body, headers = {}, signal }) => {
    const problem = findUrlProblem(url, reach);
    if (problem !== undefined) return failed('refused', `the address ${problem}`);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await sendRequest(url, {
        method,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'user-agent': 'Sightline', ...headers },
        answerBytesMax,
        lookup: guardedLookup(reach, resolve),
        signal: AbortSignal.any([timeout, signal]),
      });
      const said = answer.text === undefined ? 'more than 64 KiB' : plainText(answer.text, 300);
      onAnswer?.(`HTTP ${answer.status}${said === '' ? '' : `: ${said}`}`);
      return judge(answer, said);
    } catch (error) {
      if (timeout.aborted) return failed('retry', `the receiver did not answer within ${timeoutMs} ms`);
      if (signal.aborted) return failed('retry', 'the delivery was stopped');
      return unreachable(error);
    }
  };
}

/** The members of a JSON object; none where the text is something else. */
export function readMembers(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** What a failed connection means: an address that is refused stays so, everything else may be over soon. */
export function unreachable(error: unknown): Exclude<Exchanged, { ok: true }> {
  return error instanceof RefusedAddressError
    ? failed('refused', `the address ${error.message}`)
    : failed('retry', `the receiver cannot be reached: ${causeOf(error)}`);
}

function judge({ status, headers, text = '' }: Answer, said: string): Exchanged {
  if (status >= 200 && status < 300) return { ok: true, text };
  // It could carry a secret to somebody else, or lead to where the address may not.
  if (status >= 300 && status < 400)
    return {
      ...failed('refused', `the receiver answers with a redirect (${status}), which is not followed`),
      status,
    };
  const reason = `the receiver answers with ${status}${said === '' ? '' : `: ${said}`}`;
  if (status !== 408 && status !== 425 && status !== 429 && status < 500)
    return { ...failed('refused', reason), status, text };
  const afterMs = readRetryAfter(headers['retry-after'], headers.date);
  const delivery = { kind: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) } as const;
  return { ok: false, status, text, delivery };
}

/** Seconds, or a date, which is compared with the receiver's own clock. */
function readRetryAfter(value: string | undefined, now: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+(?:\.\d+)?$/.test(value.trim())
    ? Number(value) * 1_000
    : Date.parse(value) - Date.parse(now ?? '');
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, retryAfterMsMax) : undefined;
}

function failed(kind: 'retry' | 'refused', reason: string): Exclude<Exchanged, { ok: true }> {
  return { ok: false, status: 0, text: '', delivery: { kind, reason } };
}

function causeOf(error: unknown): string {
  const distrusted = findCertificateProblem(error);
  if (distrusted !== undefined) return plainText(distrusted, 300);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  return error instanceof Error ? plainText(error.message, 200) : 'unknown reason';
}
