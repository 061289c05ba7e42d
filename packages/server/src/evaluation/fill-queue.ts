import type { FillQueueRequest } from '@sightline/schema/api';
import { addItems, type StoredQueue } from '../catalog/annotation-queues.ts';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import { findTraces } from '../query/find-traces.ts';
import type { QueryContext } from '../query/reader.ts';
import { isSampled } from './sampling.ts';

const pagesMax = 40;
const pageSize = 200;

/** Adds stored traces to a queue. `known` were in it before. */
export async function fillQueue(
  context: QueryContext,
  db: SqlRunner,
  { queue, request }: { readonly queue: StoredQueue; readonly request: FillQueueRequest },
) {
  const { traceIds, limit, from, to } = request;
  if (traceIds !== undefined) return add(db, queue, [...new Set(traceIds.map((id) => id.toLowerCase()))]);
  const found: string[] = [];
  let cursor: string | undefined;
  // A filter without model calls would offer every request of every service.
  const q = queue.q.trim() === '' ? anyAgentWork : queue.q;
  for (let page = 0; page < pagesMax && found.length < limit; page += 1) {
    const { traces, nextCursor, limitsMet } = await findTraces(context, {
      q,
      from,
      to,
      limit: pageSize,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...traces.map(({ traceId }) => traceId).filter((id) => isSampled(id, queue.sampleRate)));
    if (limitsMet !== undefined) return { ...(await add(db, queue, found.slice(0, limit))), limitsMet };
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  return add(db, queue, found.slice(0, limit));
}

const anyAgentWork = '-operation:(other OR http OR db OR messaging)';

async function add(db: SqlRunner, queue: StoredQueue, traceIds: readonly string[]) {
  const added = await addItems(db, queue.id, traceIds);
  return { added, known: traceIds.length - added };
}
