/** Experiments over HTTP: begun, fed with results by whoever runs them or run here, kept alive by heartbeats, read and compared. The routes come first, what they share after them. */
import {
  baselineRequest,
  comparedMax,
  comparisonParameters,
  type ComparisonResponse,
  comparisonResponse,
  experiment,
  type Experiment,
  type ExperimentEvaluator,
  experimentHeartbeatRequest,
  experimentsParameters,
  experimentsResponse,
  experimentSummary,
  type ExperimentSummary,
  finishedResultsParameters,
  finishedResultsResponse,
  finishExperimentRequest,
  type NewExperiment,
  newExperiment,
  newResultsRequest,
  newResultsResponse,
  resumeExperimentRequest,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import { findDataset, countItems, readItems } from '../../catalog/datasets.ts';
import {
  createExperiment,
  deleteExperiment,
  endExperiment,
  findBaseline,
  findExperiment,
  findExperiments,
  type FinishedResult,
  keepRunner,
  listExperiments,
  listFinished,
  pinBaseline,
  putResults,
  readResults,
  resumeExperiment,
  runnerWaitS,
  type StoredExperiment,
  type StoredResult,
  sumResults,
} from '../../catalog/experiments.ts';
import { listEvaluators } from '../../catalog/evaluators.ts';
import { findPromptVersion } from '../../catalog/find-prompt-version.ts';
import { timeOf } from '../../checks/describe-checks.ts';
import { findSchemaProblem } from '../../evaluation/code/json-schema.ts';
import type { ComparedItem } from '../../experiments/compare-experiments.ts';
import type { ExperimentColumns } from '../../experiments/experiment-columns.ts';
import { readComparison } from '../../experiments/kept-comparisons.ts';
import { judgeResults, recordExperimentScores } from '../../experiments/judge-results.ts';
import { type ApiRoute, type ApiSources, route } from './route-table.ts';

const idInPath = z.object({ id: z.string().max(64) });

/** A target over the items of a dataset: what it answered, how it was judged, and how that compares. */
export const experimentsRoutes: readonly ApiRoute[] = [
  route({
    path: '/experiments',
    summary: 'Experiments with their sums, the newest first.',
    tag: 'experiments',
    scope: 'read',
    query: experimentsParameters,
    response: experimentsResponse,
    answer: async ({ context: { project }, sources, query }) => {
      const stored = await listExperiments(sources.catalog, {
        project,
        dataset: query.dataset,
        limit: query.limit,
      });
      return { experiments: await Promise.all(stored.map(async (each) => summarise(sources, each))) };
    },
  }),
  route({
    method: 'POST',
    path: '/experiments',
    summary: 'Begins an experiment. A program sends its results; a prompt is run by the server itself.',
    tag: 'experiments',
    scope: 'write',
    body: newExperiment,
    response: experiment,
    answer: async ({ context, sources, body }) => {
      const made = await begin(sources, context.project, body);
      if (body.target.kind === 'prompt') sources.experiments.changed();
      return describe(await get(sources, context.project, made));
    },
  }),
  route({
    path: '/experiments/compare',
    summary: 'Experiments over one dataset side by side, item by item, regressions first.',
    tag: 'experiments',
    scope: 'read',
    query: comparisonParameters,
    response: comparisonResponse,
    answer: async ({ context: { project }, sources, query }) => compare(sources, project, query),
  }),
  route({
    path: '/experiments/:id',
    summary: 'One experiment with its sums.',
    tag: 'experiments',
    scope: 'read',
    params: idInPath,
    response: experimentSummary,
    answer: async ({ context, sources, params }) =>
      summarise(sources, await get(sources, context.project, params.id)),
  }),
  route({
    method: 'DELETE',
    path: '/experiments/:id',
    summary: 'Deletes an experiment with its results. Its traces stay.',
    tag: 'experiments',
    scope: 'write',
    params: idInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context: { project }, sources, params: { id } }) => {
      if (!(await deleteExperiment(sources.catalog, { project, id }))) throw notFound(id);
      return { deleted: id };
    },
  }),
  route({
    method: 'POST',
    path: '/experiments/:id/results',
    summary:
      'What the target of a program answered, up to 100 at a time. The answer has the scores of the evaluators.',
    tag: 'experiments',
    scope: 'write',
    params: idInPath,
    body: newResultsRequest,
    response: newResultsResponse,
    answer: async ({ context, sources, params, body }) => {
      const stored = await get(sources, context.project, params.id);
      const items = await readItems(sources.catalog, {
        datasetId: stored.datasetId,
        version: stored.datasetVersion,
        ids: body.results.map(({ itemId }) => itemId),
      });
      const unknown = body.results.find(({ itemId }) => !items.has(itemId));
      if (unknown !== undefined)
        throw new SightlineError(
          'bad_request',
          `Version ${stored.datasetVersion} of ${JSON.stringify(stored.dataset)} has no item ${JSON.stringify(unknown.itemId)}.`,
          {
            hint: 'Results name the items of the version that the experiment has.',
          },
        );
      const judge = await sources.evaluation.judgeSurroundings(context.project);
      const judged = await judgeResults(
        context,
        body.results.flatMap((result) => {
          const item = items.get(result.itemId);
          return item === undefined ? [] : [{ result, item }];
        }),
        { evaluators: stored.evaluators, judge },
      );
      const results = judged.map(({ result }) => result);
      const outcome = await putResults(sources.catalog, stored.id, { results, runner: body.runner });
      if (outcome !== 'kept') throw refusedRunner(outcome);
      const judges = new Set(
        stored.evaluators.flatMap(({ name, settings }) => (settings.type === 'judge' ? [name] : [])),
      );
      await recordExperimentScores(context, stored.id, { results, judges });
      return {
        results: judged.map(({ result: { itemId, repeat, scores }, notJudged }) => ({
          itemId,
          repeat,
          scores: { ...scores },
          notJudged: { ...notJudged },
        })),
      };
    },
  }),
  route({
    path: '/experiments/:id/results',
    summary: 'Which results are there: what a program that goes on with the experiment leaves out.',
    tag: 'experiments',
    scope: 'read',
    params: idInPath,
    query: finishedResultsParameters,
    response: finishedResultsResponse,
    answer: async ({ context, sources, params, query: { limit, cursor } }) => {
      const { id } = await get(sources, context.project, params.id);
      const after = readResultCursor(cursor);
      const rows = await listFinished(sources.catalog, id, { after, limit: limit + 1 });
      const results = rows.slice(0, limit);
      const last = rows.length > limit ? results.at(-1) : undefined;
      return { results, nextCursor: last === undefined ? null : `${last.repeat}.${last.itemId}` };
    },
  }),
  route({
    method: 'POST',
    path: '/experiments/:id/heartbeat',
    summary:
      'The program that runs the experiment is there. An experiment whose program is silent is stopped.',
    tag: 'experiments',
    scope: 'write',
    params: idInPath,
    body: experimentHeartbeatRequest,
    response: experiment,
    answer: async ({ context, sources, params, body }) => {
      const { id } = await get(sources, context.project, params.id);
      const isKept = await keepRunner(sources.catalog, id, body);
      const stored = await get(sources, context.project, id);
      if (!isKept) throw refusedRunner(stored.state === 'running' ? 'taken_over' : 'ended');
      return describe(stored);
    },
  }),
  route({
    method: 'POST',
    path: '/experiments/:id/resume',
    summary: 'Goes on with an experiment that was stopped, failed, or whose program left. Its results stay.',
    tag: 'experiments',
    scope: 'write',
    params: idInPath,
    body: resumeExperimentRequest,
    response: experiment,
    answer: async ({ context, sources, params, body }) => {
      const { id, target } = await get(sources, context.project, params.id);
      const outcome = await resumeExperiment(sources.catalog, id, body.runner);
      if (outcome === 'running')
        throw new SightlineError('bad_request', 'The experiment is running already.', {
          hint: `Where its program was killed, it counts as gone ${runnerWaitS} s after it was last heard of. Or stop it first.`,
        });
      if (outcome === 'done')
        throw new SightlineError('bad_request', 'The experiment is done; there is nothing to go on with.', {
          hint: 'Begin another one.',
        });
      if (target.kind === 'prompt') sources.experiments.changed();
      return describe(await get(sources, context.project, id));
    },
  }),
  route({
    method: 'POST',
    path: '/experiments/:id/finish',
    summary: 'Ends an experiment; its results do not change any more.',
    tag: 'experiments',
    scope: 'write',
    params: idInPath,
    body: finishExperimentRequest,
    response: experimentSummary,
    answer: async ({ context, sources, params, body }) => {
      const { id } = await get(sources, context.project, params.id);
      await endExperiment(sources.catalog, id, body);
      return summarise(sources, await get(sources, context.project, id));
    },
  }),
  route({
    method: 'PUT',
    path: '/experiments/:id/baseline',
    summary: 'Pins the experiment that others over its dataset are compared with.',
    tag: 'experiments',
    scope: 'write',
    params: idInPath,
    body: baselineRequest,
    response: experiment,
    answer: async ({ context, sources, params, body }) => {
      const stored = await get(sources, context.project, params.id);
      await pinBaseline(sources.catalog, stored, body.isBaseline);
      return describe(await get(sources, context.project, stored.id));
    },
  }),
];

