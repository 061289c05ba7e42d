import { sleep } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { type ErrorCode, SightlineError } from '@sightline/schema/errors';
import { countItems, splitRequest } from '@sightline/schema/otlp';
import type { ApiClient } from '../client/api-client.ts';
import { Interrupted } from '../exit-code.ts';
import { readPartialSuccess, readStatusMessage } from './export-response.ts';

export interface SendResult {
  readonly accepted: number;
  readonly rejected: number;
  /** What the server says about the rejected items; '' when there are none. */
  readonly message: string;
}

export interface SendOptions {
  readonly client: ApiClient;
  readonly abort: AbortSignal;
  /** Called before a wait: the server asked for it, or does not answer. */
  readonly onWait: (reason: string, ms: number) => void;
}

/** OTLP: only these may be tried again. */
const retryableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const attemptsMax = 10;
const firstDelayMs = 500;
const delayMsMax = 30_000;

/**
 * Sends one request over OTLP/HTTP until it is acknowledged, which means on disk. Waits as long as the server asks; halves
 * what is too large.
 * @throws SightlineError when the server refuses the whole request or stays away; Interrupted.
 */
export async function sendRequest(
  signal: TelemetrySignal,
  request: Uint8Array,
  options: SendOptions,
): Promise<SendResult> {
  const { client, abort, onWait } = options;
  for (let attempt = 1; ; attempt += 1) {
    if (abort.aborted) throw new Interrupted();
    const answer = await post(signal, request, options);
    if (answer.type === 'done') {
      const { rejected, message } = answer;
      return { accepted: countItems(signal, request) - rejected, rejected, message };
    }
    if (answer.type === 'too-large') {
      const halves = splitRequest(signal, request);
      if (halves.length < 2) return { accepted: 0, rejected: 1, message: answer.message };
      const results = [];
      for (const half of halves) results.push(await sendRequest(signal, half, options));
      return mergeResults(results);
    }
    if (attempt === attemptsMax) throw answer.error;
    const delayMs = Math.min(delayMsMax, answer.retryAfterMs ?? firstDelayMs * 2 ** (attempt - 1));
    onWait(answer.error.message, delayMs);
    await sleep(delayMs, abort);
  }

  async function post(
    of: TelemetrySignal,
    body: Uint8Array,
    { abort: stop }: SendOptions,
  ): Promise<
    | { type: 'done'; rejected: number; message: string }
    | { type: 'too-large'; message: string }
    | { type: 'retry'; error: SightlineError; retryAfterMs: number | undefined }
  > {
    let response: Response;
    try {
      response = await client.fetch(`/v1/${of}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: body as Uint8Array<ArrayBuffer>,
      });
    } catch (error) {
      if (stop.aborted || !(error instanceof SightlineError)) throw error;
      return { type: 'retry', error, retryAfterMs: undefined };
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.ok) return { type: 'done', ...readPartialSuccess(bytes) };
    const reason = readStatusMessage(bytes, response);
    if (response.status === 413) return { type: 'too-large', message: reason };
    const error = new SightlineError(
      codeOfStatus(response.status),
      `${client.url} answers ${response.status} to ${of}: ${reason}.`,
      {
        hint:
          response.status === 401
            ? 'Give a key with --api-key or SIGHTLINE_API_KEY.'
            : 'The codes are described in docs/errors.md.',
      },
    );
    if (!retryableStatuses.has(response.status)) throw error;
    return { type: 'retry', error, retryAfterMs: readRetryAfter(response.headers.get('retry-after')) };
  }
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'unauthenticated';
  if (status === 429) return 'overloaded';
  if (retryableStatuses.has(status)) return 'not_ready';
  return status >= 500 ? 'internal' : 'unreadable_payload';
}

export function mergeResults(results: readonly SendResult[]): SendResult {
  return results.reduce(
    (sum, next) => ({
      accepted: sum.accepted + next.accepted,
      rejected: sum.rejected + next.rejected,
      message: sum.message === '' ? next.message : sum.message,
    }),
    { accepted: 0, rejected: 0, message: '' },
  );
}

/** Seconds or an HTTP date, RFC 9110 section 10.2.3. */
function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  if (header.trim() !== '' && Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
