import {
  addFromTracesRequest,
  addFromTracesResponse,
  addItemsRequest,
  addItemsResponse,
  type AddItemsRequest,
  type AddItemsResponse,
  dataset,
  type Dataset,
  datasetChange,
  datasetDetail,
  type DatasetDetail,
  datasetExportParameters,
  datasetItem,
  type DatasetItem,
  datasetItemBytesMax,
  datasetItemsMax,
  datasetItemsParameters,
  datasetItemsResponse,
  datasetName,
  datasetsResponse,
  datasetVersionsResponse,
  newDataset,
  removeItemsRequest,
  type RowFormat,
  splitRequest,
} from '@sightline/schema/api';
import { itemsAsText } from '@sightline/schema/datasets';
import { SightlineError } from '@sightline/schema/errors';
import { rowWriters } from '@sightline/schema/rows';
import { once } from 'node:events';
import { z } from 'zod';
import {
  addItems,
  countInputs,
  createDataset,
  datasetsMax,
  deleteDataset,
  describeItems,
  findDataset,
  type ItemsWanted,
  listDatasets,
  listDatasetVersions,
  listItems,
  readItems,
  removeItems,
  splitItems,
  type StoredDataset,
  type StoredItem,
} from '../../catalog/datasets.ts';
import { timeOf } from '../../checks/describe-checks.ts';
import { readItemsOfTraces } from '../../experiments/items-of-traces.ts';
import { type ApiRoute, type ApiSources, route } from './route-table.ts';

const nameInPath = z.object({ name: datasetName });
const itemInPath = nameInPath.extend({ id: z.string().max(100) });

