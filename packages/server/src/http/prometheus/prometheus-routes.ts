/**
 * Prometheus' HTTP API over stored metrics, for Grafana's Prometheus source, promtool and whatever else speaks it. A plugin; register it with the
 * prefix `/prometheus/api/v1`.
 */
import type { Clock } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { alertSpells } from '../../alerts/alert-spells.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import { PromqlExecutionError, PromqlSyntaxError } from '../../promql/ast.ts';
import { describeTree } from '../../promql/describe-tree.ts';
import { parsePromql } from '../../promql/parse.ts';
import { printPromql } from '../../promql/print.ts';
import { typeOf } from '../../promql/value-type.ts';
import {
  askInstant,
  askRange,
  countStoredSeries,
  labelNames,
  labelValues,
  type MetadataRow,
  readExemplars,
  readMetadata,
  readSeriesLabels,
  type TimeLimits,
} from '../../query/prometheus/questions.ts';
import type { QueryContext } from '../../query/reader.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import type { ProjectResolver } from '../project-resolver.ts';
import { BadData, ofParameter, PrometheusParameters } from './read-parameters.ts';
import { renderInstant, renderRange } from './render-answer.ts';
import { answerAlerts, answerRules } from './rules-answer.ts';

export interface PrometheusOptions {
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly resolveProject: ProjectResolver;
  readonly version: string;
  /** Keeps rules and what they found. */
  readonly catalog: SqlRunner;
  readonly startedMs: number;
  /** How long metrics are kept. */
  readonly retentionDays: () => number;
}

interface Question {
  readonly context: QueryContext;
  readonly parameters: PrometheusParameters;
  readonly params: Readonly<Record<string, string>>;
  readonly nowMs: number;
}

interface Answer {
  readonly data: unknown;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

type Handler = (question: Question) => Promise<Answer> | Answer;

/** Points of one series in an answer, as Prometheus bounds them. */
const pointsMax = 11_000;
const formBytesMax = 1024 * 1024;
/** Each reads series of its own. */
const selectorsMax = 100;

export async function prometheusRoutes(app: FastifyInstance, options: PrometheusOptions): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/x-www-form-urlencoded'],
    { parseAs: 'string', bodyLimit: formBytesMax },
    (_request, body, done) => done(null, body),
  );
  app.setErrorHandler(sendFailure);
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({
      status: 'error',
      errorType: 'not_found',
      error: 'there is no such endpoint of the Prometheus API here',
    }),
  );
  const handle = (handler: Handler) => async (request: FastifyRequest, reply: FastifyReply) => {
    const resolved = await options.resolveProject(request.headers, 'read');
    if (resolved instanceof SightlineError) throw resolved;
    const { store, clock, catalog } = options;
    const answer = await handler({
      context: {
        store,
        clock,
        project: resolved.project,
        alertSpells: alertSpells(catalog, resolved.project),
      },
      parameters: parametersOf(request),
      params: (request.params ?? {}) as Record<string, string>,
      nowMs: Number(clock.now() / 1_000_000n),
    });
    const { data, warnings = [], infos = [] } = answer;
    return reply.send({
      status: 'success',
      data,
      ...(warnings.length > 0 ? { warnings } : {}),
      ...(infos.length > 0 ? { infos } : {}),
    });
  };
  const both = (url: string, handler: Handler): void => {
    app.route({ method: ['GET', 'POST'], url, handler: handle(handler) });
  };
  const get = (url: string, handler: Handler): void => {
    app.get(url, handle(handler));
  };
  both('/query', query);
  both('/query_range', queryRange);
  both('/query_exemplars', exemplars);
  both('/series', series);
  both('/labels', labels);
  get('/label/:name/values', valuesOfLabel);
  get('/metadata', metadata);
  both('/format_query', ({ parameters }) => ({ data: printPromql(parsed(parameters.query())) }));
  both('/parse_query', ({ parameters }) => ({ data: describeTree(parsed(parameters.query())) }));
  get('/rules', async ({ context, parameters }) => ({
    data: await answerRules(options.catalog, context.project, parameters),
  }));
  get('/alerts', async ({ context }) => ({ data: await answerAlerts(options.catalog, context.project) }));
  get('/alertmanagers', () => ({ data: { activeAlertmanagers: [], droppedAlertmanagers: [] } }));
  get('/targets', () => ({ data: { activeTargets: [], droppedTargets: [], droppedTargetCounts: {} } }));
  get('/targets/metadata', () => ({ data: [] }));
  get('/status/buildinfo', () => ({ data: buildInfo(options.version) }));
  get('/status/runtimeinfo', ({ nowMs }) => ({ data: runtimeInfo(options, nowMs) }));
  get('/status/flags', () => ({ data: {} }));
  get('/status/config', () => ({ data: { yaml: '' } }));
  get('/status/tsdb', seriesCounts);
}

