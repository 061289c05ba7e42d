import { UnreachableError } from './client.ts';
import { connection } from './connection.ts';

/**
 * `load` for a part of the UI that comes when it is needed. Where it cannot be had, the server is gone or of another version by now: its
 * page loads itself again when the server answers.
 */
export function loadPart<Part>(load: () => Promise<Part>): () => Promise<Part> {
  return async () => {
    try {
      return await load();
    } catch (cause) {
      connection.lost();
      throw new UnreachableError('A part of this page could not be loaded.', { cause });
    }
  };
}