/** Inputs with what is expected of them, in versions. */
export const datasetsRoutes: readonly ApiRoute[] = [
  route({
    path: '/datasets',
    summary: 'The datasets of the project.',
    tag: 'datasets',
    scope: 'read',
    response: datasetsResponse,
    answer: async ({ context, sources: { catalog } }) => ({
      datasets: (await listDatasets(catalog, context.project)).map(describe),
    }),
  }),
  route({
    method: 'POST',
    path: '/datasets',
    summary: 'Makes an empty dataset.',
    tag: 'datasets',
    scope: 'write',
    body: newDataset,
    response: dataset,
    answer: async ({ context, sources: { catalog }, body }) => {
      if ((await listDatasets(catalog, context.project)).length >= datasetsMax)
        throw new SightlineError('bad_request', `There are ${datasetsMax} datasets already.`, {
          hint: 'Delete one first.',
        });
      const made = await createDataset(catalog, context.project, body);
      if (made === undefined)
        throw new SightlineError('bad_request', `There is a dataset ${JSON.stringify(body.name)} already.`, {
          hint: 'Give it another name, or add items to the one that is there.',
        });
      return describe(made);
    },
  }),
  route({
    path: '/datasets/:name',
    summary: 'One dataset with its splits and how many of its items are there twice.',
    tag: 'datasets',
    scope: 'read',
    params: nameInPath,
    response: datasetDetail,
    answer: async ({ context, sources, params }) =>
      detail(sources, await get(sources, context.project, params.name)),
  }),
  route({
    method: 'DELETE',
    path: '/datasets/:name',
    summary: 'Deletes a dataset with its versions and its experiments.',
    tag: 'datasets',
    scope: 'write',
    params: nameInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context: { project }, sources, params: { name } }) => {
      if (!(await deleteDataset(sources.catalog, { project, name }))) throw notFound(name);
      return { deleted: name };
    },
  }),
  route({
    path: '/datasets/:name/versions',
    summary: 'What each version changed.',
    tag: 'datasets',
    scope: 'read',
    params: nameInPath,
    response: datasetVersionsResponse,
    answer: async ({ context, sources, params }) => {
      const { id } = await get(sources, context.project, params.name);
      const versions = await listDatasetVersions(sources.catalog, id);
      return { versions: versions.map((each) => ({ ...each, time: timeOf(each.time) })) };
    },
  }),
  route({
    path: '/datasets/:name/items',
    summary: 'Items of a version, in the order in which they came.',
    tag: 'datasets',
    scope: 'read',
    params: nameInPath,
    query: datasetItemsParameters,
    response: datasetItemsResponse,
    answer: async ({ context, sources: { catalog }, sources, params, query }) => {
      const found = await get(sources, context.project, params.name);
      const start = readCursor(query.cursor);
      const version = start?.version ?? readVersion(found, query.version);
      const { items: page, last } = await readPage(catalog, {
        datasetId: found.id,
        version,
        split: query.split,
        search: query.search,
        onlyDuplicates: query.duplicates === 'true',
        after: start?.after ?? '-1',
        limit: query.limit,
      });
      return {
        version,
        items: await describeAll(sources, found.id, page),
        nextCursor: last === undefined ? null : `${version}.${last.place}`,
      };
    },
  }),
  route({
    method: 'POST',
    path: '/datasets/:name/items',
    summary: 'Adds items, and changes those whose id is given. All of it is one version.',
    tag: 'datasets',
    scope: 'write',
    params: nameInPath,
    body: addItemsRequest,
    response: addItemsResponse,
    answer: async ({ context, sources, params, body }) =>
      add(sources, await get(sources, context.project, params.name), body),
  }),
  route({
    method: 'POST',
    path: '/datasets/:name/items/from-traces',
    summary: 'Adds what was recorded: runs with question and answer, spans with input and output.',
    tag: 'datasets',
    scope: 'write',
    params: nameInPath,
    body: addFromTracesRequest,
    response: addFromTracesResponse,
    answer: async ({ context, sources, params, body }) => {
      const found = await get(sources, context.project, params.name);
      const { items, failed } = await readItemsOfTraces(context, body);
      const { duplicates, note } = body;
      const added = await add(sources, found, { items: [...items], duplicates, note });
      return { ...added, failed };
    },
  }),
  route({
    method: 'POST',
    path: '/datasets/:name/items/remove',
    summary: 'Takes items out. Versions before keep them.',
    tag: 'datasets',
    scope: 'write',
    params: nameInPath,
    body: removeItemsRequest,
    response: datasetChange,
    answer: async ({ context, sources, params, body }) => {
      const { id } = await get(sources, context.project, params.name);
      const changed = await removeItems(sources.catalog, { datasetId: id, ...body });
      if (changed === undefined) throw notFound(params.name);
      return { version: changed.version, itemCount: changed.itemCount };
    },
  }),
  route({
    path: '/datasets/:name/items/:id',
    summary: 'One item of the newest version.',
    tag: 'datasets',
    scope: 'read',
    params: itemInPath,
    response: datasetItem,
    answer: async ({ context, sources, params }) => {
      const found = await get(sources, context.project, params.name);
      const items = await readItems(sources.catalog, {
        datasetId: found.id,
        version: found.version,
        ids: [params.id],
      });
      const [item] = await describeAll(sources, found.id, [...items.values()]);
      if (item === undefined)
        throw new SightlineError(
          'not_found',
          `${JSON.stringify(params.name)} has no item ${JSON.stringify(params.id)}.`,
          {
            hint: `Its items are listed at /api/v1/datasets/${params.name}/items.`,
          },
        );
      return item;
    },
  }),
  route({
    method: 'POST',
    path: '/datasets/:name/split',
    summary: 'Puts the items into splits, such as train and test, by a hash of their input.',
    tag: 'datasets',
    scope: 'write',
    params: nameInPath,
    body: splitRequest,
    response: datasetDetail,
    answer: async ({ context, sources, params, body }) => {
      const found = await get(sources, context.project, params.name);
      if ((await splitItems(sources.catalog, { datasetId: found.id, ...body })) === undefined)
        throw notFound(params.name);
      return detail(sources, await get(sources, context.project, params.name));
    },
  }),
  route({
    path: '/datasets/:name/export',
    summary: 'All items of a version as JSON lines or CSV, as import takes them, or as a table in Markdown.',
    tag: 'datasets',
    scope: 'read',
    params: nameInPath,
    query: datasetExportParameters,
    files: ['text/csv', 'application/jsonl', 'text/markdown'],
    answer: async ({ context, sources: { catalog }, sources, params, query, reply }) => {
      const found = await get(sources, context.project, params.name);
      const version = readVersion(found, query.version);
      const { contentType, extension } = rowWriters[query.format];
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        ...Object.fromEntries(Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)),
        'content-type': contentType,
        'content-disposition': `attachment; filename="${params.name}-v${version}.${extension}"`,
      });
      const wanted = {
        datasetId: found.id,
        version,
        split: query.split,
        search: query.search,
        onlyDuplicates: query.duplicates === 'true',
      };
      for await (const items of pagesOf(catalog, wanted)) {
        if (context.signal?.aborted === true) break;
        if (!raw.write(items.text(query.format)))
          await once(raw, 'drain', context.signal === undefined ? {} : { signal: context.signal }).catch(
            () => undefined,
          );
      }
      raw.end();
    },
  }),
];

/** A page ends early where its items are large; it is at most one read longer. */
const pageBytesMax = 8_000_000;
const readTogether = 100;