/** What was seen so recently is what Prometheus would have in its head. */
const headMs = 2 * 3_600_000;
const countsMax = 10_000;

/** Chunks and their memory are not counted: there are none. */
async function seriesCounts({ context, parameters, nowMs }: Question): Promise<Answer> {
  const limit = parameters.limit() ?? 10;
  if (limit > countsMax) throw new BadData(`invalid parameter "limit": at most ${countsMax}`);
  return { data: await countStoredSeries(context, { startMs: nowMs - headMs, endMs: nowMs, limit }) };
}

/** Of Prometheus' fields those that have a meaning here. */
function runtimeInfo({ startedMs, retentionDays }: PrometheusOptions, nowMs: number): Record<string, string> {
  return {
    startTime: new Date(startedMs).toISOString(),
    serverTime: new Date(nowMs).toISOString(),
    storageRetention: `${retentionDays()}d`,
  };
}

/** The version of Prometheus whose language and API these are, by which Grafana decides what it may ask. */
const buildInfo = (version: string): Record<string, string> => ({
  version: '3.5.0',
  application: 'Sightline',
  revision: version,
  branch: '',
  buildUser: '',
  buildDate: '',
  goVersion: '',
});

const parsed = (text: string): ReturnType<typeof parsePromql> =>
  ofParameter('query', () => parsePromql(text));

function limits({ parameters }: Question): TimeLimits {
  const lookbackMs = parameters.duration('lookback_delta', 300_000);
  if (lookbackMs <= 0) throw new BadData('invalid parameter "lookback_delta": it must be greater than 0');
  return { lookbackMs };
}

async function query(question: Question): Promise<Answer> {
  const { parameters, context, nowMs } = question;
  const timeMs = parameters.time('time', nowMs);
  const text = parameters.query();
  const expression = parsed(text);
  const answer = await ofQuery(async () =>
    askInstant(context, { text, expression, timeMs, ...limits(question) }),
  );
  return cut(question, renderInstant(answer), answer);
}

async function queryRange(question: Question): Promise<Answer> {
  const { parameters, context } = question;
  const [startMs, endMs] = [parameters.time('start'), parameters.time('end')];
  if (endMs < startMs)
    throw new BadData('invalid parameter "end": end timestamp must not be before start time');
  const stepMs = parameters.duration('step');
  if (stepMs <= 0)
    throw new BadData(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if ((endMs - startMs) / stepMs > pointsMax)
    throw new BadData(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  const text = parameters.query();
  const expression = parsed(text);
  const type = typeOf(expression);
  if (type === 'matrix' || type === 'string')
    throw new BadData(
      `invalid parameter "query": invalid expression type "${type === 'matrix' ? 'range vector' : type}" for range query, must be Scalar or instant Vector`,
    );
  const answer = await ofQuery(async () =>
    askRange(context, { text, expression, startMs, endMs, stepMs, ...limits(question) }),
  );
  return cut(question, renderRange(answer), answer);
}

async function ofQuery<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof PromqlSyntaxError) throw new BadData(`invalid parameter "query": ${error.message}`);
    throw error;
  }
}

/** The first results, where fewer are wanted than there are. */
function cut(
  { parameters }: Question,
  data: { readonly resultType: string; readonly result: unknown },
  { warnings, infos }: { readonly warnings: readonly string[]; readonly infos: readonly string[] },
): Answer {
  const limit = parameters.limit();
  const { result } = data;
  const isList = data.resultType === 'vector' || data.resultType === 'matrix';
  if (limit === undefined || !isList || !Array.isArray(result) || result.length <= limit)
    return { data, warnings, infos };
  return {
    data: { ...data, result: result.slice(0, limit) },
    warnings: [...warnings, 'results truncated due to limit'],
    infos,
  };
}

/** The time of questions about names: the last twelve hours, where nobody says. */
function range({ parameters, nowMs }: Question): { startMs: number; endMs: number } {
  const endMs = parameters.time('end', nowMs);
  const startMs = parameters.time('start', endMs - 43_200_000);
  if (endMs < startMs)
    throw new BadData('invalid parameter "end": end timestamp must not be before start time');
  return { startMs, endMs };
}

