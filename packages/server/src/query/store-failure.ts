import { SightlineError } from '@sightline/schema/errors';
import { StoreError } from '../storage/telemetry-store.ts';

/** What a failed read means to the person who asked. The engine's own words stay in `cause`, for the log. Anything that is not a StoreError is returned as it is. */
export function explainFailure(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  switch (error.kind) {
    case 'unavailable':
      return new SightlineError('store_unavailable', 'The telemetry store does not answer.', {
        hint: 'Try again in a few seconds; see the Status page if it lasts.',
        cause: error,
        retryAfterS: 2,
      });
    case 'limit': {
      const limit = error.limit ?? 'time';
      return new SightlineError('query_limit', `The query met its ${limit} limit: ${limitReasons[limit]}.`, {
        hint: 'Ask for a shorter time range, or narrow the filter.',
        cause: error,
      });
    }
    case 'busy':
      return new SightlineError('too_many_queries', 'Too many queries wait for their turn.', {
        hint: 'Try again in a few seconds.',
        cause: error,
        retryAfterS: error.retryAfterS ?? 1,
      });
    case 'cancelled':
      return new SightlineError('cancelled', 'The client was gone before its answer.', {
        hint: 'Ask again.',
        cause: error,
      });
    case 'damaged':
      return new SightlineError('store_damaged', 'Stored data that the answer needs cannot be read.', {
        hint: 'The Status page lists what is damaged. Ask for a range of time without it, or see docs/errors.md.',
        cause: error,
      });
    case 'refused':
      return /CANNOT_COMPILE_REGEXP|OptimizedRegularExpression/.test(error.message)
        ? new SightlineError(
            'bad_filter',
            `The regular expression cannot be used: ${whyNotCompiled(error.message)}.`,
            {
              hint: 'Regular expressions follow RE2, see https://github.com/google/re2/wiki/Syntax: no lookaround and no back-references.',
              cause: error,
            },
          )
        : error;
  }
}

/** A failure of something that runs in the background, as a sentence for whoever looks at its state. */
export function failureText(error: unknown): string {
  const explained = explainFailure(error);
  return explained instanceof SightlineError
    ? explained.message
    : "Sightline made a mistake; the reason is in the server's log.";
}

const limitReasons = {
  time: 'it took longer than it may',
  rows: 'it reads or answers with more than it may',
  memory: 'it needs more memory than it may have',
} as const;

/** RE2's reason, without the advice that follows, which is for regular expressions in SQL. */
function whyNotCompiled(text: string): string {
  return /, error: (.*?)\. Look at/s.exec(text)?.[1]?.slice(0, 300) ?? 'it cannot be read';
}
