/** Why bytes could not be read at all: what, and at which byte offset or JSON path. */
export interface Malformed {
  readonly message: string;
}

/** Thrown inside the codec only; every exported function turns it into a Result. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

export function malformedAt(offset: number, what: string): MalformedError {
  return new MalformedError(`${what} at byte ${offset}`);
}
