/** Loggers: pino underneath for the handlers, OpenTelemetry log records for OTLP, one call for both. */
import type { Logger as PinoLogger } from 'pino';
import { activeContext, runInContext } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { currentMask, currentRuntime, type Runtime } from '../runtime/runtime.ts';
import { boundedPlain } from '../masking/capture-value.ts';
import { maskNumber, type MaskText } from '../masking/mask-text.ts';
import { maskArguments } from '../masking/command-secrets.ts';
import { isNamedBefore } from '../masking/named-values.ts';
import { placeholder } from '../masking/placeholder.ts';
import { describeError } from '../core/span-handle.ts';
import { findCallSite, type CallSite } from './call-site.ts';
import { logLevels, type LogCategory, type LogLevel } from '../config/levels.ts';
import { withLogContext, type LogContext } from './log-context.ts';
import { pinoGeneration, pinoRoot, type PinoLevel } from './pino-root.ts';

/** What a log call may carry beside its message. Further keys become fields of the line and attributes of the record. */
export interface LogFields {
  readonly category?: LogCategory;
  readonly tags?: readonly string[];
  /** The part of the program that speaks: `getLogger('api').child({ component: 'billing' })`. */
  readonly component?: string;
  /** Anything worth keeping; bounded and masked. */
  readonly data?: unknown;
  /** Numbers with their unit in the name: `{ durationMs: 12 }`. */
  readonly performanceMetrics?: Readonly<Record<string, number>>;
  /** The exception this line is about. */
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

type Log = (message: string, fields?: LogFields) => void;

export interface Logger {
  readonly name: string;
  readonly trace: Log;
  readonly debug: Log;
  readonly info: Log;
  readonly warning: Log;
  /** The same as `warning`. */
  readonly warn: Log;
  readonly error: Log;
  readonly critical: Log;
  log(level: LogLevel, message: string, fields?: LogFields): void;
  isEnabled(level: LogLevel): boolean;
  /** Runs `fn` with fields that everything logged inside inherits, whichever logger; nested contexts merge. */
  withContext<T>(fields: LogContext, fn: () => T): T;
  /** A logger that adds these fields to every line of its own. */
  child(fields: LogFields): Logger;
}

const noFields: LogFields = {};
const pinoNames = Object.fromEntries(
  Object.keys(logLevels).map((level) => [level, level.toLowerCase()]),
) as Record<LogLevel, PinoLevel>;
/** Lines written in this process, for `getStats`. */
export const linesByLevel = Object.fromEntries(Object.keys(logLevels).map((level) => [level, 0])) as Record<
  LogLevel,
  number
>;
const loggers = new Map<string, Logger>();

/**
 * The logger of this name. Works before `init` (standard error only) and after it (handlers and OTLP).
 *
 * @example
 * const log = getLogger('billing');
 * log.info('Invoice sent', { category: 'BUSINESS', tags: ['invoice'], data: { lines: 3 } });
 */
export function getLogger(name: string): Logger {
  let logger = loggers.get(name);
  if (logger === undefined) {
    logger = createLogger(name, noFields);
    if (loggers.size < 10_000) loggers.set(name, logger);
  }
  return logger;
}

function createLogger(name: string, own: LogFields): Logger {
  // Lines the SDK writes have no place in the program that could be named.
  const isOwn = name.startsWith('sightline.');
  let child: PinoLogger<PinoLevel> | undefined;
  let generation = -1;
  let shownName = name;
  const pinoLogger = () => {
    if (child === undefined || generation !== pinoGeneration()) {
      generation = pinoGeneration();
      shownName = currentMask()?.(name) ?? name;
      child = pinoRoot().child({ logger: shownName });
    }
    return child;
  };
  const emit = (level: LogLevel, below: Log, message: string, fields: LogFields | undefined) => {
    guard('logging', () => {
      const target = pinoLogger();
      if (target.levelVal > logLevels[level].pino) return;
      const runtime = currentRuntime();
      const site = runtime?.options.logCallSite === true && !isOwn ? findCallSite(below) : undefined;
      write(
        target,
        runtime,
        shownName,
        level,
        message,
        own === noFields ? fields : { ...own, ...fields },
        site,
      );
    });
  };
  const method = (level: LogLevel): Log => {
    const log: Log = (message, fields) => emit(level, log, message, fields);
    return log;
  };
  const warning = method('WARNING');
  const logger: Logger = {
    name,
    trace: method('TRACE'),
    debug: method('DEBUG'),
    info: method('INFO'),
    warning,
    warn: warning,
    error: method('ERROR'),
    critical: method('CRITICAL'),
    log: (level, message, fields) => emit(level, logger.log.bind(logger) as never, message, fields),
    isEnabled: (level) => pinoLogger().levelVal <= logLevels[level].pino,
    withContext: (fields, fn) => runInContext(withLogContext(activeContext(), cleanContext(fields)), fn),
    child: (fields) => createLogger(name, { ...own, ...fields }),
  };
  return logger;
}

/** A line of the SDK's about code of the program's: names that place instead of ours. */
export function writeLineAt(
  name: string,
  level: LogLevel,
  message: string,
  fields: LogFields,
  site: CallSite | undefined,
): void {
  guard('logging', () => {
    const target = pinoRoot().child({ logger: name });
    if (target.levelVal <= logLevels[level].pino)
      write(target, currentRuntime(), name, level, message, fields, site);
  });
}

function write(
  target: PinoLogger<PinoLevel>,
  runtime: Runtime | undefined,
  name: string,
  level: LogLevel,
  message: string,
  fields: LogFields | undefined,
  site: CallSite | undefined,
): void {
  const mask = currentMask();
  const text = mask === undefined ? message : mask(String(message));
  const line: Record<string, unknown> = site === undefined ? {} : { ...site };
  for (const key in fields) {
    const value = fields[key];
    if (value === undefined) continue;
    if (key === 'error') line['exception'] = exceptionFields(value, mask);
    else if (key === 'performanceMetrics')
      line['performance_metrics'] = boundedPlain(value, fieldLimits, mask);
    else line[cleanKey(key, mask)] = cleanNamed(key, value, mask);
  }
  target[pinoNames[level]](line, text);
  linesByLevel[level]++;
  runtime?.recordLine?.(name, level, text, line);
}

/** Context fields are cleaned once, where they are set, not on every line inside. */
function cleanContext(fields: LogContext): LogContext {
  const mask = currentMask();
  const clean: Record<string, unknown> = {};
  guard('cleaning log context', () => {
    for (const key in fields)
      if (fields[key] !== undefined) clean[cleanKey(key, mask)] = cleanNamed(key, fields[key], mask);
  });
  return clean;
}

/** Most keys are words, with nothing to mask. */
function cleanKey(key: string, mask: MaskText | undefined): string {
  return mask === undefined || /^[A-Za-z_.]*$/.test(key) ? key : mask(key);
}

function cleanNamed(key: string, value: unknown, mask: MaskText | undefined): unknown {
  return mask?.isSensitiveKey(key) === true ? placeholder('secret') : cleanField(value, mask);
}

/** Short texts and numbers, which most fields are, skip the bounded copy. */
function cleanField(value: unknown, mask: MaskText | undefined): unknown {
  if (typeof value === 'number') return mask === undefined ? value : maskNumber(value, mask);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && value.length <= 1000) return mask === undefined ? value : mask(value);
  if (
    Array.isArray(value) &&
    value.length <= 20 &&
    value.every((item) => typeof item === 'string' && item.length <= 100)
  ) {
    return mask === undefined ? [...value] : maskList(value as string[], mask);
  }
  return boundedPlain(value, fieldLimits, mask);
}

function maskList(list: readonly string[], mask: MaskText): string[] {
  const items = maskArguments(list);
  return items.map((item, at) =>
    isNamedBefore(items, at, mask.isSensitiveKey) ? placeholder('secret') : mask(item),
  );
}

const fieldLimits = { charactersMax: 16_384 };

function exceptionFields(
  error: unknown,
  mask: ((text: string) => string) | undefined,
): Record<string, string> {
  const { type, message } = describeError(error);
  const clean = mask ?? ((text: string) => text);
  return {
    // A name may be anything.
    type: clean(type),
    message: clean(message),
    ...(error instanceof Error && typeof error.stack === 'string' ? { stacktrace: clean(error.stack) } : {}),
  };
}