async function begin({ catalog }: ApiSources, project: string, body: NewExperiment): Promise<string> {
  const { dataset: name, datasetVersion, target } = body;
  const dataset = await findDataset(catalog, { project, name });
  if (dataset === undefined)
    throw new SightlineError('not_found', `There is no dataset ${JSON.stringify(name)}.`, {
      hint: 'The datasets are listed at /api/v1/datasets.',
    });
  const version = datasetVersion ?? dataset.version;
  if (version > dataset.version)
    throw new SightlineError('not_found', `${JSON.stringify(name)} has no version ${version}.`, {
      hint: `Its newest version is ${dataset.version}.`,
    });
  const split = body.split === '' ? undefined : body.split;
  const items = await countItems(catalog, { datasetId: dataset.id, version, split });
  if (items === 0)
    throw new SightlineError(
      'bad_request',
      `${JSON.stringify(name)} has no items${split === undefined ? '' : ` in the split "${split}"`}.`,
      {
        hint: `Add some with POST /api/v1/datasets/${name}/items.`,
      },
    );
  const evaluators = await resolveEvaluators(catalog, project, body.evaluators);
  const fixed =
    target.kind === 'prompt' && target.prompt !== undefined
      ? await fixVersion(catalog, project, target)
      : target;
  const { dataset: _dataset, ...rest } = body;
  return createExperiment(catalog, project, {
    ...rest,
    evaluators,
    target: fixed,
    datasetId: dataset.id,
    datasetVersion: version,
    planned: items * body.repeats,
  });
}

