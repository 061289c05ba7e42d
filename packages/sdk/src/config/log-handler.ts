/** Where log lines go. A handler gets complete lines, in order, and must not throw; a failing one never stops the others. */
import type { LogLevel } from './levels.ts';

export interface LogHandler {
  /** Lowest level this handler takes; default: everything the logger lets through. */
  readonly level?: LogLevel;
  /** One JSON log line, newline included. */
  write(line: string): void;
  /** Writes out what is buffered, synchronously: called when the process exits. */
  flush?(): void;
  close?(): void;
}
