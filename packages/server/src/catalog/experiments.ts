/** Experiments in the control plane: a target over the items of one version of a dataset, and what came of each. */
import type {
  Experiment,
  ExperimentEvaluator,
  ExperimentScore,
  ExperimentState,
  ExperimentSummary,
  NewExperiment,
  NewResult,
} from '@sightline/schema/api';
import type { CatalogDatabase, SqlRunner } from './catalog-database.ts';
import { hashOf } from './datasets.ts';

export interface StoredExperiment extends Omit<Experiment, 'createdAt' | 'endedAt'> {
  readonly project: string;
  readonly datasetId: string;
  readonly summary: ExperimentSums | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

export type ExperimentSums = Omit<ExperimentSummary, keyof Experiment> & {
  readonly results: number;
  readonly errors: number;
};

export interface ExperimentKey {
  readonly project: string;
  readonly id: string;
}

export interface JudgedResult extends Omit<NewResult, 'documents' | 'scores'> {
  readonly scores: Readonly<Record<string, ExperimentScore>>;
}

/** A dataset keeps at most so many; the oldest that is no baseline goes first. */
export const experimentsMax = 500;

const columns = `experiments.id::text AS id, experiments.project, experiments.name, experiments.description, datasets.name AS dataset,
  dataset_id::text AS "datasetId", dataset_version AS "datasetVersion", split, target, evaluators, lower_is_better AS "lowerIsBetter", repeats,
  concurrency, metadata, state, reason, is_baseline AS "isBaseline", planned, summary,
  coalesce((summary ->> 'results')::int, (SELECT count(*)::int FROM experiment_results WHERE experiment_id = experiments.id)) AS results,
  coalesce((summary ->> 'errors')::int, (SELECT count(error)::int FROM experiment_results WHERE experiment_id = experiments.id)) AS errors,
  experiments.created_at AS "createdAt", ended_at AS "endedAt"`;
const from = 'experiments JOIN datasets ON datasets.id = experiments.dataset_id';

export async function listExperiments(
  db: SqlRunner,
  {
    project,
    dataset,
    limit,
  }: { readonly project: string; readonly dataset: string | undefined; readonly limit: number },
): Promise<readonly StoredExperiment[]> {
  return db.query(
    `SELECT ${columns} FROM ${from} WHERE experiments.project = $1 AND ($2::text IS NULL OR datasets.name = $2)
     ORDER BY experiments.created_at DESC, experiments.id LIMIT $3`,
    [project, dataset ?? null, limit],
  );
}

export async function findExperiments(
  db: SqlRunner,
  project: string,
  ids: readonly string[],
): Promise<readonly StoredExperiment[]> {
  return db.query(
    `SELECT ${columns} FROM ${from} WHERE experiments.project = $1 AND experiments.id::text = ANY($2::text[])
     ORDER BY experiments.created_at, experiments.id`,
    [project, [...ids]],
  );
}

export async function findExperiment(
  db: SqlRunner,
  { project, id }: ExperimentKey,
): Promise<StoredExperiment | undefined> {
  const [found] = await findExperiments(db, project, [id]);
  return found;
}

/** The experiment that comparisons of the dataset begin with. */
export async function findBaseline(
  db: SqlRunner,
  project: string,
  datasetId: string,
): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(
    'SELECT id::text AS id FROM experiments WHERE project = $1 AND dataset_id = $2::uuid AND is_baseline',
    [project, datasetId],
  );
  return row?.id;
}

export interface ExperimentToMake extends Omit<NewExperiment, 'dataset' | 'datasetVersion' | 'evaluators'> {
  readonly evaluators: readonly ExperimentEvaluator[];
  readonly datasetId: string;
  readonly datasetVersion: number;
  readonly planned: number;
}

/**
 * How long an experiment of a program is waited for: a minute after its runner said that it is there, a day where none says so and only results come.
 * The server then stops it; who goes on with it takes it over.
 */
const quietRunnerS = 86_400;
export const runnerWaitS = 60;

