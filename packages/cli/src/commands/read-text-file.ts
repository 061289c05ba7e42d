import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { badOption } from '../arguments/options.ts';

/** `-` is standard input. Throws `bad_option` where the file cannot be read. */
export async function readTextFile(file: string): Promise<string> {
  return text(file === '-' ? process.stdin : createReadStream(file)).catch((error: unknown) => {
    throw badOption(
      `Cannot read "${file}": ${error instanceof Error ? error.message : String(error)}.`,
      'Check the path.',
    );
  });
}
