/**
 * Replays in the control plane: what can be run again, and what is being run. A claim is written down before anybody runs it and is given out
 * once; times are the database's, so that any number of servers agree.
 */
import { storableText } from '@sightline/base';
import {
  type Replay,
  type ReplayBatch,
  type ReplayBatchRequest,
  type ReplayState,
  type ReplayTarget,
  type TargetSettings,
  targetSettings,
  type WorkResult,
} from '@sightline/schema/api';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';

export interface NewReplay {
  readonly target: string;
  readonly sourceTraceId: string;
  readonly input: unknown;
  readonly context: unknown;
  readonly masked: boolean;
  readonly edited: boolean;
  readonly whatIf: Replay['whatIf'];
  readonly before: Replay['before'];
}

/** What somebody was given to run. */
export interface Claimed {
  readonly id: string;
  readonly project: string;
  readonly target: string;
  readonly claim: string;
  readonly sourceTraceId: string;
  readonly input: unknown;
  readonly context: unknown;
  readonly whatIf: Replay['whatIf'];
}

/** A program that was silent for longer is away. */
export const awayAfterS = 40;
const keptDays = 90;

interface TargetRow {
  readonly project: string;
  readonly name: string;
  readonly settings: unknown;
  readonly createdAt: Date;
  readonly seenAt: Date | null;
  readonly places: number | null;
}

const targetColumns = `t.project, t.name, t.settings, t.created_at AS "createdAt",
  (SELECT max(seen_at) FROM replay_workers w WHERE w.project = t.project AND w.target = t.name) AS "seenAt",
  (SELECT sum(places)::integer FROM replay_workers w WHERE w.project = t.project AND w.target = t.name
     AND w.seen_at > now() - interval '${awayAfterS} seconds') AS places`;

export async function listTargets(db: SqlRunner, project: string): Promise<readonly ReplayTarget[]> {
  const rows = await db.query<TargetRow>(
    `SELECT ${targetColumns} FROM replay_targets t WHERE t.project = $1 ORDER BY t.name`,
    [project],
  );
  return rows.map(describeTarget);
}

export async function findTarget(
  db: SqlRunner,
  project: string,
  name: string,
): Promise<ReplayTarget | undefined> {
  const [row] = await db.query<TargetRow>(
    `SELECT ${targetColumns} FROM replay_targets t WHERE t.project = $1 AND t.name = $2`,
    [project, name],
  );
  return row === undefined ? undefined : describeTarget(row);
}

/** Targets that the server asks itself, of all projects. */
export async function listServedTargets(
  db: SqlRunner,
): Promise<
  readonly { readonly project: string; readonly name: string; readonly settings: TargetSettings }[]
> {
  const rows = await db.query<TargetRow>(
    `SELECT project, name, settings FROM replay_targets t WHERE settings ->> 'kind' <> 'sdk'
       AND EXISTS (SELECT 1 FROM replays r WHERE r.project = t.project AND r.target = t.name AND r.state = 'queued')`,
  );
  return rows.map(({ project, name, settings }) => ({
    project,
    name,
    settings: targetSettings.parse(settings),
  }));
}

function describeTarget(row: TargetRow): ReplayTarget {
  const settings = targetSettings.parse(row.settings);
  const isSdk = settings.kind === 'sdk';
  const places = isSdk ? (row.places ?? 0) : settings.concurrency;
  return {
    name: row.name,
    settings,
    state: places > 0 ? 'ready' : 'away',
    lastSeenAt: row.seenAt?.toISOString() ?? null,
    places,
    createdAt: row.createdAt.toISOString(),
  };
}

export async function saveTarget(
  db: SqlRunner,
  project: string,
  { name, settings }: { readonly name: string; readonly settings: TargetSettings },
): Promise<void> {
  await db.query(
    `INSERT INTO replay_targets (project, name, settings) VALUES ($1, $2, $3)
     ON CONFLICT (project, name) DO UPDATE SET settings = excluded.settings`,
    [project, name, JSON.stringify(settings)],
  );
}