export async function createExperiment(
  db: CatalogDatabase,
  project: string,
  made: ExperimentToMake,
): Promise<string> {
  return db.transaction(async (tx) => {
    const [row] = await tx.query<{ id: string }>(
      `INSERT INTO experiments (project, name, description, dataset_id, dataset_version, split, target, evaluators, lower_is_better, repeats,
         concurrency, metadata, planned, lease_owner, leased_until)
       VALUES ($1, $2, $3, $4::uuid, $5, $6, $7::jsonb, $8::jsonb, $9::jsonb, $10, $11, $12::jsonb, $13, $14, now() + make_interval(secs => $15))
       RETURNING id::text AS id`,
      [
        project,
        made.name,
        made.description,
        made.datasetId,
        made.datasetVersion,
        made.split,
        JSON.stringify(made.target),
        JSON.stringify(made.evaluators),
        JSON.stringify(made.lowerIsBetter),
        made.repeats,
        made.concurrency,
        JSON.stringify(made.metadata),
        made.planned,
        ...leaseOf(made.target.kind, made.runner),
      ],
    );
    await tx.query(
      `DELETE FROM experiments WHERE id IN (
         SELECT id FROM experiments WHERE dataset_id = $1::uuid AND NOT is_baseline AND state <> 'running'
         ORDER BY created_at DESC OFFSET ${experimentsMax})`,
      [made.datasetId],
    );
    return row?.id ?? '';
  });
}

/** The owner, and for how many seconds. What the server runs itself is free to be taken. */
function leaseOf(
  kind: StoredExperiment['target']['kind'],
  runner: string | undefined,
): readonly [string | null, number | null] {
  if (kind === 'prompt') return [null, null];
  return [runner ?? null, runner === undefined ? quietRunnerS : runnerWaitS];
}

export async function deleteExperiment(db: SqlRunner, { project, id }: ExperimentKey): Promise<boolean> {
  const rows = await db.query('DELETE FROM experiments WHERE project = $1 AND id::text = $2 RETURNING id', [
    project,
    id,
  ]);
  return rows.length > 0;
}

/** One of a dataset at most. */
export async function pinBaseline(
  db: CatalogDatabase,
  { id, datasetId }: StoredExperiment,
  isBaseline: boolean,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query('UPDATE experiments SET is_baseline = false WHERE dataset_id = $1::uuid AND is_baseline', [
      datasetId,
    ]);
    if (isBaseline) await tx.query('UPDATE experiments SET is_baseline = true WHERE id = $1::uuid', [id]);
  });
}

export type PutOutcome = 'kept' | 'ended' | 'taken_over';

/** A result that came before is replaced. A runner whose experiment another one took over changes nothing. */
export async function putResults(
  db: CatalogDatabase,
  id: string,
  { results, runner }: { readonly results: readonly JudgedResult[]; readonly runner: string | undefined },
): Promise<PutOutcome> {
  return db.transaction(async (tx) => {
    const [running] = await tx.query<{ owner: string | null; kind: string }>(
      `SELECT lease_owner AS owner, target ->> 'kind' AS kind FROM experiments WHERE id = $1::uuid AND state = 'running' FOR UPDATE`,
      [id],
    );
    if (running === undefined) return 'ended';
    if (runner !== undefined && running.owner !== runner) return 'taken_over';
    if (running.kind === 'program' && running.owner === null)
      await tx.query(
        'UPDATE experiments SET leased_until = now() + make_interval(secs => $2) WHERE id = $1::uuid',
        [id, quietRunnerS],
      );
    const once = [
      ...new Map(results.map((result) => [`${result.repeat} ${result.itemId}`, result])).values(),
    ];
    await tx.query(
      `INSERT INTO experiment_results (experiment_id, item_id, repeat, trace_id, output, output_hash, error, duration_ms, cost_usd, input_tokens,
         output_tokens, scores, score_values)
       SELECT $1::uuid, item_id, repeat, trace_id, output::json, output_hash, error, duration_ms, cost_usd, input_tokens, output_tokens, scores::jsonb, score_values::jsonb
       FROM unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::double precision[], $9::double precision[],
         $10::bigint[], $11::bigint[], $12::text[], $13::text[])
         AS result (item_id, repeat, trace_id, output, output_hash, error, duration_ms, cost_usd, input_tokens, output_tokens, scores, score_values)
       ON CONFLICT (experiment_id, item_id, repeat) DO UPDATE SET trace_id = EXCLUDED.trace_id, output = EXCLUDED.output,
         output_hash = EXCLUDED.output_hash, error = EXCLUDED.error, duration_ms = EXCLUDED.duration_ms, cost_usd = EXCLUDED.cost_usd,
         input_tokens = EXCLUDED.input_tokens, output_tokens = EXCLUDED.output_tokens, scores = EXCLUDED.scores,
         score_values = EXCLUDED.score_values, time = now()`,
      [
        id,
        once.map(({ itemId }) => itemId),
        once.map(({ repeat }) => repeat),
        once.map(({ traceId }) => traceId),
        once.map(({ output }) => (output === null ? null : JSON.stringify(output))),
        once.map(({ output, error }) => hashOf([output, error !== null])),
        once.map(({ error }) => error),
        once.map(({ durationMs }) => durationMs),
        once.map(({ costUsd }) => costUsd),
        once.map(({ inputTokens }) => inputTokens),
        once.map(({ outputTokens }) => outputTokens),
        once.map(({ scores }) => JSON.stringify(scores)),
        once.map(({ scores }) => JSON.stringify(valuesOf(scores))),
      ],
    );
    return 'kept';
  });
}

