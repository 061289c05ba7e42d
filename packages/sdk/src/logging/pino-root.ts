/** The pino instance under every logger. Rebuilt when init or shutdown changes the configuration. */
import { pino, type Logger as PinoLogger } from 'pino';
import { guard } from '../core/diagnostics.ts';
import { currentRuntime, runtimeSlot } from '../runtime/runtime.ts';
import { activeContext } from '../runtime/context.ts';
import { logContextOf, traceFields } from './log-context.ts';
import { consoleHandler } from './console-handler.ts';
import type { LogHandler } from '../config/log-handler.ts';
import { logLevels, type LogLevel } from '../config/levels.ts';

/** pino lower-cases its level option, so the levels are lower-case inside and upper-case on the line. */
export type PinoLevel = Lowercase<LogLevel>;
const pinoLevels = Object.fromEntries(
  Object.entries(logLevels).map(([name, { pino: value }]) => [name.toLowerCase(), value]),
) as Record<PinoLevel, number>;

let root: PinoLogger<PinoLevel> | undefined;
let handlers: readonly LogHandler[] = [];
let generation = 0;

runtimeSlot.listeners.add(() => {
  const old = handlers;
  root = undefined;
  handlers = [];
  generation++;
  for (const handler of old) guard('flushing a log handler', () => handler.flush?.());
});
process.on('exit', () => {
  for (const handler of handlers) guard('flushing a log handler', () => handler.flush?.());
});

/** Grows whenever the root was rebuilt, so that loggers renew their children. */
export function pinoGeneration(): number {
  return generation;
}

export function pinoRoot(): PinoLogger<PinoLevel> {
  root ??= createRoot();
  return root;
}

export function activeHandlers(): number {
  return handlers.length;
}

export function flushHandlers(): void {
  for (const handler of handlers) guard('flushing a log handler', () => handler.flush?.());
}

function createRoot(): PinoLogger<PinoLevel> {
  const options = currentRuntime()?.options;
  handlers = options?.logHandlers ?? [consoleHandler()];
  const streams = handlers.map((handler) => ({
    level: handler.level === undefined ? 0 : logLevels[handler.level].pino,
    stream: { write: (line: string) => guard('a log handler', () => handler.write(line)) },
  }));
  const [only] = streams;
  return pino(
    {
      level: (options?.logLevel ?? 'INFO').toLowerCase(),
      customLevels: pinoLevels,
      useOnlyCustomLevels: true,
      messageKey: 'message',
      base: options === undefined ? {} : { service: options.serviceName },
      timestamp: () => `,"timestamp":"${isoMicroseconds()}"`,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
      mixin: () => {
        const context = activeContext();
        return { ...traceFields(context), ...logContextOf(context) };
      },
    },
    streams.length === 1 && only !== undefined && only.level === 0 ? only.stream : pino.multistream(streams),
  );
}

/** UTC with microseconds: the wall clock's millisecond, refined by the monotonic clock. */
export function isoMicroseconds(): string {
  const ms = performance.timeOrigin + performance.now();
  const whole = Math.floor(ms);
  if (whole !== cachedMs) {
    cachedMs = whole;
    cachedText = new Date(whole).toISOString().slice(0, 23);
  }
  return `${cachedText}${String(Math.floor((ms - whole) * 1000)).padStart(3, '0')}Z`;
}

let cachedMs = 0;
let cachedText = '';
