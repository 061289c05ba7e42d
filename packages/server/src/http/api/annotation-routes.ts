import { formatNanos, nanosFromMs } from '@sightline/base';
import {
  type AnnotationItem,
  annotationItem,
  annotationItemsParameters,
  annotationItemsResponse,
  type AnnotationQueue,
  annotationQueue,
  annotationQueueRule,
  annotationQueuesResponse,
  changeItemRequest,
  fillQueueRequest,
  fillQueueResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import {
  changeItem,
  changeQueue,
  createQueue,
  deleteQueue,
  findQueue,
  listItems,
  listQueues,
  type StoredItem,
  type StoredQueue,
} from '../../catalog/annotation-queues.ts';
import { fillQueue } from '../../evaluation/fill-queue.ts';
import { checkFilter } from '../../query/evaluation/check-filter.ts';
import type { QueryContext } from '../../query/reader.ts';
import { type ApiRoute, type ApiSources, route } from './route-table.ts';

const idInPath = z.object({ id: z.string().max(64) });
const itemInPath = idInPath.extend({ itemId: z.string().max(64) });

/** Traces that people shall look at, one after the other. */
export const annotationRoutes: readonly ApiRoute[] = [
  route({
    path: '/annotation-queues',
    summary: 'The queues, with how far they are.',
    tag: 'scores',
    scope: 'read',
    response: annotationQueuesResponse,
    answer: async ({ context, sources }) => ({
      queues: (await listQueues(sources.catalog, context.project)).map(describe),
    }),
  }),
  route({
    method: 'POST',
    path: '/annotation-queues',
    summary: 'Makes a queue, empty yet.',
    tag: 'scores',
    scope: 'write',
    body: annotationQueueRule,
    response: annotationQueue,
    answer: async ({ context, sources, body }) => {
      await checkFilter(context, body.q);
      const made = await createQueue(sources.catalog, context.project, body);
      if (made !== undefined) return describe(made);
      throw nameTaken(body.name);
    },
  }),
  route({
    path: '/annotation-queues/:id',
    summary: 'One queue.',
    tag: 'scores',
    scope: 'read',
    params: idInPath,
    response: annotationQueue,
    answer: async ({ context, sources, params }) => describe(await get(sources, context, params.id)),
  }),
  route({
    method: 'PUT',
    path: '/annotation-queues/:id',
    summary: 'Changes a queue. What is in it stays.',
    tag: 'scores',
    scope: 'write',
    params: idInPath,
    body: annotationQueueRule,
    response: annotationQueue,
    answer: async ({ context, sources, params, body }) => {
      await checkFilter(context, body.q);
      const others = await listQueues(sources.catalog, context.project);
      if (others.some(({ id, name }) => id !== params.id && name === body.name)) throw nameTaken(body.name);
      const changed = await changeQueue(sources.catalog, { project: context.project, id: params.id }, body);
      if (changed === undefined) throw unknown('queue', params.id);
      return describe(changed);
    },
  }),
  route({
    method: 'DELETE',
    path: '/annotation-queues/:id',
    summary: 'Deletes a queue. Scores given from it stay.',
    tag: 'scores',
    scope: 'write',
    params: idInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context, sources, params }) => {
      if (!(await deleteQueue(sources.catalog, { project: context.project, id: params.id })))
        throw unknown('queue', params.id);
      return { deleted: params.id };
    },
  }),
  route({
    method: 'POST',
    path: '/annotation-queues/:id/fill',
    summary:
      'Adds stored traces: those that fit the filter and the sample, the newest first, or those named.',
    tag: 'scores',
    scope: 'write',
    params: idInPath,
    body: fillQueueRequest,
    response: fillQueueResponse,
    answer: async ({ context, sources, params, body }) =>
      fillQueue(context, sources.catalog, { queue: await get(sources, context, params.id), request: body }),
  }),
  route({
    path: '/annotation-queues/:id/items',
    summary: 'What is in a queue, in the order it was added.',
    tag: 'scores',
    scope: 'read',
    params: idInPath,
    query: annotationItemsParameters,
    response: annotationItemsResponse,
    answer: async ({ context, sources, params, query }) => {
      const { open, done, skipped } = await get(sources, context, params.id);
      const items = await listItems(sources.catalog, {
        queueId: params.id,
        state: query.state,
        limit: query.limit,
      });
      return { items: items.map(describeItem), open, done, skipped };
    },
  }),
  route({
    method: 'PUT',
    path: '/annotation-queues/:id/items/:itemId',
    summary: 'Marks an item as done, as skipped, or open again.',
    tag: 'scores',
    scope: 'write',
    params: itemInPath,
    body: changeItemRequest,
    response: annotationItem,
    answer: async ({ context, sources, params, body }) => {
      await get(sources, context, params.id);
      const change = { queueId: params.id, itemId: params.itemId, state: body.state, who: body.who ?? null };
      const changed = await changeItem(sources.catalog, change);
      if (changed === undefined) throw unknown('item', params.itemId);
      return describeItem(changed);
    },
  }),
];

async function get(sources: ApiSources, { project }: QueryContext, id: string): Promise<StoredQueue> {
  const found = await findQueue(sources.catalog, { project, id });
  if (found === undefined) throw unknown('queue', id);
  return found;
}

function nameTaken(name: string): SightlineError {
  return new SightlineError('bad_request', `There is a queue "${name}" already.`, {
    hint: 'Choose another name.',
  });
}

function unknown(what: 'queue' | 'item', id: string): SightlineError {
  return new SightlineError('not_found', `No annotation ${what} has the id "${id}".`, {
    hint: 'GET /api/v1/annotation-queues lists them.',
  });
}

function describe(stored: StoredQueue): AnnotationQueue {
  return { ...stored, scoreNames: [...stored.scoreNames], createdAt: formatDate(stored.createdAt) };
}

function describeItem(item: StoredItem): AnnotationItem {
  return {
    ...item,
    addedAt: formatDate(item.addedAt),
    doneAt: item.doneAt === null ? null : formatDate(item.doneAt),
  };
}

function formatDate(date: Date): string {
  return formatNanos(nanosFromMs(date.getTime()));
}