interface Ending {
  readonly state: Exclude<ExperimentState, 'running'>;
  readonly reason: string | null;
}

/** Ends it once, with the sums over its results; false where it has ended before. */
export async function endExperiment(db: CatalogDatabase, id: string, ending: Ending): Promise<boolean> {
  const sums = await db.transaction(async (tx) => {
    const [running] = await tx.query(
      `SELECT id FROM experiments WHERE id = $1::uuid AND state = 'running' FOR UPDATE`,
      [id],
    );
    if (running === undefined) return undefined;
    const made = await sumResults(tx, id);
    await end(tx, id, { ...ending, sums: made });
    return made;
  });
  // The embedded twin never gathers statistics by itself; comparing needs them where there are many results.
  if ((sums?.results ?? 0) >= 1_000) await db.query('ANALYZE experiment_results');
  return sums !== undefined;
}

async function end(
  tx: SqlRunner,
  id: string,
  { state, reason, sums }: Ending & { readonly sums: ExperimentSums },
): Promise<void> {
  await tx.query(
    `UPDATE experiments SET state = $2, reason = $3, ended_at = now(), summary = $4::jsonb, leased_until = NULL, lease_owner = NULL
     WHERE id = $1::uuid`,
    [id, state, reason, JSON.stringify(sums)],
  );
}

/** Stops the experiments whose program has not been heard of for longer than it said. */
export async function stopLeftExperiments(db: CatalogDatabase): Promise<void> {
  const isLeft = `state = 'running' AND target ->> 'kind' = 'program' AND leased_until < now()`;
  const left = await db.query<{ id: string }>(
    `SELECT id::text AS id FROM experiments WHERE ${isLeft} ORDER BY leased_until LIMIT 100`,
  );
  for (const { id } of left)
    await db.transaction(async (tx) => {
      const [still] = await tx.query<{ planned: number }>(
        `SELECT planned FROM experiments WHERE id = $1::uuid AND ${isLeft} FOR UPDATE`,
        [id],
      );
      if (still === undefined) return;
      const sums = await sumResults(tx, id);
      const reason = `Its program left after ${sums.results} of ${still.planned} results. It can be resumed.`;
      await end(tx, id, { state: 'stopped', reason, sums });
    });
}

/** To be called when a server starts. */
export async function waitForRunners(db: SqlRunner): Promise<void> {
  await db.query(
    `UPDATE experiments SET leased_until = greatest(leased_until, now() + make_interval(secs => $1))
     WHERE state = 'running' AND target ->> 'kind' = 'program'`,
    [runnerWaitS],
  );
}

