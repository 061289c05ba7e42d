import { SightlineError } from '@sightline/schema/errors';
import { errnoOf } from './disk.ts';

/** Turns a failed write of the journal into what the sender is told. The sender keeps the data and tries again. */
export function journalFailure(error: unknown): SightlineError {
  if (error instanceof SightlineError) return error;
  const code = errnoOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SightlineError(
      'disk_full',
      `The request was not stored: the disk of the journal is full (${code}).`,
      {
        hint: 'Free space on the disk of the data directory, or lower the retention. Senders retry by themselves.',
        cause: error,
        retryAfterS: 5,
      },
    );
  return new SightlineError('journal_unavailable', `The request was not stored: ${detail}.`, {
    hint: 'Check the disk and the permissions of the data directory. Senders retry by themselves.',
    cause: error,
    retryAfterS: 5,
  });
}

export function overloaded(why: string, retryAfterS: number): SightlineError {
  return new SightlineError('overloaded', `The request was not stored: ${why}.`, {
    hint: `Send it again after ${retryAfterS} s; OpenTelemetry exporters do so by themselves.`,
    retryAfterS,
  });
}
