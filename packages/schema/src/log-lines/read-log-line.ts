import { type UnixNano, unixNano } from '@sightline/base';
import { parseTime } from '../filter/index.ts';
import {
  logLineAttributes,
  logLineException,
  logLineFields,
  logLineResource,
  numberedLevels,
  severityNumbers,
} from './log-line-table.ts';

/** A line of a log as the fields of an OTLP log record. */
export interface LogLine {
  /** undefined where the line tells no time that can be read. */
  readonly timeNanos: UnixNano | undefined;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: unknown;
  readonly traceId: string;
  readonly spanId: string;
  /** '' where the line does not say. */
  readonly logger: string;
  readonly service: string;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
}

type Fields = Readonly<Record<string, unknown>>;

/** Objects become attributes with dots so many levels deep; what is deeper stays one value. */
const levelsMax = 5;

/** undefined for an object that is no line of a log: it tells neither what happened nor how grave it is. */
export function readLogLine(line: Fields): LogLine | undefined {
  const rest = new Map(Object.entries(line).filter(([, value]) => value !== null && value !== undefined));
  // A name that is there with a value of another kind is an attribute: `error: true`, `service: {…}`.
  const take = <T>(names: readonly string[], read: (value: unknown) => T | undefined): T | undefined => {
    for (const name of names) {
      const value = read(rest.get(name));
      if (value === undefined) continue;
      rest.delete(name);
      return value;
    }
    return undefined;
  };
  const level = take(logLineFields.level, readLevel);
  const pythonLevel = take(logLineFields.pythonLevel, readPythonLevel);
  const body = take(logLineFields.body, (value) => (typeof value === 'string' ? value : undefined));
  const said = body ?? take(logLineFields.body, (value) => value);
  if (said === undefined && level === undefined) return undefined;
  const severity = level ?? pythonLevel ?? { number: 0, text: '' };
  const service = take(logLineFields.service, serviceName) ?? '';
  // Without a prototype "__proto__" is a name like any other.
  const attributes = Object.create(null) as Record<string, unknown>;
  const resource: Record<string, unknown> = {};
  const timeNanos = take(logLineFields.time, readTime);
  const logger = take(logLineFields.logger, nonEmptyText) ?? '';
  const traceId = take(logLineFields.traceId, (value) => hexId(value, 32)) ?? '';
  const spanId = take(logLineFields.spanId, (value) => hexId(value, 16)) ?? '';
  for (const [name, sources] of Object.entries(logLineResource)) {
    const value = take(sources, nonEmptyText);
    if (value !== undefined) resource[name] = value;
  }
  for (const [name, sources] of Object.entries(logLineAttributes)) {
    const value = take(sources, scalar);
    if (value !== undefined) attributes[name] = value;
  }
  Object.assign(attributes, take(logLineException.whole, readException));
  for (const [name, value] of rest) flatten(attributes, name, value, levelsMax);
  return {
    timeNanos,
    severityNumber: severity.number,
    severityText: severity.text,
    body: said ?? '',
    traceId,
    spanId,
    logger,
    service,
    resource,
    attributes,
  };
}

interface Severity {
  readonly number: number;
  readonly text: string;
}

function readLevel(value: unknown): Severity | undefined {
  if (typeof value === 'number') return readNumber(value, numberedLevels.pino);
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) return readNumber(Number(text), numberedLevels.pino);
  return { number: severityNumbers[text.toLowerCase()] ?? 0, text };
}

const readPythonLevel = (value: unknown): Severity | undefined =>
  typeof value === 'number' ? readNumber(value, numberedLevels.python) : undefined;

function readNumber(value: number, levels: Readonly<Record<number, number>>): Severity {
  const from = Object.keys(levels)
    .map(Number)
    .toSorted((a, b) => b - a);
  return { number: levels[from.find((each) => value >= each) ?? -1] ?? 0, text: String(value) };
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970 by their size, RFC 3339, or Python's `asctime`; UTC where no zone is named. */
function readTime(value: unknown): UnixNano | undefined {
  if (typeof value === 'number') return readEpoch(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return readEpoch(Number(text));
  const written = text.replace(',', '.').replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  const zoned = /(?:z|[+-]\d{2}:\d{2})$/i.test(written) ? written : `${written}Z`;
  // Only with a time of day: a date alone is no moment.
  return /\d{2}:\d{2}:\d{2}/.test(zoned) ? parseTime(zoned, unixNano(0n)) : undefined;
}

function readEpoch(value: number): UnixNano | undefined {
  if (!Number.isFinite(value) || value <= 0) return undefined;
  // Seconds stay below 10^11 until the year 5138.
  const power = value < 1e11 ? 9 : value < 1e14 ? 6 : value < 1e17 ? 3 : 0;
  const whole = Math.trunc(value);
  const nanos = BigInt(whole) * 10n ** BigInt(power) + BigInt(Math.round((value - whole) * 10 ** power));
  return nanos < 9_200_000_000_000_000_000n ? unixNano(nanos) : undefined;
}

function serviceName(value: unknown): string | undefined {
  return isRecord(value) ? nonEmptyText(value['name']) : nonEmptyText(value);
}

function hexId(value: unknown, digits: number): string | undefined {
  if (typeof value !== 'string') return undefined;
  const id = value.replace(/^0x/i, '').replaceAll('-', '').toLowerCase();
  return id.length === digits && /^[0-9a-f]+$/.test(id) && /[^0]/.test(id) ? id : undefined;
}

function readException(value: unknown): Fields | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : readTraceback(value);
  if (!isRecord(value)) return undefined;
  const find = (names: readonly string[]) => names.map((name) => nonEmptyText(value[name])).find(Boolean);
  const type = find(logLineException.type);
  const message = find(logLineException.message);
  const stacktrace = find(logLineException.stacktrace);
  if (type === undefined && message === undefined && stacktrace === undefined) return undefined;
  return present({
    'exception.type': type,
    'exception.message': message,
    'exception.stacktrace': stacktrace,
  });
}

/** The last line of a traceback, or the first of a stack, names the type and says the message. */
function readTraceback(text: string): Fields {
  const lines = text.trim().split('\n');
  const isTraceback = lines.length > 1;
  const head = (isTraceback && (lines[0] ?? '').startsWith('Traceback') ? lines.at(-1) : lines[0]) ?? '';
  const [, reported, message] = /^([A-Za-z_][\w.$]*): (.*)$/.exec(head.trim()) ?? [];
  const type = reported ?? /^[\w.$]*(?:Error|Exception|Interrupt|Exit)$/.exec(head.trim())?.[0];
  return present({
    'exception.type': type,
    'exception.message': type === undefined ? head : message,
    'exception.stacktrace': isTraceback ? text : undefined,
  });
}

const present = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function flatten(into: Record<string, unknown>, name: string, value: unknown, levels: number): void {
  if (value === null || value === undefined) return;
  if (!isRecord(value) || levels === 0) into[name] ??= value;
  else for (const [key, each] of Object.entries(value)) flatten(into, `${name}.${key}`, each, levels - 1);
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const nonEmptyText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const scalar = (value: unknown): unknown =>
  ['string', 'number', 'boolean'].includes(typeof value) && value !== '' ? value : undefined;
