/** Runs one claim against a target that the server asks itself: an HTTP endpoint, or a model. Never throws: what went wrong is the result's error. */
import { randomBytes } from 'node:crypto';
import type { TargetSettings, WorkResult } from '@sightline/schema/api';
import { providerOfHost } from '@sightline/schema/conventions';
import { z } from 'zod';
import type { Claimed } from '../catalog/replays.ts';
import { findUrlProblem, guardedLookup, type Reach } from '../outbound/reach.ts';
import { sendRequest } from '../outbound/send-request.ts';
import { modelCallSpan } from '../playground/model-call-span.ts';
import { fillTemplate, valueAt } from './fill-template.ts';

export type ServedTarget = Exclude<TargetSettings, { readonly kind: 'sdk' }>;

export interface CallSurroundings {
  readonly reach: Reach;
  readonly readVariable: (name: string) => string | undefined;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
}

export interface CalledTarget {
  readonly result: WorkResult;
  /** The span of a model call, as OTLP/Protobuf. Undefined for HTTP targets, which send their own spans, and where nothing was asked. */
  readonly telemetry: Uint8Array | undefined;
}

const answerBytesMax = 1_000_000;

export async function callTarget(
  target: ServedTarget,
  work: Claimed,
  surroundings: CallSurroundings,
): Promise<CalledTarget> {
  const ids = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
  const startMs = surroundings.nowMs();
  const beganMs = performance.now();
  const end = (result: Ended): WorkResult => ({
    claim: work.claim,
    traceId: ids.traceId,
    durationMs: performance.now() - beganMs,
    report: null,
    ...result,
  });
  const failed = (error: string): Ended => ({ failed: true, answer: null, error });
  let request: TargetRequest;
  try {
    request = requestOf(target, work, surroundings);
  } catch (error) {
    return { result: end(failed(reasonOf(error))), telemetry: undefined };
  }
  const problem = findUrlProblem(request.url, surroundings.reach);
  if (problem !== undefined) return { result: end(failed(`The address ${problem}.`)), telemetry: undefined };
  const { ended, text } = await ask(request, { target, work, ids, surroundings });
  const endMs = startMs + performance.now() - beganMs;
  return {
    result: end(ended),
    telemetry:
      target.kind === 'model'
        ? spanOfModel(target, work, { ...ids, startMs, endMs, ended, text })
        : undefined,
  };
}

interface Ids {
  readonly traceId: string;
  readonly spanId: string;
}

type Ended = Pick<WorkResult, 'failed' | 'answer' | 'error'>;

interface Asked {
  readonly ended: Ended;
  /** The body of the answer, where it came. */
  readonly text: string | undefined;
}

async function ask(
  request: TargetRequest,
  {
    target,
    work,
    ids,
    surroundings,
  }: {
    readonly target: ServedTarget;
    readonly work: Claimed;
    readonly ids: Ids;
    readonly surroundings: CallSurroundings;
  },
): Promise<Asked> {
  const failed = (error: string, text?: string): Asked => ({
    ended: { failed: true, answer: null, error },
    text,
  });
  const timeout = AbortSignal.timeout(target.timeoutMs);
  try {
    const { status, text } = await sendRequest(request.url, {
      method: request.method,
      body: JSON.stringify(request.body),
      headers: {
        ...request.headers,
        traceparent: `00-${ids.traceId}-${ids.spanId}-01`,
        'sightline-replay': work.id,
        'sightline-replay-of': work.sourceTraceId,
      },
      answerBytesMax,
      lookup: guardedLookup(surroundings.reach),
      signal: AbortSignal.any([surroundings.signal, timeout]),
    });
    if (text === undefined) return failed(`The answer is longer than ${answerBytesMax} bytes.`);
    if (status < 200 || status > 299)
      return failed(`The target answers with ${status}: ${text.slice(0, 500)}`, text);
    return { ended: readAnswer(text, request.answerPath), text };
  } catch (error) {
    return failed(
      timeout.aborted
        ? `The target gave no answer within ${target.timeoutMs} ms.`
        : `The target cannot be asked: ${reasonOf(error)}.`,
    );
  }
}

const modelAnswer = z.object({
  model: z.string().optional().catch(undefined),
  usage: z
    .object({
      prompt_tokens: z.number().nonnegative().optional().catch(undefined),
      completion_tokens: z.number().nonnegative().optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

function spanOfModel(
  target: Extract<ServedTarget, { readonly kind: 'model' }>,
  { id, sourceTraceId, input }: Claimed,
  call: Ids & Asked & { readonly startMs: number; readonly endMs: number },
): Uint8Array {
  const { model, usage } = modelAnswer.safeParse(tryJson(call.text ?? '')).data ?? {};
  const { answer, error } = call.ended;
  return modelCallSpan({
    traceId: call.traceId,
    spanId: call.spanId,
    asker: 'replays',
    // Who speaks like OpenAI and is nobody that is known is taken for it, as with connections.
    provider: providerOfHost(new URL(target.url).hostname) || 'openai',
    model: target.model,
    responseModel: model,
    inputTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
    input: messagesOf(target.system, input),
    output: answer === null ? [] : [{ role: 'assistant', parts: [{ type: 'text', content: answer }] }],
    startMs: call.startMs,
    endMs: call.endMs,
    error,
    attributes: { 'sightline.replay.id': id, 'sightline.replay.of': sourceTraceId },
  });
}

function readAnswer(text: string, path: string | undefined): Ended {
  const parsed = tryJson(text);
  if (path === undefined)
    return { failed: false, answer: typeof parsed === 'string' ? parsed : text, error: null };
  const failed = (error: string): Ended => ({ failed: true, answer: text.slice(0, 10_000), error });
  if (parsed === undefined) return failed(`The answer is no JSON, so there is nothing at "${path}".`);
  const value = valueAt(parsed, path);
  if (value === undefined || value === null) return failed(`The answer has nothing at "${path}".`);
  return { failed: false, answer: typeof value === 'string' ? value : JSON.stringify(value), error: null };
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
      throw new Error(`The secret ${name} is not known: set SIGHTLINE_SECRET_${name} where the server runs.`);
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
