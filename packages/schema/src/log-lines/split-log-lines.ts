import { err, ok, type Result } from '@sightline/base';
import { type LogLine, readLogLine } from './read-log-line.ts';

export interface UnreadableLine {
  /** From 1: of the line, or of the element of an array. */
  readonly number: number;
  readonly message: string;
}

/** The lines of a log: JSON lines, one object, or an array of objects, also under `logs`. Empty lines are none. */
export function splitLogLines(text: string): {
  readonly lines: readonly LogLine[];
  readonly unreadable: readonly UnreadableLine[];
} {
  const lines: LogLine[] = [];
  const unreadable: UnreadableLine[] = [];
  for (const read of eachLogLine(text))
    if (read.ok) lines.push(read.value);
    else unreadable.push(read.error);
  return { lines, unreadable };
}

/** The same, one after the other: of a long text with millions of short lines, no two need be held at a time. */
export function* eachLogLine(text: string): Generator<Result<LogLine, UnreadableLine>> {
  for (const [index, value] of valuesOf(text)) {
    if (isDeeper(value, levelsMax)) {
      yield err({ number: index + 1, message: `its values are nested more than ${levelsMax} levels deep` });
      continue;
    }
    const line = value instanceof SyntaxError ? value : objectOf(value);
    if (line instanceof SyntaxError) yield err({ number: index + 1, message: `not JSON: ${line.message}` });
    else if (line === undefined)
      yield err({
        number: index + 1,
        message: 'no line of a log: it has neither a message nor a level',
      });
    else yield ok(line);
  }
}

/** No program logs so much structure. Whoever reads it level by level needs room for each. */
const levelsMax = 100;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function objectOf(value: unknown): LogLine | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? readLogLine(value as Readonly<Record<string, unknown>>)
    : undefined;
}

function* valuesOf(text: string): Generator<readonly [index: number, value: unknown]> {
  const whole = parse(text.replace(/^\uFEFF/, ''));
  if (!(whole instanceof SyntaxError)) {
    const { logs } = (whole ?? {}) as { readonly logs?: unknown };
    yield* (Array.isArray(whole) ? whole : Array.isArray(logs) ? logs : [whole]).entries();
    return;
  }
  for (let at = 0, index = 0; at < text.length; index += 1) {
    const next = text.indexOf('\n', at);
    const end = next < 0 ? text.length : next;
    const line = text.slice(at, end);
    if (line.trim() !== '') yield [index, parse(line)];
    at = end + 1;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError(String(error));
  }
}
