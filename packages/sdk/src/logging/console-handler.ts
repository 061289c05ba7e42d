import { pino } from 'pino';
import type { LogHandler } from '../config/log-handler.ts';
import type { LogLevel } from '../config/levels.ts';
import { formatPretty } from './pretty.ts';

export interface ConsoleHandlerOptions {
  readonly format?: 'json' | 'pretty';
  /** Default `stderr`: programs that speak a protocol on standard output, such as MCP servers, stay intact. */
  readonly stream?: 'stdout' | 'stderr';
  readonly colors?: boolean;
  readonly level?: LogLevel;
}

/** Log lines on the terminal or for a container's log collector. A closed pipe silences it and nothing else. */
export function consoleHandler(options: ConsoleHandlerOptions = {}): LogHandler {
  const stream = options.stream === 'stdout' ? process.stdout : process.stderr;
  const pretty = options.format === undefined ? stream.isTTY : options.format === 'pretty';
  const colors = options.colors ?? (stream.isTTY && process.env['NO_COLOR'] === undefined);
  const destination = pino.destination({ fd: options.stream === 'stdout' ? 1 : 2, sync: true });
  let broken = false;
  destination.on('error', () => (broken = true));
  return {
    ...(options.level === undefined ? {} : { level: options.level }),
    write: (line) => {
      if (!broken) destination.write(pretty ? formatPretty(line, colors) : line);
    },
  };
}