function matchersOf({ parameters }: Question): readonly string[] {
  const matchers = [...parameters.all('match[]'), ...parameters.all('match')];
  if (matchers.length > selectorsMax)
    throw new BadData(`invalid parameter "match[]": more than ${selectorsMax} selectors`);
  return matchers;
}

function limited<T>(question: Question, all: readonly T[]): Answer {
  const limit = question.parameters.limit();
  if (limit === undefined || all.length <= limit) return { data: all };
  return { data: all.slice(0, limit), warnings: ['results truncated due to limit'] };
}

async function series(question: Question): Promise<Answer> {
  const matchers = matchersOf(question);
  if (matchers.length === 0) throw new BadData('no match[] parameter provided');
  const found = await ofMatchers(async () =>
    readSeriesLabels(question.context, { matchers, ...range(question) }),
  );
  return limited(
    question,
    found.map((each) => each.toObject()),
  );
}

async function labels(question: Question): Promise<Answer> {
  const found = await ofMatchers(async () =>
    labelNames(question.context, { matchers: matchersOf(question), ...range(question) }),
  );
  return limited(question, found);
}

async function valuesOfLabel(question: Question): Promise<Answer> {
  const name = unescaped(question.params['name'] ?? '');
  const found = await ofMatchers(async () =>
    labelValues(question.context, { name, matchers: matchersOf(question), ...range(question) }),
  );
  return limited(question, found);
}

async function ofMatchers<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof PromqlSyntaxError)
      throw new BadData(`invalid parameter "match[]": ${error.message}`);
    throw error;
  }
}

/** A label of other characters than Prometheus' comes as `U__http_2e_route`. */
function unescaped(name: string): string {
  if (!name.startsWith('U__')) return name;
  return name.slice(3).replaceAll(/__|_([0-9a-fA-F]{1,6})_/g, (all, code?: string) => {
    if (code === undefined) return '_';
    const point = Number.parseInt(code, 16);
    return point > 0x10_ff_ff ? all : String.fromCodePoint(point);
  });
}

async function metadata(question: Question): Promise<Answer> {
  const { parameters, context } = question;
  const rows = await readMetadata(context, { metric: parameters.optional('metric') });
  const perMetric = parameters.limit('limit_per_metric');
  const byName = Map.groupBy(rows, ({ name }) => name);
  const all = [...byName].slice(0, parameters.limit());
  const about = ({ type, help, unit }: MetadataRow): Record<string, string> => ({ type, help, unit });
  return { data: Object.fromEntries(all.map(([name, each]) => [name, each.slice(0, perMetric).map(about)])) };
}

async function exemplars(question: Question): Promise<Answer> {
  const { context, parameters } = question;
  const times = range(question);
  return { data: await readExemplars(context, { expression: parsed(parameters.query()), ...times }) };
}

function parametersOf(request: FastifyRequest): PrometheusParameters {
  const { url, body } = request;
  const at = url.indexOf('?');
  const given = new URLSearchParams(typeof body === 'string' ? body : '');
  for (const [name, value] of new URLSearchParams(at === -1 ? '' : url.slice(at + 1)))
    given.append(name, value);
  return new PrometheusParameters(given);
}

/** Everything a client can mend is told in Prometheus' way; the rest is left to the handler of the whole server. */
function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const send = (status: number, errorType: string, message: string): FastifyReply =>
    reply.code(status).send({ status: 'error', errorType, error: message });
  if (error instanceof BadData) return send(400, 'bad_data', error.message);
  if (error instanceof PromqlSyntaxError) return send(400, 'bad_data', error.message);
  if (error instanceof PromqlExecutionError) return send(422, 'execution', error.message);
  if (error instanceof SightlineError) {
    if (error.retryAfterS !== undefined) reply.header('retry-after', String(error.retryAfterS));
    if (error.status >= 500) request.log.error({ err: error });
    const { code } = error;
    const type =
      code === 'query_limit'
        ? 'timeout'
        : error.status >= 500
          ? 'internal'
          : error.status === 422
            ? 'execution'
            : 'bad_data';
    return send(
      code === 'query_limit' ? 503 : error.status,
      type,
      error.hint === undefined ? error.message : `${error.message} ${error.hint}`,
    );
  }
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return send(statusCode, 'bad_data', message ?? 'the request cannot be read');
  throw error;
}
