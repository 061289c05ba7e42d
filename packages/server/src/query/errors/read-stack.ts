/** The stack of an occurrence, read from the span or the log record that tells of it. */
import type { ErrorFrame, ErrorOccurrence, ErrorStack } from '@sightline/schema/api';
import { parseStack, type StackFrame } from '@sightline/schema/exceptions';
import { SightlineError } from '@sightline/schema/errors';
import { readLogContext } from '../read-log-context.ts';
import { readSpan } from '../read-trace.ts';
import type { QueryContext } from '../reader.ts';

/** What a frame of a built program is in its source. */
export interface StackReader {
  /** By exception and frame: as it is in the source, with some lines of it; undefined where no source map is known. */
  readonly sourcesOf: (
    stack: readonly (readonly StackFrame[])[],
    built: { readonly service: string; readonly version: string },
  ) => Promise<readonly (readonly (ErrorFrame | undefined)[])[]>;
}

/** The newest occurrences of a group mostly have the same stack: more are not looked at. */
const occurrencesRead = 3;
const textLengthMax = 65_536;

export async function readStack(
  context: QueryContext,
  occurrences: readonly ErrorOccurrence[],
  stacks: StackReader,
): Promise<ErrorStack | null> {
  for (const occurrence of occurrences.slice(0, occurrencesRead)) {
    const text = await readText(context, occurrence);
    const parsed = text === undefined ? undefined : parseStack(text);
    if (text === undefined || parsed === undefined) continue;
    const sources = await stacks.sourcesOf(
      parsed.exceptions.map(({ frames }) => frames),
      occurrence,
    );
    return {
      language: parsed.language,
      exceptions: parsed.exceptions.map(({ type, message, frames }, exception) => ({
        type,
        message,
        frames: frames.map((frame, index) => sources[exception]?.[index] ?? asReported(frame)),
      })),
      text: text.slice(0, textLengthMax),
    };
  }
  return null;
}

async function readText(context: QueryContext, occurrence: ErrorOccurrence): Promise<string | undefined> {
  try {
    return occurrence.logId === null
      ? await ofSpan(context, occurrence)
      : await ofLog(context, occurrence.logId);
  } catch (error) {
    // The item may have been deleted, or have outlived its retention.
    if (error instanceof SightlineError && error.code.endsWith('_not_found')) return undefined;
    throw error;
  }
}

async function ofSpan(
  context: QueryContext,
  { traceId, spanId, message }: ErrorOccurrence,
): Promise<string | undefined> {
  if (traceId === null || spanId === null) return undefined;
  const { events, attributes } = await readSpan(context, { traceId, spanId });
  const reported = [...events.map((event) => event.attributes), attributes].filter(
    (each) => stackIn(each) !== undefined,
  );
  const same = reported.find((each) => message.startsWith(textOf(each['exception.message']).slice(0, 200)));
  return stackIn(same ?? reported[0] ?? {});
}

async function ofLog(context: QueryContext, id: string): Promise<string | undefined> {
  const { logs } = await readLogContext(context, { id, before: 0, after: 0, sameService: true });
  const [log] = logs;
  if (log === undefined) return undefined;
  const body = typeof log.body === 'string' ? log.body : JSON.stringify(log.body);
  return stackIn(log.attributes) ?? body;
}

function stackIn(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const text = ['exception.stacktrace', 'error.stack', 'stack'].map((key) => textOf(attributes[key]));
  return text.find((each) => each !== '');
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const asReported = ({ module, function: name, file, line, inApp }: StackFrame): ErrorFrame => ({
  module,
  function: name,
  file,
  line: line ?? null,
  inApp,
  source: null,
});
