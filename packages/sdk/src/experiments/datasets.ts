import { inPieces } from '@sightline/base';
import { askServer, SightlineServerError, type ServerOptions } from '../runtime/ask-server.ts';
import type { AddedItems, DatasetItem, DatasetItemInput } from './experiment-types.ts';

export interface AddToDatasetOptions extends ServerOptions {
  readonly note?: string;
  /** `keep`: an item whose input is there already is added all the same. */
  readonly duplicates?: 'skip' | 'keep';
}

const timeoutMs = 60_000;
/** The server takes a little more at a time. */
export const requestBytesMax = 800_000;

/**
 * Adds items to a dataset, which is made where there is none. All of it is one version.
 *
 * @example
 * await addToDataset('capitals', [{ input: { country: 'France' }, expected: 'Paris' }]);
 */
export async function addToDataset(
  name: string,
  items: readonly DatasetItemInput[],
  { note, duplicates = 'skip', ...server }: AddToDatasetOptions = {},
): Promise<AddedItems> {
  const path = `/datasets/${encodeURIComponent(name)}`;
  let sum: AddedItems | undefined;
  for (const piece of inPieces(items, { itemsMax: 200, bytesMax: requestBytesMax })) {
    const send = async (): Promise<AddedItems> =>
      askServer({
        ...server,
        method: 'POST',
        path: `${path}/items`,
        body: {
          items: piece,
          duplicates,
          ...(note === undefined ? {} : { note }),
          ...(sum !== undefined && sum.added + sum.changed > 0 ? { intoVersion: sum.version } : {}),
        },
        timeoutMs,
      });
    const answer = await send().catch(async (error: unknown) => {
      if (!(error instanceof SightlineServerError) || error.code !== 'not_found') throw error;
      await askServer({ ...server, method: 'POST', path: '/datasets', body: { name }, timeoutMs });
      return send();
    });
    sum =
      sum === undefined
        ? answer
        : {
            version: answer.version,
            itemCount: answer.itemCount,
            added: sum.added + answer.added,
            changed: sum.changed + answer.changed,
            unchanged: sum.unchanged + answer.unchanged,
            duplicates: sum.duplicates + answer.duplicates,
          };
  }
  return sum ?? { version: 0, itemCount: 0, added: 0, changed: 0, unchanged: 0, duplicates: 0 };
}

export interface ReadDatasetOptions extends ServerOptions {
  /** Default: the newest. */
  readonly version?: number;
  readonly split?: string;
}

/**
 * The items of a dataset, page by page.
 *
 * @example
 * for await (const { input, expected } of readDataset('capitals')) console.log(input, expected);
 */
export async function* readDataset(
  name: string,
  { version, split, ...server }: ReadDatasetOptions = {},
): AsyncGenerator<DatasetItem> {
  const query = new URLSearchParams({ limit: '200' });
  if (version !== undefined) query.set('version', String(version));
  if (split !== undefined && split !== '') query.set('split', split);
  for (;;) {
    const path = `/datasets/${encodeURIComponent(name)}/items?${query.toString()}`;
    const page = await askServer<{
      readonly items: readonly DatasetItem[];
      readonly nextCursor: string | null;
    }>({ ...server, path, timeoutMs });
    yield* page.items;
    if (page.nextCursor === null) return;
    query.set('cursor', page.nextCursor);
  }
}
