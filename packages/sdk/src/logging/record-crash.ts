/** The last log record of a process that dies of an exception: synchronous, for the file handlers and what can still be sent. */
import { getLogger } from './logger.ts';
import { flushHandlers } from './pino-root.ts';

export function recordCrash(error: unknown, origin: string): void {
  getLogger('process').critical(
    `The process ends with an ${origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception'}.`,
    {
      category: 'SYSTEM',
      error,
    },
  );
  flushHandlers();
}
