import { readFile } from 'node:fs/promises';
import { SightlineError } from '@sightline/schema/errors';

/** Throws `bad_option` where the file cannot be read. */
export async function readTextFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new SightlineError(
      'bad_option',
      `Cannot read "${file}": ${error instanceof Error ? error.message : String(error)}.`,
      { hint: 'Check the path.' },
    );
  });
}