/** A runner is there, and wants to be waited for so long. False where the experiment has ended or is another runner's. */
export async function keepRunner(
  db: SqlRunner,
  id: string,
  { runner, waitS }: { readonly runner: string; readonly waitS: number },
): Promise<boolean> {
  const rows = await db.query(
    `UPDATE experiments SET leased_until = now() + make_interval(secs => $3), lease_owner = $2
     WHERE id = $1::uuid AND state = 'running' AND target ->> 'kind' = 'program' AND (lease_owner IS NULL OR lease_owner = $2) RETURNING id`,
    [id, runner, waitS],
  );
  return rows.length > 0;
}

/** Goes on with one that was stopped, has failed, or whose program left. Says why it does not. */
export async function resumeExperiment(
  db: CatalogDatabase,
  id: string,
  runner: string | undefined,
): Promise<'resumed' | 'running' | 'done'> {
  return db.transaction(async (tx) => {
    const [found] = await tx.query<{ state: ExperimentState; kind: 'prompt' | 'program'; isLeft: boolean }>(
      `SELECT state, target ->> 'kind' AS kind, coalesce(leased_until < now(), false) AS "isLeft" FROM experiments
       WHERE id = $1::uuid FOR UPDATE`,
      [id],
    );
    if (found === undefined || found.state === 'done') return 'done';
    if (found.state === 'running' && !found.isLeft) return 'running';
    await tx.query(
      `UPDATE experiments SET state = 'running', reason = NULL, ended_at = NULL, summary = NULL, lease_owner = $2,
         leased_until = now() + make_interval(secs => $3) WHERE id = $1::uuid`,
      [id, ...leaseOf(found.kind, runner)],
    );
    return 'resumed';
  });
}

export async function sumResults(db: SqlRunner, id: string): Promise<ExperimentSums> {
  const [row] = await db.query<Omit<ExperimentSums, 'scores'>>(
    `SELECT count(*)::int AS results, count(error)::int AS errors,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE error IS NULL) AS "p50Ms",
       percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE error IS NULL) AS "p95Ms",
       sum(cost_usd) AS "costUsd", (count(*) FILTER (WHERE cost_usd IS NULL))::int AS "unpricedResults",
       sum(input_tokens)::double precision AS "inputTokens", sum(output_tokens)::double precision AS "outputTokens"
     FROM experiment_results WHERE experiment_id = $1::uuid`,
    [id],
  );
  const scores = await db.query<ExperimentSums['scores'][number] & { labelled: number }>(
    `SELECT key AS name, count(*)::int AS count, avg((score ->> 'value')::double precision) AS average,
       (count(*) FILTER (WHERE score ->> 'label' = 'pass'))::int AS passed,
       (count(*) FILTER (WHERE score ->> 'label' IN ('pass', 'fail')))::int AS labelled
     FROM experiment_results, jsonb_each(scores) AS each (key, score) WHERE experiment_id = $1::uuid GROUP BY key ORDER BY key LIMIT 100`,
    [id],
  );
  return {
    ...(row ?? {
      results: 0,
      errors: 0,
      p50Ms: null,
      p95Ms: null,
      costUsd: null,
      unpricedResults: 0,
      inputTokens: null,
      outputTokens: null,
    }),
    scores: scores.map(({ labelled, passed, ...score }) => ({
      ...score,
      passed: labelled === 0 ? null : passed,
    })),
  };
}

/** Labels of verdicts count where there is no number. */
function valuesOf(scores: JudgedResult['scores']): Record<string, number> {
  return Object.fromEntries(
    Object.entries(scores).flatMap(([name, { value, label }]) => {
      const read = value ?? (label === 'pass' ? 1 : label === 'fail' ? 0 : undefined);
      return read === undefined ? [] : [[name, read]];
    }),
  );
}

/** What comparing needs of every result; the answers themselves are read for one page only. */
export interface ResultFacts {
  readonly itemId: string;
  readonly outputHash: string;
  readonly isError: boolean;
  readonly durationMs: number;
  readonly costUsd: number | null;
  readonly values: Readonly<Record<string, number>>;
}

type FactsRow = readonly [
  string,
  number,
  string,
  boolean,
  number,
  number | null,
  Readonly<Record<string, number>>,
];