export async function deleteTarget(db: SqlRunner, project: string, name: string): Promise<boolean> {
  const rows = await db.query('DELETE FROM replay_targets WHERE project = $1 AND name = $2 RETURNING name', [
    project,
    name,
  ]);
  return rows.length > 0;
}

/** A program says that it offers the target. What another kind of target has as its name stays as it is; false then. */
export async function noteWorker(
  db: SqlRunner,
  { project, target, worker, places }: { project: string; target: string; worker: string; places: number },
): Promise<boolean> {
  const [row] = await db.query<{ kind: string }>(
    `INSERT INTO replay_targets (project, name, settings) VALUES ($1, $2, '{"kind":"sdk"}')
     ON CONFLICT (project, name) DO UPDATE SET settings = replay_targets.settings RETURNING settings ->> 'kind' AS kind`,
    [project, target],
  );
  if (row?.kind !== 'sdk') return false;
  await db.query(
    `INSERT INTO replay_workers (project, target, worker, places) VALUES ($1, $2, $3, $4)
     ON CONFLICT (project, target, worker) DO UPDATE SET places = excluded.places, seen_at = now()`,
    [project, target, worker, places],
  );
  return true;
}

export async function forgetWorker(
  db: SqlRunner,
  project: string,
  target: string,
  worker: string,
): Promise<void> {
  await db.query('DELETE FROM replay_workers WHERE project = $1 AND target = $2 AND worker = $3', [
    project,
    target,
    worker,
  ]);
}

const columns = `id::text AS id, batch_id::text AS "batchId", target, state, source_trace AS "sourceTraceId", trace AS "traceId",
  input, context, masked, edited, what_if AS "whatIf", report, before, answer, error, duration_ms AS "durationMs", created_at AS "createdAt",
  started_at AS "startedAt", finished_at AS "finishedAt"`;

type ReplayRow = Omit<Replay, 'createdAt' | 'startedAt' | 'finishedAt'> & {
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
};