/** Settings of stored ones are copied: what they say later does not change the experiment. */
async function resolveEvaluators(
  catalog: ApiSources['catalog'],
  project: string,
  given: NewExperiment['evaluators'],
): Promise<readonly ExperimentEvaluator[]> {
  const stored = given.some(({ settings }) => settings.type === 'stored')
    ? await listEvaluators(catalog, project)
    : [];
  return given.map(({ name, settings }) => {
    if (settings.type === 'stored') {
      const wanted = settings.evaluator ?? name;
      const found = stored.find((each) => each.name === wanted);
      if (found === undefined)
        throw new SightlineError('not_found', `There is no evaluator ${JSON.stringify(wanted)}.`, {
          hint: `There are: ${stored.map((each) => each.name).join(', ') || 'none yet'}.`,
        });
      return { name, settings: found.settings };
    }
    if (settings.type === 'judge')
      throw new SightlineError('bad_request', `The judge ${JSON.stringify(name)} has settings of its own.`, {
        hint: 'Make it an evaluator of the project, and name it: {"type": "stored", "evaluator": "…"}.',
      });
    const problem = settings.type === 'json_schema' ? findSchemaProblem(settings.schema) : undefined;
    if (problem !== undefined)
      throw new SightlineError(
        'bad_request',
        `The schema of the evaluator ${JSON.stringify(name)} cannot be used: ${problem}.`,
        {
          hint: 'Give a JSON Schema of draft 7.',
        },
      );
    return { name, settings };
  });
}

