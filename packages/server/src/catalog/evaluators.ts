import { storableText } from '@sightline/base';
import { type EvaluatorRule, type EvaluatorRun, evaluatorSettings } from '@sightline/schema/api';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';
import { decodeReadable, readDocument } from './stored-documents.ts';

export interface StoredEvaluator extends EvaluatorRule {
  readonly id: string;
  readonly project: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly scored: number;
  readonly skipped: number;
  readonly failed: number;
  readonly costUsd: number | null;
  readonly unpriced: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly lastRunAt: Date | null;
}

const columns = `id, project, name, enabled, q, sample_rate AS "sampleRate", settings, created_at AS "createdAt", updated_at AS "updatedAt",
  scored, skipped, failed, cost_usd AS "costUsd", unpriced, input_tokens AS "inputTokens", output_tokens AS "outputTokens",
  last_run_at AS "lastRunAt"`;

/** More would not be looked through by anybody; each costs a query per round. */
export const evaluatorsMax = 100;
const runsKept = 500;

export async function listEvaluators(db: SqlRunner, project: string): Promise<readonly StoredEvaluator[]> {
  const rows = await db.query<StoredEvaluator>(
    `SELECT ${columns} FROM evaluators WHERE project = $1 ORDER BY name`,
    [project],
  );
  return decodeReadable(rows, decode);
}

/** Projects that have something to do in the background, and since when at the latest. */
export async function listEvaluatedProjects(
  db: SqlRunner,
): Promise<readonly { readonly project: string; readonly since: Date }[]> {
  return db.query(
    `SELECT project, min(since) AS since FROM (
       SELECT project, updated_at AS since FROM evaluators WHERE enabled
       UNION ALL SELECT project, created_at FROM annotation_queues WHERE follow) AS wanted GROUP BY project ORDER BY project`,
  );
}

export async function findEvaluator(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
): Promise<StoredEvaluator | undefined> {
  const [row] = await db.query<StoredEvaluator>(
    `SELECT ${columns} FROM evaluators WHERE project = $1 AND id::text = $2`,
    [project, id],
  );
  return row === undefined ? undefined : decode(row);
}

/** Undefined where the project has one of this name. */
export async function createEvaluator(
  db: SqlRunner,
  project: string,
  rule: EvaluatorRule,
): Promise<StoredEvaluator | undefined> {
  const [row] = await db.query<StoredEvaluator>(
    `INSERT INTO evaluators (project, name, enabled, q, sample_rate, settings) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (project, name) DO NOTHING RETURNING ${columns}`,
    [project, rule.name, rule.enabled, rule.q, rule.sampleRate, JSON.stringify(rule.settings)],
  );
  return row === undefined ? undefined : decode(row);
}

/** Undefined where the project has none of this id. */
export async function changeEvaluator(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
  rule: EvaluatorRule,
): Promise<StoredEvaluator | undefined> {
  const [row] = await db.query<StoredEvaluator>(
    `UPDATE evaluators SET name = $3, enabled = $4, q = $5, sample_rate = $6, settings = $7, updated_at = now()
     WHERE project = $1 AND id::text = $2 RETURNING ${columns}`,
    [project, id, rule.name, rule.enabled, rule.q, rule.sampleRate, JSON.stringify(rule.settings)],
  );
  return row === undefined ? undefined : decode(row);
}

export async function deleteEvaluator(
  db: SqlRunner,
  { project, id }: { readonly project: string; readonly id: string },
): Promise<boolean> {
  const rows = await db.query('DELETE FROM evaluators WHERE project = $1 AND id::text = $2 RETURNING id', [
    project,
    id,
  ]);
  return rows.length > 0;
}

export interface FinishedRun extends Omit<EvaluatorRun, 'time'> {
  readonly judge: {
    readonly costUsd: number | null;
    readonly inputTokens: number | null;
    readonly outputTokens: number | null;
  } | null;
}