function describeReplay(row: ReplayRow): Replay {
  return {
    ...row,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

/** With a key that is known, the replay that has it. */
export async function createReplay(
  db: SqlRunner,
  project: string,
  replay: NewReplay,
  key: string | undefined,
): Promise<Replay> {
  const [row] = await db.query<ReplayRow>(
    `INSERT INTO replays (project, target, source_trace, input, context, masked, edited, what_if, before, key)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (project, key) DO UPDATE SET key = excluded.key RETURNING ${columns}`,
    [project, ...valuesOf(replay), key ?? null],
  );
  if (row === undefined) throw new Error('The replay was not written.');
  return describeReplay(row);
}

/** Those of the traces that replays made. */
export async function tracesOfReplays(
  db: SqlRunner,
  project: string,
  traceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ trace: string }>(
    'SELECT trace FROM replays WHERE project = $1 AND trace = ANY($2::text[])',
    [project, traceIds],
  );
  return new Set(rows.map(({ trace }) => trace));
}

function valuesOf(replay: NewReplay): unknown[] {
  const { target, sourceTraceId, input, context, masked, edited, whatIf, before } = replay;
  return [
    target,
    sourceTraceId,
    JSON.stringify(input ?? null),
    JSON.stringify(context ?? null),
    masked,
    edited,
    whatIf === null ? null : JSON.stringify(whatIf),
    JSON.stringify(before),
  ];
}

export async function findReplay(db: SqlRunner, project: string, id: string): Promise<Replay | undefined> {
  const [row] = await db.query<ReplayRow>(
    `SELECT ${columns} FROM replays WHERE project = $1 AND id::text = $2`,
    [project, id],
  );
  return row === undefined ? undefined : describeReplay(row);
}

export async function listReplays(
  db: SqlRunner,
  project: string,
  { traceId, batchId, limit }: { traceId?: string | undefined; batchId?: string | undefined; limit: number },
): Promise<readonly Replay[]> {
  const rows = await db.query<ReplayRow>(
    `SELECT ${columns} FROM replays WHERE project = $1
       AND ($2::text IS NULL OR source_trace = $2 OR trace = $2) AND ($3::text IS NULL OR coalesce(batch_id::text, 'none') = $3)
     ORDER BY position DESC LIMIT $4`,
    [project, traceId ?? null, batchId ?? null, limit],
  );
  return rows.map(describeReplay);
}

/** Replays to run now, as far as their batches have places: running, not paused, and within their concurrency. */
export async function claimReplays(
  db: CatalogDatabase,
  ask: {
    readonly project: string;
    readonly target: string;
    readonly worker: string;
    readonly limit: number;
    readonly leaseS: number;
    /** Whoever asks can go on from a step in the middle of a run. */
    readonly whatIf: boolean;
  },
): Promise<readonly Claimed[]> {
  if (ask.limit <= 0) return [];
  return db.query<Claimed>(
    `WITH busy AS (
       SELECT batch_id, count(*) AS n FROM replays WHERE state = 'running' AND batch_id IS NOT NULL GROUP BY batch_id),
     waiting AS (
       SELECT r.id, r.position, r.batch_id, b.concurrency - coalesce(busy.n, 0) AS free
       FROM replays r LEFT JOIN replay_batches b ON b.id = r.batch_id LEFT JOIN busy ON busy.batch_id = r.batch_id
       WHERE r.project = $1 AND r.target = $2 AND r.state = 'queued' AND (r.what_if IS NULL OR $6)
         AND (r.batch_id IS NULL OR (b.state = 'running' AND coalesce(busy.n, 0) < b.concurrency))
       ORDER BY r.position LIMIT 200 FOR UPDATE OF r SKIP LOCKED),
     placed AS (
       SELECT id, position, batch_id, free, row_number() OVER (PARTITION BY batch_id ORDER BY position) AS place FROM waiting)
     UPDATE replays SET state = 'running', claim = gen_random_uuid(), worker = $3, started_at = now(),
       leased_until = now() + make_interval(secs => $5)
     WHERE id IN (SELECT id FROM placed WHERE batch_id IS NULL OR place <= free ORDER BY position LIMIT $4)
     RETURNING id::text AS id, project, target, claim::text AS claim, source_trace AS "sourceTraceId", input, context, what_if AS "whatIf"`,
    [ask.project, ask.target, ask.worker, ask.limit, ask.leaseS, ask.whatIf],
  );
}

/** Which run a claim that is under way repeats. */
export async function findClaimedTrace(
  db: SqlRunner,
  project: string,
  claim: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ traceId: string }>(
    `SELECT source_trace AS "traceId" FROM replays WHERE project = $1 AND claim::text = $2 AND state = 'running'`,
    [project, claim],
  );
  return row?.traceId;
}

/** Keeps claims from being taken as lost; returns those that nobody wants any more. */
export async function renewClaims(
  db: SqlRunner,
  claims: readonly string[],
  leaseS: number,
): Promise<readonly string[]> {
  if (claims.length === 0) return [];
  const rows = await db.query<{ claim: string }>(
    `UPDATE replays SET leased_until = now() + make_interval(secs => $2)
     WHERE claim::text = ANY($1::text[]) AND state = 'running' RETURNING claim::text AS claim`,
    [claims, leaseS],
  );
  const wanted = new Set(rows.map(({ claim }) => claim));
  return claims.filter((claim) => !wanted.has(claim));
}

/** Writes results down, each once. One that comes after its lease still counts: it was run. */
export async function finishReplays(db: SqlRunner, results: readonly WorkResult[]): Promise<number> {
  const rows = await db.query(
    `UPDATE replays r SET state = CASE WHEN d.failed THEN 'failed' ELSE 'done' END, answer = d.answer, error = d.error, report = d.report,
       trace = coalesce(d.trace, r.trace), duration_ms = d.duration, finished_at = now()
     FROM jsonb_to_recordset($1::jsonb) AS d(claim text, failed boolean, answer text, error text, report text, trace text, duration double precision)
     WHERE r.claim = d.claim::uuid AND r.state IN ('running', 'lost') RETURNING r.id`,
    [
      JSON.stringify(
        results.map(({ claim, failed, answer, error, report, traceId, durationMs }) => ({
          claim,
          failed,
          answer: answer === null ? null : storableText(answer),
          error: error === null ? null : storableText(error),
          report: report === null ? null : storableText(report),
          trace: traceId,
          duration: durationMs,
        })),
      ),
    ],
  );
  return rows.length;
}

