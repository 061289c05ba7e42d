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
  for (const [index, value] of valuesOf(text).entries()) {
    if (value === undefined) continue;
    const line = value instanceof SyntaxError ? value : objectOf(value);
    if (line instanceof SyntaxError)
      unreadable.push({ number: index + 1, message: `not JSON: ${line.message}` });
    else if (line === undefined)
      unreadable.push({
        number: index + 1,
        message: 'no line of a log: it has neither a message nor a level',
      });
    else lines.push(line);
  }
  return { lines, unreadable };
}

function objectOf(value: unknown): LogLine | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? readLogLine(value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** undefined for an empty line. */
function valuesOf(text: string): readonly unknown[] {
  const whole = parse(text.replace(/^\uFEFF/, ''));
  if (Array.isArray(whole)) return whole;
  if (!(whole instanceof SyntaxError)) {
    const { logs } = (whole ?? {}) as { readonly logs?: unknown };
    return Array.isArray(logs) ? logs : [whole];
  }
  return text.split('\n').map((line) => (line.trim() === '' ? undefined : parse(line)));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError(String(error));
  }
}