/** Results in one read: a statement of the embedded twin lasts about 50 ms, and others wait for it. */
const factsTogether = 10_000;

/** Repeats of an item follow each other. Each read is one JSON text: the embedded twin takes long for 10,000 rows. */
export async function* readResultFacts(db: SqlRunner, id: string): AsyncGenerator<ResultFacts> {
  let after: readonly [string, number] = ['', -1];
  for (;;) {
    const [row] = await db.query<{ facts: readonly FactsRow[] | null }>(
      `SELECT json_agg(json_build_array(item_id, repeat, output_hash, error IS NOT NULL, duration_ms, cost_usd, score_values)) AS facts
       FROM (SELECT item_id, repeat, output_hash, error, duration_ms, cost_usd, score_values FROM experiment_results
         WHERE experiment_id = $1::uuid AND (item_id, repeat) > ($2, $3::int) ORDER BY item_id, repeat LIMIT ${factsTogether}) AS results`,
      [id, ...after],
    );
    const facts = row?.facts ?? [];
    for (const [itemId, , outputHash, isError, durationMs, costUsd, values] of facts)
      yield { itemId, outputHash, isError, durationMs, costUsd, values };
    const last = facts.at(-1);
    if (last === undefined || facts.length < factsTogether) return;
    after = [last[0], last[1]];
  }
}

export interface StoredResult {
  readonly experimentId: string;
  readonly itemId: string;
  readonly repeat: number;
  readonly traceId: string | null;
  readonly output: NewResult['output'];
  readonly error: string | null;
  readonly scores: Readonly<Record<string, ExperimentScore>>;
}

export async function readResults(
  db: SqlRunner,
  ids: readonly string[],
  itemIds: readonly string[],
): Promise<readonly StoredResult[]> {
  return db.query(
    `SELECT experiment_id::text AS "experimentId", item_id AS "itemId", repeat, trace_id AS "traceId", output, error, scores
     FROM experiment_results WHERE experiment_id = ANY($1::uuid[]) AND item_id = ANY($2::text[]) ORDER BY repeat`,
    [[...ids], [...itemIds]],
  );
}

/** Which results are there already: what a run that goes on leaves out. */
export async function listFinished(
  db: SqlRunner,
  id: string,
  { after, limit }: { readonly after: FinishedResult | undefined; readonly limit: number },
): Promise<readonly FinishedResult[]> {
  return db.query(
    `SELECT item_id AS "itemId", repeat FROM experiment_results WHERE experiment_id = $1::uuid AND (item_id, repeat) > ($2, $3::int)
     ORDER BY item_id, repeat LIMIT $4`,
    [id, after?.itemId ?? '', after?.repeat ?? -1, limit],
  );
}

export interface FinishedResult {
  readonly itemId: string;
  readonly repeat: number;
}

const leaseS = 30;

/** Takes an experiment of this server's own that nobody is at. */
export async function takeExperiment(db: SqlRunner, owner: string): Promise<StoredExperiment | undefined> {
  const [taken] = await db.query<{ id: string; project: string }>(
    `UPDATE experiments SET leased_until = now() + interval '${leaseS} seconds', lease_owner = $1 WHERE id IN (
       SELECT id FROM experiments WHERE state = 'running' AND target ->> 'kind' = 'prompt'
         AND (leased_until IS NULL OR leased_until < now()) ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING id::text AS id, project`,
    [owner],
  );
  return taken === undefined ? undefined : findExperiment(db, taken);
}

/** False where it has ended meanwhile, or another server has it. */
export async function keepExperiment(db: SqlRunner, id: string, owner: string): Promise<boolean> {
  const rows = await db.query(
    `UPDATE experiments SET leased_until = now() + interval '${leaseS} seconds'
     WHERE id = $1::uuid AND state = 'running' AND lease_owner = $2 RETURNING id`,
    [id, owner],
  );
  return rows.length > 0;
}

export async function giveExperimentsBack(db: SqlRunner, owner: string): Promise<void> {
  await db.query('UPDATE experiments SET leased_until = NULL, lease_owner = NULL WHERE lease_owner = $1', [
    owner,
  ]);
}
