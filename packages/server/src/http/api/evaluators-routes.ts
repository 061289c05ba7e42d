import { formatNanos, nanosFromMs } from '@sightline/base';
import {
  type Evaluator,
  evaluator,
  evaluatorRule,
  type EvaluatorRule,
  evaluatorRunsParameters,
  evaluatorRunsResponse,
  evaluatorsResponse,
  tryEvaluatorRequest,
  tryEvaluatorResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { findRegexProblem } from '@sightline/schema/filter';
import { z } from 'zod';
import {
  changeEvaluator,
  createEvaluator,
  deleteEvaluator,
  evaluatorsMax,
  findEvaluator,
  listEvaluators,
  listRuns,
  type StoredEvaluator,
} from '../../catalog/evaluators.ts';
import { findLanguageProblem } from '../../evaluation/code/language.ts';
import { findSchemaProblem } from '../../evaluation/code/json-schema.ts';
import { beyondMachines, findUrlProblem } from '../../outbound/reach.ts';
import { runEvaluator } from '../../evaluation/run-evaluator.ts';
import { readTraceFacts } from '../../evaluation/trace-facts.ts';
import { checkFilter } from '../../query/evaluation/check-filter.ts';
import { RegexMatcher } from '../../query/evaluation/regex-matcher.ts';
import type { QueryContext } from '../../query/reader.ts';
import { type ApiRoute, type ApiSources, route } from './route-table.ts';

const idInPath = z.object({ id: z.string().max(64) });

/** Rules that judge new traces. */
export const evaluatorsRoutes: readonly ApiRoute[] = [
  route({
    path: '/evaluators',
    summary: 'The rules that judge new traces, with what became of them.',
    tag: 'scores',
    scope: 'read',
    response: evaluatorsResponse,
    answer: async ({ context, sources }) => {
      const stored = await listEvaluators(sources.catalog, context.project);
      return { evaluators: stored.map(describe), runner: sources.evaluation.status() };
    },
  }),
  route({
    method: 'POST',
    path: '/evaluators',
    summary: 'Makes a rule. It judges the traces that arrive from now on.',
    tag: 'scores',
    scope: 'admin',
    body: evaluatorRule,
    response: evaluator,
    answer: async ({ context, sources, body }) => {
      await checkRule(body, context);
      const known = await listEvaluators(sources.catalog, context.project);
      if (known.length >= evaluatorsMax)
        throw new SightlineError('bad_request', `There are ${evaluatorsMax} evaluators already.`, {
          hint: 'Delete one first.',
        });
      const made = await createEvaluator(sources.catalog, context.project, body);
      if (made === undefined) throw nameTaken(body.name);
      return describe(made);
    },
  }),
  route({
    path: '/evaluators/:id',
    summary: 'One rule.',
    tag: 'scores',
    scope: 'read',
    params: idInPath,
    response: evaluator,
    answer: async ({ context, sources, params }) => describe(await get(sources, context, params.id)),
  }),
  route({
    method: 'PUT',
    path: '/evaluators/:id',
    summary: 'Changes a rule. Scores that it wrote stay.',
    tag: 'scores',
    scope: 'admin',
    params: idInPath,
    body: evaluatorRule,
    response: evaluator,
    answer: async ({ context, sources, params, body }) => {
      await checkRule(body, context);
      const others = await listEvaluators(sources.catalog, context.project);
      if (others.some(({ id, name }) => id !== params.id && name === body.name)) throw nameTaken(body.name);
      const at = { project: context.project, id: params.id };
      const changed = await changeEvaluator(sources.catalog, at, body);
      if (changed === undefined) throw unknown(params.id);
      return describe(changed);
    },
  }),
  route({
    method: 'DELETE',
    path: '/evaluators/:id',
    summary: 'Deletes a rule with its runs. Scores that it wrote stay.',
    tag: 'scores',
    scope: 'admin',
    params: idInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context, sources, params }) => {
      const at = { project: context.project, id: params.id };
      if (!(await deleteEvaluator(sources.catalog, at))) throw unknown(params.id);
      return { deleted: params.id };
    },
  }),
  route({
    path: '/evaluators/:id/runs',
    summary: 'What a rule did last, the newest first: scored, skipped or failed, and why.',
    tag: 'scores',
    scope: 'read',
    params: idInPath,
    query: evaluatorRunsParameters,
    response: evaluatorRunsResponse,
    answer: async ({ context, sources, params, query }) => {
      await get(sources, context, params.id);
      const runs = await listRuns(sources.catalog, {
        id: params.id,
        limit: query.limit,
        status: query.status,
      });
      return { runs: runs.map((run) => ({ ...run, time: formatDate(run.time) })) };
    },
  }),
  route({
    method: 'POST',
    path: '/evaluators/:id/run',
    summary: 'Judges one trace now, whatever the filter and the sample rate.',
    tag: 'scores',
    scope: 'write',
    params: idInPath,
    body: tryEvaluatorRequest,
    response: tryEvaluatorResponse,
    answer: async ({ context, sources, params, body }) => {
      const rule = await get(sources, context, params.id);
      const trace = await readTraceFacts(context, body.traceId.toLowerCase());
      const judge = await sources.evaluation.judgeSurroundings(context.project);
      const surroundings = { context, catalog: sources.catalog, judge, save: body.save };
      return runEvaluator({ rule, trace }, surroundings);
    },
  }),
];

