/** A broken invariant: a mistake in this program, never in its input. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws AssertionError with `message` unless `condition` holds. Kept in production. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a branch the types say cannot be reached. */
export function unreachable(value: never, what = 'value'): never {
  throw new AssertionError(`Unexpected ${what}: ${JSON.stringify(value)}`);
}

/** Returns `value` without `undefined` and `null`, or throws AssertionError naming `what`. */
export function ensure<T>(value: T | null | undefined, what: string): T {
  assert(value !== undefined && value !== null, `Missing ${what}`);
  return value;
}
