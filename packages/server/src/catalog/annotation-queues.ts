import type { AnnotationQueueRule, AnnotationState } from '@sightline/schema/api';
import type { SqlRunner } from './catalog-database.ts';

export interface StoredQueue extends AnnotationQueueRule {
  readonly id: string;
  readonly createdAt: Date;
  readonly open: number;
  readonly done: number;
  readonly skipped: number;
}

export interface StoredItem {
  readonly id: string;
  readonly traceId: string;
  readonly addedAt: Date;
  readonly state: AnnotationState;
  readonly who: string | null;
  readonly doneAt: Date | null;
}

interface InProject {
  readonly project: string;
  readonly id: string;
}

const count = (state: AnnotationState): string =>
  `(SELECT count(*)::int FROM annotation_items WHERE queue_id = annotation_queues.id AND state = '${state}') AS "${state}"`;
const columns = `id::text AS id, name, instructions, score_names AS "scoreNames", q, sample_rate AS "sampleRate", follow, created_at AS "createdAt",
  ${count('open')}, ${count('done')}, ${count('skipped')}`;
const itemColumns = `id::text AS id, trace_id AS "traceId", added_at AS "addedAt", state, who, done_at AS "doneAt"`;

export async function listQueues(db: SqlRunner, project: string): Promise<readonly StoredQueue[]> {
  return db.query(`SELECT ${columns} FROM annotation_queues WHERE project = $1 ORDER BY name`, [project]);
}

export async function findQueue(db: SqlRunner, { project, id }: InProject): Promise<StoredQueue | undefined> {
  const [row] = await db.query<StoredQueue>(
    `SELECT ${columns} FROM annotation_queues WHERE project = $1 AND id::text = $2`,
    [project, id],
  );
  return row;
}

/** Undefined where the project has one of this name. */
export async function createQueue(
  db: SqlRunner,
  project: string,
  rule: AnnotationQueueRule,
): Promise<StoredQueue | undefined> {
  const [row] = await db.query<StoredQueue>(
    `INSERT INTO annotation_queues (project, name, instructions, score_names, q, sample_rate, follow)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (project, name) DO NOTHING RETURNING ${columns}`,
    [project, ...valuesOf(rule)],
  );
  return row;
}

export async function changeQueue(
  db: SqlRunner,
  { project, id }: InProject,
  rule: AnnotationQueueRule,
): Promise<StoredQueue | undefined> {
  const [row] = await db.query<StoredQueue>(
    `UPDATE annotation_queues SET name = $3, instructions = $4, score_names = $5, q = $6, sample_rate = $7, follow = $8
     WHERE project = $1 AND id::text = $2 RETURNING ${columns}`,
    [project, id, ...valuesOf(rule)],
  );
  return row;
}

export async function deleteQueue(db: SqlRunner, { project, id }: InProject): Promise<boolean> {
  const rows = await db.query(
    'DELETE FROM annotation_queues WHERE project = $1 AND id::text = $2 RETURNING id',
    [project, id],
  );
  return rows.length > 0;
}

/** How many were not in the queue before. */
export async function addItems(db: SqlRunner, queueId: string, traceIds: readonly string[]): Promise<number> {
  const rows = await db.query(
    `INSERT INTO annotation_items (queue_id, trace_id) SELECT $1::uuid, unnest($2::text[])
     ON CONFLICT (queue_id, trace_id) DO NOTHING RETURNING id`,
    [queueId, [...traceIds]],
  );
  return rows.length;
}

export async function listItems(
  db: SqlRunner,
  request: { readonly queueId: string; readonly state: AnnotationState | undefined; readonly limit: number },
): Promise<readonly StoredItem[]> {
  return db.query(
    `SELECT ${itemColumns} FROM annotation_items
     WHERE queue_id::text = $1 AND ($2::text IS NULL OR state = $2) ORDER BY annotation_items.id LIMIT $3`,
    [request.queueId, request.state ?? null, request.limit],
  );
}

/** Undefined where the queue has no such item. */
export async function changeItem(
  db: SqlRunner,
  change: {
    readonly queueId: string;
    readonly itemId: string;
    readonly state: AnnotationState;
    readonly who: string | null;
  },
): Promise<StoredItem | undefined> {
  const [row] = await db.query<StoredItem>(
    `UPDATE annotation_items SET state = $3, who = $4, done_at = CASE WHEN $3 = 'open' THEN NULL ELSE now() END
     WHERE queue_id::text = $1 AND annotation_items.id::text = $2 RETURNING ${itemColumns}`,
    [change.queueId, change.itemId, change.state, change.who],
  );
  return row;
}

function valuesOf(rule: AnnotationQueueRule): readonly unknown[] {
  return [
    rule.name,
    rule.instructions,
    JSON.stringify(rule.scoreNames),
    rule.q,
    rule.sampleRate,
    rule.follow,
  ];
}