/** What a label means now is what the experiment is about, even where the label moves on. */
async function fixVersion(
  catalog: ApiSources['catalog'],
  project: string,
  target: Extract<NewExperiment['target'], { kind: 'prompt' }>,
): Promise<NewExperiment['target']> {
  if (target.prompt === undefined) return target;
  const { found } = await findPromptVersion(catalog, project, target.prompt);
  return { ...target, prompt: { name: target.prompt.name, version: found.version } };
}

async function compare(
  sources: ApiSources,
  project: string,
  query: z.output<typeof comparisonParameters>,
): Promise<ComparisonResponse> {
  const experiments = await chosen(sources, project, query);
  const compared = await readComparison(sources.catalog, experiments);
  const shown = compared.items.filter(showing[query.show]);
  const start = readCursor(query.cursor);
  const page = shown.slice(start, start + query.limit);
  const end = start + page.length;
  return {
    dataset: experiments[0]?.dataset ?? '',
    baseline: experiments[0]?.id ?? '',
    experiments: await Promise.all(experiments.map(async (each) => summarise(sources, each))),
    comparisons: compared.comparisons.map(({ id, scores }) => ({ id, scores: [...scores] })),
    counts: {
      all: compared.items.length,
      regressions: compared.items.filter(showing.regressions).length,
      improvements: compared.items.filter(showing.improvements).length,
      errors: compared.items.filter(showing.errors).length,
      changed: compared.items.filter(showing.changed).length,
    },
    items: await describeItems(sources, page, { experiments, columns: compared.columns }),
    nextCursor: end < shown.length ? String(end) : null,
  };
}

const showing: Readonly<
  Record<z.output<typeof comparisonParameters>['show'], (item: ComparedItem) => boolean>
> = {
  all: () => true,
  regressions: ({ verdict }) => verdict === 'regression' || verdict === 'mixed',
  improvements: ({ verdict }) => verdict === 'improvement' || verdict === 'mixed',
  errors: ({ hasError }) => hasError,
  changed: ({ isChanged }) => isChanged,
};

/** The baseline first, then the others as they were asked for. */
async function chosen(
  sources: ApiSources,
  project: string,
  query: z.output<typeof comparisonParameters>,
): Promise<readonly StoredExperiment[]> {
  const asked = [
    ...new Set(
      query.ids
        .split(',')
        .map((id) => id.trim())
        .filter((id) => id !== ''),
    ),
  ];
  const stored = new Map(
    (await findExperiments(sources.catalog, project, asked)).map((each) => [each.id, each]),
  );
  const missing = asked.find((id) => !stored.has(id));
  if (missing !== undefined) throw notFound(missing);
  const [oldest] = stored.values();
  if (oldest === undefined)
    throw new SightlineError('bad_request', 'No experiment is named.', {
      hint: 'Give ids with commas between them.',
    });
  const baselineId =
    query.baseline ?? (await findBaseline(sources.catalog, project, oldest.datasetId)) ?? oldest.id;
  const baseline = stored.get(baselineId) ?? (await get(sources, project, baselineId));
  const all = [
    baseline,
    ...asked.flatMap((id) => stored.get(id) ?? []).filter(({ id }) => id !== baseline.id),
  ];
  if (all.length > comparedMax)
    throw new SightlineError('bad_request', `At most ${comparedMax} experiments are compared at a time.`, {
      hint: 'Leave some out.',
    });
  const stranger = all.find(({ datasetId }) => datasetId !== baseline.datasetId);
  if (stranger !== undefined)
    throw new SightlineError(
      'bad_request',
      `${JSON.stringify(stranger.name)} is about the dataset ${JSON.stringify(stranger.dataset)}, and ${JSON.stringify(baseline.name)} about ${JSON.stringify(baseline.dataset)}.`,
      {
        hint: 'Compare experiments over one dataset.',
      },
    );
  return all;
}

