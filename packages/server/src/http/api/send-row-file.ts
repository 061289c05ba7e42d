import { Readable } from 'node:stream';
import { SightlineError } from '@sightline/schema/errors';
import type { RowWriter } from '@sightline/schema/rows';
import type { FastifyReply, FastifyRequest } from 'fastify';

type RowLimits = readonly { readonly limit: string; readonly message: string }[];

export interface RowPage {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly nextCursor: string | null;
  readonly limitsMet?: RowLimits | undefined;
}

export interface RowFile {
  /** Of the file, without its extension. */
  readonly name: string;
  readonly writer: RowWriter;
  readonly columns: readonly string[];
  readonly rowsMax: number;
  readonly read: (page: { readonly limit: number; readonly cursor: string | undefined }) => Promise<RowPage>;
}

const pageRowsMax = 1000;
/** Files at a time; each asks the store without a pause while its client reads. */
const filesMax = 8;
let files = 0;

/**
 * Answers with a file that is written while the list is read: at most two pages are held, a page is read once the client
 * took the one before, and nothing is read for a client that is gone. The first page is read before the answer begins, so
 * that a refused question is refused as by the list. A failure later ends the connection in the middle of the file.
 */
export async function sendRowFile(
  file: RowFile,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<void> {
  const { name, writer } = file;
  if (files >= filesMax)
    throw new SightlineError('overloaded', `${filesMax} files are written already.`, {
      hint: 'Try again when one is done.',
      retryAfterS: 5,
    });
  files += 1;
  reply.raw.once('close', () => {
    files -= 1;
  });
  const first = await readPage(file, undefined, 0);
  reply.headers({
    'content-type': writer.contentType,
    'content-disposition': `attachment; filename="${name}.${writer.extension}"`,
    'cache-control': 'no-store',
  });
  if (request.method === 'HEAD') {
    await reply.send();
    return;
  }
  await reply.send(Readable.from(textOf(file, first), { objectMode: false }));
}

async function* textOf(file: RowFile, first: RowPage): AsyncGenerator<string> {
  const { writer, columns, rowsMax } = file;
  const limits = new Map<string, RowLimits[number]>();
  let written = 0;
  const head = writer.head(columns);
  if (head !== '') yield head;
  for (let page = first; ; page = await readPage(file, page.nextCursor ?? undefined, written)) {
    written += page.rows.length;
    for (const met of page.limitsMet ?? []) limits.set(met.limit, met);
    if (page.rows.length > 0) yield writer.rows(columns, page.rows);
    if (page.nextCursor === null) break;
    if (written >= rowsMax) {
      const message = `The file ends after ${rowsMax} rows, and the list goes on.`;
      limits.set('rows', { limit: 'rows', message });
      break;
    }
  }
  if (limits.size > 0) yield writer.cut([...limits.values()]);
}

async function readPage(
  { read, rowsMax }: RowFile,
  cursor: string | undefined,
  written: number,
): Promise<RowPage> {
  return read({ limit: Math.min(pageRowsMax, rowsMax - written), cursor });
}