/** What was claimed and never heard of again is lost. */
export async function loseExpired(db: SqlRunner): Promise<number> {
  const rows = await db.query(
    `UPDATE replays SET state = 'lost', finished_at = now(), error = 'Whoever ran it left without a result. It may have run; it is not run again.'
     WHERE state = 'running' AND leased_until < now() RETURNING id`,
  );
  return rows.length;
}

/** What this server itself was running when it stopped. */
export async function loseClaims(db: SqlRunner, claims: readonly string[]): Promise<void> {
  await db.query(
    `UPDATE replays SET state = 'lost', finished_at = now(), error = 'The server stopped while it ran. It may have run; it is not run again.'
     WHERE claim::text = ANY($1::text[]) AND state = 'running'`,
    [claims],
  );
}

/** What a server of this name was running when it died. To be called before it claims anything. */
export async function loseClaimsOf(db: SqlRunner, worker: string): Promise<void> {
  await db.query(
    `UPDATE replays SET state = 'lost', finished_at = now(), error = 'The server was killed while it ran. It may have run; it is not run again.'
     WHERE worker = $1 AND state = 'running'`,
    [worker],
  );
}

export async function cancelReplay(db: SqlRunner, project: string, id: string): Promise<boolean> {
  const rows = await db.query(
    `UPDATE replays SET state = 'cancelled', finished_at = now()
     WHERE project = $1 AND id::text = $2 AND state IN ('queued', 'running') RETURNING id`,
    [project, id],
  );
  return rows.length > 0;
}

interface BatchRow extends Omit<ReplayBatch, 'createdAt' | 'counts'> {
  readonly createdAt: Date;
  readonly counts: Partial<Record<ReplayState, number>> | null;
}

const batchColumns = `id::text AS id, q, target, concurrency, budget_usd AS "budgetUsd", gate, state,
  stopped_at_budget AS "stoppedAtBudget", created_at AS "createdAt", left_out AS "leftOut",
  (SELECT jsonb_object_agg(state, n) FROM (SELECT state, count(*)::integer AS n FROM replays r WHERE r.batch_id = b.id GROUP BY state) c) AS counts`;

const noCounts: Record<ReplayState, number> = {
  queued: 0,
  running: 0,
  done: 0,
  failed: 0,
  lost: 0,
  cancelled: 0,
  skipped: 0,
};

function describeBatch(row: BatchRow): ReplayBatch {
  return { ...row, createdAt: row.createdAt.toISOString(), counts: { ...noCounts, ...row.counts } };
}

/** All of it or nothing; with a key that is known, the batch that has it. */
export async function createBatch(
  db: CatalogDatabase,
  project: string,
  request: ReplayBatchRequest,
  { replays, leftOut }: { readonly replays: readonly NewReplay[]; readonly leftOut: ReplayBatch['leftOut'] },
): Promise<string> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ id: string; isNew: boolean }>(
      `INSERT INTO replay_batches (project, q, target, concurrency, budget_usd, gate, key, left_out)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (project, key) DO UPDATE SET key = excluded.key RETURNING id::text AS id, xmax = 0 AS "isNew"`,
      [
        project,
        request.q,
        request.target ?? null,
        request.concurrency,
        request.budgetUsd ?? null,
        request.gate ?? null,
        request.key ?? null,
        JSON.stringify(leftOut),
      ],
    );
    if (row === undefined) throw new Error('The bulk replay was not written.');
    if (!row.isNew) return row.id;
    const hasNoBudget = request.budgetUsd === 0;
    if (hasNoBudget)
      await tx.query('UPDATE replay_batches SET stopped_at_budget = true WHERE id::text = $1', [row.id]);
    await tx.query(
      `INSERT INTO replays (project, batch_id, target, source_trace, input, context, masked, edited, before, state)
       SELECT $1, $2::uuid, target, source, input, context, masked, edited, before, $4
       FROM jsonb_to_recordset($3::jsonb) AS d(target text, source text, input jsonb, context jsonb, masked boolean, edited boolean, before jsonb)`,
      [
        project,
        row.id,
        JSON.stringify(
          replays.map(({ sourceTraceId, ...rest }) => ({
            ...rest,
            source: sourceTraceId,
            input: rest.input ?? null,
            context: rest.context ?? null,
          })),
        ),
        hasNoBudget ? 'skipped' : 'queued',
      ],
    );
    return row.id;
  });
}

