import { errorCatalogue, type ErrorCode } from './catalogue.ts';

/** A failure a user can meet and act on. `message` says what could not be done and why; `hint` the next step. */
export class SightlineError extends Error {
  override readonly name = 'SightlineError';
  readonly code: ErrorCode;
  readonly hint: string;
  /** Seconds to wait before trying again, where that helps. */
  readonly retryAfterS: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly hint: string; readonly cause?: unknown; readonly retryAfterS?: number },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.retryAfterS = options.retryAfterS;
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }

  toJSON(): { error: { code: ErrorCode; message: string; hint: string } } {
    return { error: { code: this.code, message: this.message, hint: this.hint } };
  }
}
