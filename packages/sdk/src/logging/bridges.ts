/** Correlation and trace ids on loggers a program already has, and their lines into OTLP: pino, winston, console. */
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { isTracingSuppressed } from '@opentelemetry/core';
import { activeContext } from '../runtime/context.ts';
import { guard } from '../core/diagnostics.ts';
import { currentMask, currentRuntime } from '../runtime/runtime.ts';
import { boundedPlain } from '../masking/capture-value.ts';
import { findLogLevel, logLevels, type LogLevel } from '../config/levels.ts';
import { logContextOf, traceFields } from './log-context.ts';

/**
 * For pino's `mixin` option: puts `correlation_id`, `trace_id`, `span_id` and the log context on every line.
 *
 * @example
 * const log = pino({ mixin: pinoMixin() });
 */
export function pinoMixin(): () => Record<string, unknown> {
  return () => {
    const context = activeContext();
    return { ...traceFields(context), ...logContextOf(context) };
  };
}

/**
 * A destination for pino that sends its lines as OTLP log records; use it in `pino.multistream` beside the program's own.
 *
 * @example
 * const log = pino({ mixin: pinoMixin() }, pino.multistream([{ stream: process.stdout }, { stream: pinoDestination() }]));
 */
export function pinoDestination(options: { readonly name?: string } = {}): { write(line: string): void } {
  return {
    write: (line) =>
      guard('forwarding a pino line', () => {
        const {
          level,
          time,
          msg,
          message,
          pid: _pid,
          hostname: _hostname,
          name,
          ...fields
        } = JSON.parse(line) as Record<string, unknown>;
        forward({
          logger: typeof name === 'string' ? name : (options.name ?? 'pino'),
          level: levelOf(level),
          message: textOf(msg ?? message),
          fields,
          timestampMs: typeof time === 'number' ? time : undefined,
        });
      }),
  };
}

interface WinstonInfo {
  level: string;
  message: unknown;
  [key: string]: unknown;
}

/**
 * A winston format that adds the ids to every line and sends it as an OTLP log record.
 *
 * @example
 * createLogger({ format: format.combine(winstonFormat(), format.json()), transports: [new transports.Console()] });
 */
export function winstonFormat(options: { readonly name?: string } = {}): {
  transform<I extends WinstonInfo>(info: I): I;
} {
  return {
    transform: (info) => {
      guard('forwarding a winston line', () => {
        const { level, message, ...fields } = info;
        forward({
          logger: options.name ?? 'winston',
          level: levelOf(level),
          message: textOf(message),
          fields,
          timestampMs: undefined,
        });
        const context = activeContext();
        Object.assign(info, traceFields(context), logContextOf(context));
      });
      return info;
    },
  };
}

const consoleLevels = { debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARNING', error: 'ERROR' } as const;

/** Sends what the program writes with `console` as OTLP log records too. Returns how to stop. */
export function bridgeConsole(): () => void {
  const undo: (() => void)[] = [];
  let inside = false;
  for (const [method, level] of Object.entries(consoleLevels) as [keyof typeof consoleLevels, LogLevel][]) {
    const original = console[method].bind(console) as (...args: unknown[]) => void;
    const replaced = console[method];
    console[method] = (...args: unknown[]) => {
      original(...args);
      if (inside) return;
      inside = true;
      guard('forwarding a console line', () =>
        forward({
          logger: 'console',
          level,
          message: args.map(asLine).join(' '),
          fields: {},
          timestampMs: undefined,
        }),
      );
      inside = false;
    };
    undo.push(() => (console[method] = replaced));
  }
  return () => {
    for (const step of undo) step();
  };
}

/** A Writable for `pino.transport`-like pipelines and child processes: one JSON line per chunk line. */
export function logStream(options: { readonly name?: string } = {}): Writable {
  const destination = pinoDestination(options);
  let rest = '';
  return new Writable({
    write(chunk: Buffer | string, _encoding, done) {
      const lines = (rest + chunk.toString()).split('\n');
      rest = (lines.pop() ?? '').slice(-1_000_000);
      for (const line of lines) if (line.trim() !== '') destination.write(line);
      done();
    },
  });
}

interface ForwardedLine {
  readonly logger: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly timestampMs: number | undefined;
}

function forward(line: ForwardedLine): void {
  const runtime = currentRuntime();
  if (runtime === undefined) return;
  const context = runtime.contextManager.active();
  // What an exporter of ours prints must not come back as telemetry.
  if (isTracingSuppressed(context)) return;
  const mask = currentMask();
  const attributes: Record<string, unknown> = { ...logContextOf(context) };
  for (const [key, value] of Object.entries(line.fields)) {
    if (key === 'trace_id' || key === 'span_id') continue;
    attributes[key] =
      mask?.isSensitiveKey(key) === true
        ? '[masked:secret]'
        : boundedPlain(value, { charactersMax: 16_384 }, mask);
  }
  runtime.otelLogger(line.logger).emit({
    context,
    body: mask === undefined ? line.message : mask(line.message),
    severityNumber: logLevels[line.level].severity,
    severityText: line.level,
    attributes,
    timestamp: line.timestampMs ?? performance.timeOrigin + performance.now(),
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : asLine(value ?? '');
}

/** pino's numbers and names of any of the loggers. */
function levelOf(level: unknown): LogLevel {
  if (typeof level === 'string') return findLogLevel(stripVTControlCharacters(level)) ?? 'INFO';
  if (typeof level !== 'number') return 'INFO';
  const names = Object.keys(logLevels) as LogLevel[];
  return names.findLast((name) => logLevels[name].pino <= level) ?? 'TRACE';
}

function asLine(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.stack ?? value.message;
  const plain = boundedPlain(value, { charactersMax: 4096 }, currentMask());
  return typeof plain === 'string' ? plain : (JSON.stringify(plain) ?? 'undefined');
}
