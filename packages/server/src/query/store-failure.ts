import { SightlineError } from '@sightline/schema/errors';
import { StoreError } from '../storage/telemetry-store.ts';

/** What a failed read means to the person who asked. Anything that is not a StoreError is returned as it is. */
export function explainFailure(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  switch (error.kind) {
    case 'unavailable':
      return new SightlineError(
        'store_unavailable',
        `The telemetry store does not answer: ${error.message}`,
        {
          hint: 'Try again in a few seconds; see the Status page if it lasts.',
          cause: error,
          retryAfterS: 2,
        },
      );
    case 'damaged':
      return new SightlineError('store_damaged', `Stored data cannot be read: ${firstLine(error.message)}`, {
        hint: 'The Status page lists what is damaged. Ask for a range of time without it, or see docs/errors.md.',
        cause: error,
      });
    case 'limit':
      return new SightlineError(
        'query_limit',
        `The query met its ${error.limit ?? 'time'} limit: ${firstLine(error.message)}`,
        {
          hint: 'Ask for a shorter time range, or narrow the filter.',
          cause: error,
        },
      );
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

/** Without the advice that follows, which is for regular expressions in SQL. */
function whyNotCompiled(text: string): string {
  return /, error: (.*?)\. Look at/s.exec(text)?.[1] ?? firstLine(text);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.slice(0, 300) ?? '';
}