async function describeItems(
  { catalog }: ApiSources,
  page: readonly ComparedItem[],
  {
    experiments,
    columns,
  }: { readonly experiments: readonly StoredExperiment[]; readonly columns: readonly ExperimentColumns[] },
): Promise<ComparisonResponse['items']> {
  const ids = page.map(({ itemId }) => itemId);
  const [baseline] = experiments;
  if (ids.length === 0 || baseline === undefined) return [];
  const versions = [...new Set(experiments.map(({ datasetVersion }) => datasetVersion))];
  const [results, ...items] = await Promise.all([
    readResults(
      catalog,
      experiments.map(({ id }) => id),
      ids,
    ),
    ...versions.map(async (version) => readItems(catalog, { datasetId: baseline.datasetId, version, ids })),
  ]);
  const shown = new Map<string, StoredResult>();
  for (const result of results) {
    const key = `${result.experimentId} ${result.itemId}`;
    if (!shown.has(key)) shown.set(key, result);
  }
  return page.map(({ itemId, verdict }) => {
    const item = items.map((each) => each.get(itemId)).find((each) => each !== undefined);
    return {
      itemId,
      input: item?.input ?? null,
      expected: item?.expected ?? null,
      split: item?.split ?? '',
      verdict,
      results: experiments.map(({ id }, at) => {
        const sum = columns[at]?.sumsOf(itemId);
        const result = shown.get(`${id} ${itemId}`);
        if (sum === undefined || result === undefined) return null;
        return {
          traceId: result.traceId,
          output: result.output,
          error: result.error,
          repeats: sum.repeats,
          errors: sum.errors,
          durationMs: sum.durationMs,
          costUsd: sum.costUsd,
          scores: Object.fromEntries(
            Object.entries(result.scores).map(([name, score]) => [
              name,
              {
                ...score,
                value: sum.scores.get(name) ?? score.value,
                label: sum.repeats > 1 ? null : score.label,
              },
            ]),
          ),
          differsFromBaseline: at > 0 && outputOf(columns[at], itemId) !== outputOf(columns[0], itemId),
        };
      }),
    };
  });
}

function outputOf(columns: ExperimentColumns | undefined, itemId: string): number | undefined {
  const row = columns?.rowOf(itemId);
  return row === undefined ? undefined : columns?.outputAt(row);
}

async function get({ catalog }: ApiSources, project: string, id: string): Promise<StoredExperiment> {
  const found = await findExperiment(catalog, { project, id });
  if (found === undefined) throw notFound(id);
  return found;
}

async function summarise({ catalog }: ApiSources, stored: StoredExperiment): Promise<ExperimentSummary> {
  const sums = stored.summary ?? (await sumResults(catalog, stored.id));
  return { ...describe(stored), ...sums, scores: [...sums.scores] };
}

function describe(stored: StoredExperiment): Experiment {
  const { project: _project, datasetId: _dataset, summary: _summary, createdAt, endedAt, ...rest } = stored;
  return { ...rest, createdAt: timeOf(createdAt), endedAt: endedAt === null ? null : timeOf(endedAt) };
}

function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^\d{1,7}$/.test(cursor)) return Number(cursor);
  throw badCursor();
}

function readResultCursor(cursor: string | undefined): FinishedResult | undefined {
  if (cursor === undefined) return undefined;
  const [, repeat, itemId] = /^(\d{1,2})\.(.{1,100})$/.exec(cursor) ?? [];
  if (repeat === undefined || itemId === undefined) throw badCursor();
  return { repeat: Number(repeat), itemId };
}

function badCursor(): SightlineError {
  return new SightlineError('bad_cursor', 'The cursor cannot be read.', {
    hint: 'Use nextCursor of the page before, or leave it out to begin anew.',
  });
}

function refusedRunner(outcome: 'ended' | 'taken_over'): SightlineError {
  return outcome === 'ended'
    ? new SightlineError('bad_request', 'The experiment has ended; its results do not change any more.', {
        hint: 'Go on with it at /resume, or begin another one.',
      })
    : new SightlineError('bad_request', 'Another program has taken the experiment over.', {
        hint: 'Leave it to that one, or begin another one.',
      });
}

function notFound(id: string): SightlineError {
  return new SightlineError('not_found', `There is no experiment ${JSON.stringify(id)}.`, {
    hint: 'The experiments are listed at /api/v1/experiments.',
  });
}