/** `last`: the item behind which there are more. */
async function readPage(
  catalog: ApiSources['catalog'],
  wanted: ItemsWanted,
): Promise<{ readonly items: readonly StoredItem[]; readonly last: StoredItem | undefined }> {
  const items: StoredItem[] = [];
  let bytes = 0;
  for (;;) {
    const { place: after } = items.at(-1) ?? { place: wanted.after };
    const limit = Math.min(readTogether, wanted.limit - items.length);
    const rows = await listItems(catalog, { ...wanted, after, limit: limit + 1 });
    const read = rows.slice(0, limit);
    items.push(...read);
    if (rows.length <= limit) return { items, last: undefined };
    bytes += Buffer.byteLength(JSON.stringify(read));
    if (items.length >= wanted.limit || bytes >= pageBytesMax) return { items, last: items.at(-1) };
  }
}

const exportedTogether = 200;

async function* pagesOf(
  catalog: ApiSources['catalog'],
  wanted: Omit<ItemsWanted, 'after' | 'limit'>,
): AsyncGenerator<{ readonly text: (format: RowFormat) => string }> {
  let after = '-1';
  for (let isFirst = true; ; isFirst = false) {
    const items = await listItems(catalog, { ...wanted, after, limit: exportedTogether });
    const withHead = isFirst;
    if (items.length > 0 || isFirst) yield { text: (format) => itemsAsText(items, { format, withHead }) };
    if (items.length < exportedTogether) return;
    after = items.at(-1)?.place ?? after;
  }
}

async function get({ catalog }: ApiSources, project: string, name: string): Promise<StoredDataset> {
  const found = await findDataset(catalog, { project, name });
  if (found === undefined) throw notFound(name);
  return found;
}

async function detail({ catalog }: ApiSources, stored: StoredDataset): Promise<DatasetDetail> {
  const { splits, duplicateItems } = await describeItems(catalog, stored.id);
  return { ...describe(stored), splits: [...splits], duplicateItems };
}

async function add(
  { catalog }: ApiSources,
  stored: StoredDataset,
  body: Omit<AddItemsRequest, 'intoVersion'> & Partial<Pick<AddItemsRequest, 'intoVersion'>>,
): Promise<AddItemsResponse> {
  const nothing = { added: 0, changed: 0, unchanged: 0, duplicates: 0 };
  if (body.items.length === 0) return { ...nothing, version: stored.version, itemCount: stored.itemCount };
  const large = body.items.find((item) => Buffer.byteLength(JSON.stringify(item)) > datasetItemBytesMax);
  if (large !== undefined)
    throw new SightlineError('bad_request', `An item is larger than ${datasetItemBytesMax} bytes.`, {
      hint: 'Keep long documents elsewhere and name them in the item.',
    });
  const outcome = await addItems(catalog, { datasetId: stored.id, ...body });
  if (outcome === 'gone') throw notFound(stored.name);
  if (outcome === 'full')
    throw new SightlineError('bad_request', `A dataset has at most ${datasetItemsMax} items.`, {
      hint: 'Take items out, or make another dataset.',
    });
  if (outcome === 'moved_on')
    throw new SightlineError('bad_request', 'The dataset was changed by somebody else meanwhile.', {
      hint: 'Send the rest without intoVersion; what is there already is left out.',
    });
  return outcome;
}

async function describeAll(
  { catalog }: ApiSources,
  datasetId: string,
  items: readonly StoredItem[],
): Promise<DatasetItem[]> {
  const counts = await countInputs(
    catalog,
    datasetId,
    items.map(({ inputHash }) => inputHash),
  );
  return items.map(({ place: _place, inputHash, time, ...item }) => ({
    ...item,
    time: timeOf(time),
    duplicates: Math.max(0, (counts.get(inputHash) ?? 1) - 1),
  }));
}

function describe({ name, description, version, itemCount, createdAt, updatedAt }: StoredDataset): Dataset {
  return {
    name,
    description,
    version,
    itemCount,
    createdAt: timeOf(createdAt),
    updatedAt: timeOf(updatedAt),
  };
}

function readVersion(stored: StoredDataset, version: number | undefined): number {
  if (version === undefined) return stored.version;
  if (version <= stored.version) return version;
  throw new SightlineError('not_found', `${JSON.stringify(stored.name)} has no version ${version}.`, {
    hint: `Its newest version is ${stored.version}.`,
  });
}

/** Pages go on in the version of the first. */
function readCursor(
  cursor: string | undefined,
): { readonly version: number; readonly after: string } | undefined {
  if (cursor === undefined) return undefined;
  const [, version, after] = /^(\d{1,9})\.(\d{1,18})$/.exec(cursor) ?? [];
  if (version === undefined || after === undefined)
    throw new SightlineError('bad_cursor', 'The cursor cannot be read.', {
      hint: 'Use nextCursor of the page before, or leave it out to begin anew.',
    });
  return { version: Number(version), after };
}

function notFound(name: string): SightlineError {
  return new SightlineError('not_found', `There is no dataset ${JSON.stringify(name)}.`, {
    hint: 'The datasets are listed at /api/v1/datasets.',
  });
}