async function get(sources: ApiSources, { project }: QueryContext, id: string): Promise<StoredEvaluator> {
  const found = await findEvaluator(sources.catalog, { project, id });
  if (found === undefined) throw unknown(id);
  return found;
}

/** What the schema cannot see. Throws `bad_filter`, `bad_judge_url` and `bad_request`. */
async function checkRule({ q, settings }: EvaluatorRule, context: QueryContext): Promise<void> {
  await checkFilter(context, q);
  if (settings.type === 'judge') checkJudgeUrl(settings.url);
  const problem =
    settings.type === 'regex'
      ? await findPatternProblem(settings.pattern, context)
      : settings.type === 'json_schema'
        ? findSchemaProblem(settings.schema)
        : settings.type === 'language'
          ? findLanguageProblem(settings.expected)
          : undefined;
  if (problem === undefined) return;
  const fields = { regex: 'pattern', json_schema: 'schema', language: 'expected' } as const;
  const field = `settings.${settings.type in fields ? fields[settings.type as keyof typeof fields] : 'type'}`;
  throw new SightlineError('bad_request', `"${field}" cannot be used: ${problem}.`, {
    hint: 'Evaluators are described in docs/scores.md.',
  });
}

function checkJudgeUrl(url: string): void {
  const problem = findUrlProblem(url, beyondMachines);
  if (problem === undefined) return;
  throw new SightlineError('bad_judge_url', `"settings.url" cannot be used: it ${problem}.`, {
    hint: 'Give the base address of a model; loopback and private networks are fine. See docs/scores.md.',
  });
}

/** What is known of the engine's expressions is told in more words than its own; the rest it tells itself. */
async function findPatternProblem(pattern: string, context: QueryContext): Promise<string | undefined> {
  const known = findRegexProblem(pattern);
  if (known !== undefined) return `expected ${known}`;
  const matcher = new RegexMatcher(context);
  const matched = matcher.match('', pattern).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof SightlineError && error.code === 'bad_filter') return reasonOf(error);
      throw error;
    },
  );
  await matcher.flush();
  return matched;
}

/** Without the words that are there already. */
const reasonOf = ({ message }: SightlineError): string =>
  message.replace('The regular expression cannot be used: ', '').replace(/\.$/, '');

function nameTaken(name: string): SightlineError {
  return new SightlineError('bad_request', `There is an evaluator "${name}" already.`, {
    hint: 'Choose another name: it is the name of the scores too.',
  });
}

function unknown(id: string): SightlineError {
  return new SightlineError('not_found', `No evaluator has the id "${id}".`, {
    hint: 'GET /api/v1/evaluators lists them.',
  });
}

function describe(stored: StoredEvaluator): Evaluator {
  const { id, name, enabled, q, sampleRate, settings } = stored;
  const { scored, skipped, failed, costUsd, inputTokens, outputTokens } = stored;
  return {
    id,
    name,
    enabled,
    q,
    sampleRate,
    settings,
    createdAt: formatDate(stored.createdAt),
    updatedAt: formatDate(stored.updatedAt),
    totals: {
      scored,
      skipped,
      failed,
      costUsd,
      unpricedJudgements: stored.unpriced,
      inputTokens,
      outputTokens,
      lastRunAt: stored.lastRunAt === null ? null : formatDate(stored.lastRunAt),
    },
  };
}

function formatDate(date: Date): string {
  return formatNanos(nanosFromMs(date.getTime()));
}