export async function listBatches(db: SqlRunner, project: string): Promise<readonly ReplayBatch[]> {
  const rows = await db.query<BatchRow>(
    `SELECT ${batchColumns} FROM replay_batches b WHERE project = $1 ORDER BY created_at DESC LIMIT 100`,
    [project],
  );
  return rows.map(describeBatch);
}

export async function findBatch(
  db: SqlRunner,
  project: string,
  id: string,
): Promise<ReplayBatch | undefined> {
  const [row] = await db.query<BatchRow>(
    `SELECT ${batchColumns} FROM replay_batches b WHERE project = $1 AND id::text = $2`,
    [project, id],
  );
  return row === undefined ? undefined : describeBatch(row);
}

/** A batch that ended stays as it is; false then. */
export async function changeBatch(
  db: CatalogDatabase,
  project: string,
  id: string,
  state: 'running' | 'paused' | 'cancelled',
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx.query(
      `UPDATE replay_batches SET state = $3 WHERE project = $1 AND id::text = $2 AND state IN ('running', 'paused') RETURNING id`,
      [project, id, state],
    );
    if (rows.length > 0 && state === 'cancelled')
      await tx.query(
        `UPDATE replays SET state = 'cancelled', finished_at = now() WHERE batch_id::text = $1 AND state IN ('queued', 'running')`,
        [id],
      );
    return rows.length > 0;
  });
}

/** Batches with a budget in which something waits, with the traces that were made so far. */
export async function listBudgets(
  db: SqlRunner,
): Promise<readonly { id: string; project: string; budgetUsd: number; traces: readonly string[] }[]> {
  return db.query(
    `SELECT b.id::text AS id, b.project, b.budget_usd AS "budgetUsd",
       coalesce((SELECT array_agg(trace) FROM replays r WHERE r.batch_id = b.id AND trace IS NOT NULL AND finished_at IS NOT NULL), '{}') AS traces
     FROM replay_batches b WHERE b.state = 'running' AND b.budget_usd IS NOT NULL
       AND EXISTS (SELECT 1 FROM replays r WHERE r.batch_id = b.id AND r.state = 'queued')`,
  );
}

export async function stopAtBudget(db: CatalogDatabase, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query('UPDATE replay_batches SET stopped_at_budget = true WHERE id::text = $1', [id]);
    await tx.query(
      `UPDATE replays SET state = 'skipped', finished_at = now(), error = 'The budget of the bulk replay was used up.'
       WHERE batch_id::text = $1 AND state = 'queued'`,
      [id],
    );
  });
}

/** Batches in which nothing waits or runs any more are done; old replays are forgotten. */
export async function closeBatches(db: SqlRunner): Promise<void> {
  await db.query(
    `UPDATE replay_batches b SET state = 'done' WHERE state = 'running'
       AND NOT EXISTS (SELECT 1 FROM replays r WHERE r.batch_id = b.id AND r.state IN ('queued', 'running'))`,
  );
  await db.query(
    `DELETE FROM replays WHERE created_at < now() - interval '${keptDays} days' AND state NOT IN ('queued', 'running')`,
  );
}
