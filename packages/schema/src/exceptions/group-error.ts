/** Which errors are the same: one group for each cause, whatever machine, path, build or value it was seen with. */
import { ownValue } from '@sightline/base';
import { type LlmErrorClass, llmErrorClass } from './error-class.ts';
import { parameteriseMessage } from './parameterise.ts';
import { alikeOnce, parseStack } from './parse-stack.ts';
import type { StackedException, StackFrame } from './stack-frame.ts';

/** To be raised when the same error gets another key. */
export const groupingVersion = 1;

/** An error as a span or a log record tells it; texts are empty where it says nothing. */
export interface ReportedError {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly service: string;
  /** Of the span, or of the log record's logger. */
  readonly name: string;
  /** A model's, tool's or other operation (conventions); empty for none. */
  readonly operation: string;
  /** The provider of the model, also for an HTTP request to its API. Empty if there is none. */
  readonly provider: string;
  readonly tool: string;
  /** The status of the answer to an HTTP request. Empty or absent if it is not known. */
  readonly httpStatus?: string;
  /** What the program says is one group, as a JSON array of texts; empty or absent where it says nothing. */
  readonly fingerprint?: string;
}

export interface ErrorGroup {
  /** Equal for errors of one group. Not to be shown. */
  readonly key: string;
  /** Equal for those of a group whose message and whole stack are the same: what a group is split into by hand. */
  readonly variant: string;
  /** Exception type, or what stands for it. */
  readonly type: string;
  /** Message without what differs. */
  readonly message: string;
  /** Where it happened, as `module:function`; empty where no code is known. */
  readonly culprit: string;
  readonly errorClass: ErrorClass | undefined;
}

/** Failures of models by their cause, and of tools. */
export type ErrorClass = LlmErrorClass | 'tool';

const framesCompared = 8;
const modelOperations: ReadonlySet<string> = new Set(['llm', 'embedding', 'rerank']);

/** Takes some 20 µs for a stack; `ErrorGrouper` remembers texts that repeat. */
export function groupError(error: ReportedError): ErrorGroup {
  const parsed = error.stack === '' ? undefined : parseStack(error.stack);
  const exceptions = alikeOnce(parsed?.exceptions ?? []);
  const [outer] = exceptions;
  const type = error.type === '' ? (outer?.type ?? '') : error.type;
  const raw = error.message === '' ? (outer?.message ?? firstLine(error.stack)) : error.message;
  const message = parameteriseMessage(raw);
  const frames = comparedFrames(exceptions);
  const errorClass = classOf(error, type, raw);
  const cause = causeOf(error, {
    type,
    message,
    language: parsed?.language ?? '',
    exceptions,
    frames,
    errorClass,
  });
  const key = keyOf(...(ownCause(error, { type, message, cause }) ?? cause));
  const places = exceptions.flatMap((each) => [bareType(each.type), ...each.frames.map(placeOf)]);
  return {
    key,
    variant: keyOf(key, type, message, ...places),
    type: type === '' ? fallbackType(error) : type,
    message,
    culprit: frames[0] === undefined ? '' : placeOf(frames[0]),
    errorClass,
  };
}

/** Says what happened where the stack is of a language that is not known. */
const firstLine = (stack: string): string => /\S.*/.exec(stack)?.[0] ?? '';

const fingerprintPartsMax = 20;
const fingerprintLengthMax = 500;

/** As Sentry's SDKs say it: `{{ default }}` stands for what makes two errors the same otherwise. */
function ownCause(
  { fingerprint = '', name }: ReportedError,
  {
    type,
    message,
    cause,
  }: { readonly type: string; readonly message: string; readonly cause: readonly string[] },
): readonly string[] | undefined {
  const parts = fingerprint === '' ? [] : readTexts(fingerprint).slice(0, fingerprintPartsMax);
  const variables: Readonly<Record<string, readonly string[]>> = {
    default: cause,
    type: [bareType(type)],
    'error.type': [bareType(type)],
    message: [message],
    'error.value': [message],
    transaction: [name],
  };
  const said = parts.flatMap((part) => {
    const variable = /^\{\{ *([\w.]{1,40}) *\}\}$/.exec(part)?.[1];
    return ownValue(variables, variable ?? '') ?? [part.slice(0, fingerprintLengthMax)];
  });
  const isDefault = parts.every((part) => /^\{\{ *default *\}\}$/.test(part));
  return isDefault ? undefined : ['said', ...said];
}

