import { parseStack } from '@sightline/schema/exceptions';
import type { SaidException } from './item-failure.ts';

/** Loggers write an error as JSON (`{"type":…,"message":…,"stack":…}`), or its stack into the text itself. Undefined where it is neither. */
export function stackOfBody(text: string): SaidException | undefined {
  if (text.startsWith('{')) return ofJson(text);
  if (!text.includes('\n')) return undefined;
  const [outer] = parseStack(text)?.exceptions ?? [];
  return outer === undefined ? undefined : { type: outer.type, message: outer.message, stack: text };
}

/** A text as long as this is no error of a logger. */
const jsonLengthMax = 262_144;

function ofJson(text: string): SaidException | undefined {
  if (text.length > jsonLengthMax || !text.includes('"stack"')) return undefined;
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  const whole = objectOf(read);
  const error = [whole, objectOf(whole['err']), objectOf(whole['error'])].find(
    (each) => typeof each['stack'] === 'string',
  );
  if (error === undefined) return undefined;
  const { type, name, message, stack } = error;
  return { type: textOf(type) || textOf(name), message: textOf(message), stack: textOf(stack) };
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
