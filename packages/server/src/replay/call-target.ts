/** Runs one claim against a target that the server asks itself: an HTTP endpoint, or a model. Never throws: what went wrong is the result's error. */
import { randomBytes } from 'node:crypto';
import type { TargetSettings, WorkResult } from '@sightline/schema/api';
import type { Claimed } from '../catalog/replays.ts';
import { findUrlProblem, guardedLookup, type Reach } from '../outbound/reach.ts';
import { sendRequest } from '../outbound/send-request.ts';
import { fillTemplate, valueAt } from './fill-template.ts';

export type ServedTarget = Exclude<TargetSettings, { readonly kind: 'sdk' }>;

export interface CallSurroundings {
  readonly reach: Reach;
  readonly readVariable: (name: string) => string | undefined;
  readonly signal: AbortSignal;
}

const answerBytesMax = 1_000_000;

export async function callTarget(
  target: ServedTarget,
  work: Claimed,
  surroundings: CallSurroundings,
): Promise<WorkResult> {
  const traceId = randomBytes(16).toString('hex');
  const beganMs = performance.now();
  const end = (result: Pick<WorkResult, 'failed' | 'answer' | 'error'>): WorkResult => ({
    claim: work.claim,
    traceId,
    durationMs: performance.now() - beganMs,
    report: null,
    ...result,
  });
  const failed = (error: string): WorkResult => end({ failed: true, answer: null, error });
  const timeout = AbortSignal.timeout(target.timeoutMs);
  try {
    const request = requestOf(target, work, surroundings);
    const problem = findUrlProblem(request.url, surroundings.reach);
    if (problem !== undefined) return failed(`The address ${problem}.`);
    const { status, text } = await sendRequest(request.url, {
      method: request.method,
      body: JSON.stringify(request.body),
      headers: {
        ...request.headers,
        traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
        'sightline-replay': work.id,
        'sightline-replay-of': work.sourceTraceId,
      },
      answerBytesMax,
      lookup: guardedLookup(surroundings.reach),
      signal: AbortSignal.any([surroundings.signal, timeout]),
    });
    if (text === undefined) return failed(`The answer is longer than ${answerBytesMax} bytes.`);
    if (status < 200 || status > 299)
      return failed(`The target answers with ${status}: ${text.slice(0, 500)}`);
    return readAnswer(text, request.answerPath, end);
  } catch (error) {
    if (timeout.aborted) return failed(`The target gave no answer within ${target.timeoutMs} ms.`);
    return failed(
      error instanceof MissingSecret ? error.message : `The target cannot be asked: ${reasonOf(error)}.`,
    );
  }
}

function readAnswer(
  text: string,
  path: string | undefined,
  end: (result: Pick<WorkResult, 'failed' | 'answer' | 'error'>) => WorkResult,
): WorkResult {
  const parsed = tryJson(text);
  if (path === undefined)
    return end({ failed: false, answer: typeof parsed === 'string' ? parsed : text, error: null });
  if (parsed === undefined)
    return end({
      failed: true,
      answer: text.slice(0, 10_000),
      error: `The answer is no JSON, so there is nothing at "${path}".`,
    });
  const value = valueAt(parsed, path);
  if (value === undefined || value === null)
    return end({
      failed: true,
      answer: text.slice(0, 10_000),
      error: `The answer has nothing at "${path}".`,
    });
  return end({
    failed: false,
    answer: typeof value === 'string' ? value : JSON.stringify(value),
    error: null,
  });
}

interface TargetRequest {
  readonly url: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly answerPath: string | undefined;
}

function requestOf(
  target: ServedTarget,
  { input, context }: Claimed,
  { readVariable }: CallSurroundings,
): TargetRequest {
  const secret = (name: string): string => {
    const value = readVariable(`SIGHTLINE_SECRET_${name}`);
    if (value === undefined || value === '')
      throw new MissingSecret(
        `The secret ${name} is not known: set SIGHTLINE_SECRET_${name} where the server runs.`,
      );
    return value;
  };
  if (target.kind === 'http')
    return {
      url: target.url,
      method: target.method,
      headers: Object.fromEntries(
        Object.entries(target.headers).map(([name, value]) => [
          name,
          value.replace(/\$\{secret:([A-Z0-9_]+)\}/g, (_match, named: string) => secret(named)),
        ]),
      ),
      body: fillTemplate(target.body, { input, context }),
      answerPath: target.answerPath,
    };
  return {
    url: `${target.url.replace(/\/+$/, '')}/chat/completions`,
    method: 'POST',
    headers: target.key === undefined ? {} : { authorization: `Bearer ${secret(target.key)}` },
    body: { ...target.parameters, model: target.model, messages: messagesOf(target.system, input) },
    answerPath: 'choices.0.message.content',
  };
}

/** Recorded messages as they are, in OpenAI's form; anything else is what the user says. */
function messagesOf(system: string | undefined, input: unknown): readonly unknown[] {
  const isMessages =
    Array.isArray(input) &&
    input.every((each) => typeof each === 'object' && each !== null && 'role' in each && 'content' in each);
  const asked: readonly unknown[] = isMessages
    ? input
    : [{ role: 'user', content: typeof input === 'string' ? input : JSON.stringify(input) }];
  return system === undefined ? asked : [{ role: 'system', content: system }, ...asked];
}

class MissingSecret extends Error {}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: unknown; message?: string };
  return (cause instanceof Error ? cause.message : message) || 'the connection failed';
}
