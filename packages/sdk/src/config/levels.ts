/** Log levels, lowest first, with their pino and OpenTelemetry numbers. */
export type LogLevel = 'TRACE' | 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

/** What a record is about, beside its level. */
export type LogCategory = 'SYSTEM' | 'AGENT' | 'API' | 'PERFORMANCE' | 'SECURITY' | 'BUSINESS';

export const logLevels = {
  TRACE: { pino: 10, severity: 1 },
  DEBUG: { pino: 20, severity: 5 },
  INFO: { pino: 30, severity: 9 },
  WARNING: { pino: 40, severity: 13 },
  ERROR: { pino: 50, severity: 17 },
  CRITICAL: { pino: 60, severity: 21 },
} as const satisfies Record<LogLevel, { pino: number; severity: number }>;

const aliases: Readonly<Record<string, LogLevel>> = {
  WARN: 'WARNING',
  FATAL: 'CRITICAL',
  VERBOSE: 'TRACE',
  ALL: 'TRACE',
};

/** Reads a level in any case, with the aliases warn, fatal, verbose and all; undefined when it is none. */
export function findLogLevel(text: string): LogLevel | undefined {
  const name = text.trim().toUpperCase();
  return Object.hasOwn(logLevels, name) ? (name as LogLevel) : aliases[name];
}