/** Writes judgements down, adds them to the totals, and forgets all but the newest runs now and then. When that was. */
export async function recordRuns(db: CatalogDatabase, runs: readonly FinishedRun[]): Promise<Date> {
  return db.transaction(async (tx) => {
    const column = (name: keyof FinishedRun): unknown[] => runs.map((run) => clean(run[name]));
    // Of those that were deleted meanwhile there is nothing to write.
    const rows = await tx.query<{ id: number; evaluatorId: string }>(
      `INSERT INTO evaluator_runs (evaluator_id, trace_id, status, reason, duration_ms, value, label)
       SELECT evaluators.id, run.trace_id, run.status, run.reason, run.duration_ms, run.value, run.label
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::double precision[], $6::double precision[], $7::text[])
         WITH ORDINALITY AS run (evaluator_id, trace_id, status, reason, duration_ms, value, label, place)
       JOIN evaluators ON evaluators.id::text = run.evaluator_id ORDER BY run.place
       RETURNING id, evaluator_id::text AS "evaluatorId"`,
      (['evaluatorId', 'traceId', 'status', 'reason', 'durationMs', 'value', 'label'] as const).map(column),
    );
    for (const [id, own] of Map.groupBy(runs, ({ evaluatorId }) => evaluatorId)) await addTotals(tx, id, own);
    const crowded = rows.filter(({ id }) => Number(id) % 50 === 0).map(({ evaluatorId }) => evaluatorId);
    for (const id of new Set(crowded))
      await tx.query(
        `DELETE FROM evaluator_runs WHERE evaluator_id::text = $1 AND id < (
           SELECT min(id) FROM (SELECT id FROM evaluator_runs WHERE evaluator_id::text = $1 ORDER BY id DESC LIMIT ${runsKept}) AS newest)`,
        [id],
      );
    const [now] = await tx.query<{ time: Date }>('SELECT now() AS time');
    return now?.time ?? new Date(0);
  });
}

async function addTotals(tx: SqlRunner, id: string, runs: readonly FinishedRun[]): Promise<void> {
  const judged = runs.flatMap(({ judge }) => judge ?? []);
  const priced = judged.flatMap(({ costUsd }) => costUsd ?? []);
  const count = (status: FinishedRun['status']): number => runs.filter((run) => run.status === status).length;
  const sum = (numbers: readonly (number | null)[]): number =>
    numbers.reduce<number>((total, number) => total + (number ?? 0), 0);
  await tx.query(
    `UPDATE evaluators SET scored = scored + $2, skipped = skipped + $3, failed = failed + $4, last_run_at = now(),
       cost_usd = CASE WHEN $5::double precision IS NULL THEN cost_usd ELSE coalesce(cost_usd, 0) + $5 END,
       unpriced = unpriced + $6, input_tokens = input_tokens + $7, output_tokens = output_tokens + $8
     WHERE id::text = $1`,
    [
      id,
      count('scored'),
      count('skipped'),
      count('failed'),
      priced.length === 0 ? null : sum(priced),
      judged.length - priced.length,
      sum(judged.map(({ inputTokens }) => inputTokens)),
      sum(judged.map(({ outputTokens }) => outputTokens)),
    ],
  );
}

/** Of what a model said, or what was cut somewhere. */
function clean(value: unknown): unknown {
  return typeof value === 'string' ? storableText(value) : value;
}

/** Those of the traces that the rule looked at, as far as its runs are remembered. */
export async function findTracesRun(
  db: SqlRunner,
  { id, traceIds }: { readonly id: string; readonly traceIds: readonly string[] },
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ traceId: string }>(
    'SELECT DISTINCT trace_id AS "traceId" FROM evaluator_runs WHERE evaluator_id::text = $1 AND trace_id = ANY($2::text[])',
    [id, [...traceIds]],
  );
  return new Set(rows.map(({ traceId }) => traceId));
}

export async function listRuns(
  db: SqlRunner,
  { id, limit, status }: { readonly id: string; readonly limit: number; readonly status: string | undefined },
): Promise<readonly (Omit<EvaluatorRun, 'time'> & { readonly time: Date })[]> {
  return db.query(
    `SELECT evaluator_id::text AS "evaluatorId", trace_id AS "traceId", time, status, reason, duration_ms AS "durationMs", value, label
     FROM evaluator_runs WHERE evaluator_id::text = $1 AND ($2::text IS NULL OR status = $2) ORDER BY id DESC LIMIT $3`,
    [id, status ?? null, limit],
  );
}

/** Counts come as text from a server and as numbers from the embedded twin. */
function decode(row: StoredEvaluator): StoredEvaluator {
  const numbers = ['scored', 'skipped', 'failed', 'unpriced', 'inputTokens', 'outputTokens'] as const;
  return {
    ...row,
    ...Object.fromEntries(numbers.map((name) => [name, Number(row[name])])),
    settings: readDocument(evaluatorSettings, row.settings, `evaluator "${row.name}"`),
  };
}