function readTexts(json: string): readonly string[] {
  try {
    const read: unknown = JSON.parse(json);
    return Array.isArray(read)
      ? read.filter((each) => typeof each === 'string' || typeof each === 'number').map(String)
      : [];
  } catch {
    return [json];
  }
}

/** A request to the API of a provider is a call of a model: gateways and programs without an SDK ask by HTTP. */
const asksModel = ({ operation, provider }: ReportedError): boolean =>
  modelOperations.has(operation) || (operation === 'http' && provider !== '');

/** A request to an MCP server calls a tool where it names one. */
const callsTool = ({ operation, tool }: ReportedError): boolean =>
  operation === 'tool' || (operation === 'mcp' && tool !== '');

function classOf(error: ReportedError, type: string, message: string): ErrorClass | undefined {
  if (asksModel(error))
    // OpenTelemetry's spans of HTTP have the status as the type of the error.
    return llmErrorClass(type, message, error.httpStatus || type);
  return callsTool(error) ? 'tool' : undefined;
}

interface ReadError {
  readonly type: string;
  readonly message: string;
  readonly language: string;
  readonly exceptions: readonly StackedException[];
  readonly frames: readonly StackFrame[];
  readonly errorClass: ErrorClass | undefined;
}

/** What makes two errors the same: the first of these that is known. */
function causeOf(
  error: ReportedError,
  { type, message, language, exceptions, frames, errorClass }: ReadError,
): readonly string[] {
  if (errorClass !== undefined && errorClass !== 'tool') return ['model', error.provider, errorClass];
  if (frames.length > 0) {
    const types = [type, ...exceptions.slice(1).map((each) => each.type)];
    const panic = type === 'panic' ? [panicCause(message)] : [];
    return ['stack', language, ...types.map(bareType), ...panic, ...frames.map(placeOf)];
  }
  if (callsTool(error) && error.tool !== '') return ['tool', error.tool, bareType(type), message];
  if (message !== '') return ['message', error.service, bareType(type), message];
  return ['span', error.service, bareType(type), parameteriseMessage(error.name)];
}

const runtimePanic =
  /^(?:runtime error|concurrent map|stack overflow|assignment to|close of|send on|all goroutines|index out of|called `|attempt to|assertion|already|range |byte index|capacity|entered|not |explicit)/;

/** A panic has no type: what the runtime says stands for it, or the name before the words of the program (`NotFound: no row 7`). */
function panicCause(message: string): string {
  if (runtimePanic.test(message)) return message.replace(/: the .*$/, '');
  return /^[\w.*:]+(?=: )/.exec(message)?.[0] ?? '';
}

function fallbackType(error: ReportedError): string {
  return callsTool(error) && error.tool !== '' ? error.tool : parameteriseMessage(error.name);
}

/** The program's own calls where the root cause was thrown; of an exception around it where it has none. */
function comparedFrames(exceptions: readonly StackedException[]): readonly StackFrame[] {
  for (const { frames } of exceptions.toReversed()) {
    const own = frames.filter(({ inApp }) => inApp);
    if (own.length > 0) return own.slice(0, framesCompared);
  }
  return (exceptions.at(-1)?.frames ?? []).slice(0, framesCompared);
}

function placeOf({ module, function: name }: StackFrame): string {
  return module === '' ? name : `${module}:${name}`;
}

/** SDKs report `ValueError` or `builtins.ValueError`, `java.io.IOException` or `IOException`. */
function bareType(type: string): string {
  return type.slice(Math.max(type.lastIndexOf('.'), type.lastIndexOf('\\'), type.lastIndexOf(':')) + 1);
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify([groupingVersion, ...parts]);
}
