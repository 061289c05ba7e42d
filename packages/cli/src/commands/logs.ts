import {
  type LogRecord,
  logContextResponse,
  logsResponse,
  type LogsResponse,
  metricQueryResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { searchOptions } from '../arguments/global-options.ts';
import { badOption } from '../arguments/options.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCount } from '@sightline/base';
import { oneLine } from '../output/format.ts';
import { renderLogLine } from '../output/log-line.ts';
import { composeLogFilter, logFilterOptions, quoteValue } from './log-filter.ts';
import { ratesOfMetric, summarizeLogs, statisticNames } from './log-statistics.ts';
import { noteLimits, readPages } from './search.ts';
import { followSignal } from './tail.ts';

const defaultLimit = 100;
const limitMax = 100_000;

export const logsCommand: Command = {
  name: 'logs',
  summary: 'Search log lines; the newest come last.',
  positionals: '[filter]',
  positionalCount: { min: 0, max: 1 },
  options: {
    ...searchOptions,
    ...logFilterOptions,
    context: {
      type: 'string',
      short: 'C',
      value: 'count',
      about: 'Lines of the same service around each match.',
    },
    follow: { type: 'boolean', short: 'f', about: 'Keep printing new lines as they arrive.' },
    full: { type: 'boolean', about: 'Show the attributes of every line.' },
    stats: {
      type: 'string',
      value: 'functions|cache',
      about: 'Instead of lines: average time per function, or cache hit rate.',
    },
  },
  examples: [
    {
      line: 'sightline logs --correlation 6f1c2a90-7d1e-4c9a-8a55-0f6e2f3c1b77',
      about: 'all lines of one request',
    },
    { line: 'sightline logs --level error --from -15m -C 5', about: 'errors with five lines around each' },
    { line: `sightline logs 'service:web-api "timed out"' --follow`, about: 'words in the text, then live' },
    { line: 'sightline logs --stats functions --from -24h', about: 'average time per function' },
    { line: 'sightline logs --stats cache --service rag-retriever', about: 'cache hit rate' },
  ],
  run: async (invocation) => {
    const { options } = invocation;
    const statistic = options.choice('stats', statisticNames);
    const context = options.integer('context', { min: 0, max: 200 });
    if ([statistic !== undefined, context !== undefined, options.has('follow')].filter(Boolean).length > 1)
      throw badOption('--stats, --context and --follow do not go together.', 'Use one of them.');
    if (statistic !== undefined)
      return summarizeLogs(invocation, statistic, {
        logs: async () => readForStatistics(invocation),
        counted: async () => readCounted(invocation),
      });
    if (context !== undefined) return showContext(invocation, context);
    if (options.has('follow')) return followLogs(invocation);
    return listLogs(invocation);
  },
};

/** What only log lines can be asked for says nothing of metrics. */
const ofLines = ['q', 'level', 'correlation', 'trace'];

/** The metric `cache.requests` of the same range, where nothing but the service narrows it. */
async function readCounted({ client, options, output, positionals }: Invocation) {
  if (positionals.length > 0 || ofLines.some((name) => options.text(name) !== undefined)) return [];
  const service = options.text('service');
  const query = {
    name: 'cache.requests',
    aggregation: 'increase',
    groupBy: 'service,cache.name,cache.result',
    limit: 100,
    from: options.text('from'),
    to: options.text('to'),
    q: service === undefined ? undefined : `service:${quoteValue(service)}`,
  };
  try {
    const { series, limitsMet } = await client.get('metrics/query', query, metricQueryResponse);
    noteLimits(output, limitsMet);
    return ratesOfMetric(series);
  } catch (error) {
    if (error instanceof SightlineError && error.code === 'metric_not_found') return [];
    throw error;
  }
}

async function listLogs(invocation: Invocation): Promise<ExitCode> {
  const { options, output } = invocation;
  const limit = options.integer('limit', { min: 1, max: limitMax }) ?? defaultLimit;
  const { logs, ...rest } = await collectLogs(invocation, limit);
  const { nextCursor } = rest;
  if (output.json) output.document({ logs, ...rest });
  else {
    printLogs(logs.toReversed(), invocation);
    if (nextCursor !== null) output.note(output.style.dim(`${newest(logs.length)}; more with --limit.`));
  }
  if (logs.length > 0) return exitCodes.ok;
  if (!output.json) output.note('No log lines found. Widen --from, or loosen the filter.');
  return exitCodes.notFound;
}

/** The newest lines first, page by page. */
async function* readNewestLogs(
  invocation: Invocation,
  limit: number,
  onPage: (page: LogsResponse) => void = () => {},
): AsyncGenerator<readonly LogRecord[]> {
  const { client, options, output } = invocation;
  yield* readPages(limit, invocation, async (page) => {
    const response = await client.get(
      'logs',
      { ...page, from: options.text('from'), to: options.text('to'), q: composeLogFilter(invocation) },
      logsResponse,
    );
    noteLimits(output, response.limitsMet);
    onPage(response);
    return { items: response.logs, nextCursor: response.nextCursor };
  });
}

/** Every line the filter finds, or the newest and a word that there are more. */
async function readForStatistics(invocation: Invocation) {
  const { options, output } = invocation;
  const limit = options.integer('limit', { min: 1, max: limitMax }) ?? limitMax;
  const {
    logs,
    nextCursor,
    limitsMet = [],
  } = await collectLogs(invocation, limit, (count) =>
    output.status(`Reading log lines: ${formatCount(count)}`),
  );
  output.status('');
  if (nextCursor === null) return { logs, limitsMet };
  const cut = [
    { limit: 'rows', message: `${newest(limit)} ${limit === 1 ? 'was' : 'were'} read, there are more.` },
  ] as const;
  noteLimits(output, cut);
  return { logs, limitsMet: [...limitsMet, ...cut] };
}

async function collectLogs(
  invocation: Invocation,
  limit: number,
  onCount: (count: number) => void = () => {},
) {
  const logs: LogRecord[] = [];
  const rest: Pick<LogsResponse, 'nextCursor' | 'limitsMet'> = { nextCursor: null };
  const noteRest = ({ nextCursor, limitsMet }: LogsResponse): void => {
    rest.nextCursor = nextCursor;
    if (limitsMet !== undefined) rest.limitsMet = limitsMet;
  };
  for await (const page of readNewestLogs(invocation, limit, noteRest)) {
    logs.push(...page);
    onCount(logs.length);
  }
  return { logs, ...rest };
}

function printLogs(logs: readonly LogRecord[], { output, options }: Invocation): void {
  const now = new Date();
  for (const log of logs)
    output.line(renderLogLine(log, { style: output.style, now, full: options.has('full') }));
}

/** The last lines, then what arrives. The stream is opened first, so that nothing falls between; ids tell what is printed. */
async function followLogs(invocation: Invocation): Promise<ExitCode> {
  const limit = invocation.options.integer('limit', { min: 1, max: limitMax }) ?? 20;
  const printed = new Set<string>();
  return followSignal(invocation, {
    signal: 'logs',
    q: composeLogFilter(invocation),
    onOpen: async (first) => {
      if (!first) return;
      const { logs } = await collectLogs(invocation, limit);
      for (const { id } of logs) printed.add(id);
      if (invocation.output.json) for (const log of logs.toReversed()) invocation.output.jsonLine(log);
      else printLogs(logs.toReversed(), invocation);
    },
    isPrinted: (id) => printed.has(id),
  });
}

async function showContext(invocation: Invocation, count: number): Promise<ExitCode> {
  const { client, options, output } = invocation;
  const limit = options.integer('limit', { min: 1, max: 1000 }) ?? 20;
  const { logs, nextCursor } = await collectLogs(invocation, limit);
  const contexts = [];
  for (const { id } of logs.toReversed())
    contexts.push(
      await client.get(
        `logs/${encodeURIComponent(id)}/context`,
        { before: count, after: count },
        logContextResponse,
      ),
    );
  if (output.json) output.document({ contexts, nextCursor });
  const now = new Date();
  const shown = new Set<string>();
  const matches = new Set(logs.map(({ id }) => id));
  for (const context of output.json ? [] : contexts) {
    const fresh = context.logs.filter(({ id }) => !shown.has(id));
    // As grep does: a mark on what matched, a line of dashes between groups, nothing twice.
    if (shown.size > 0 && fresh.length === context.logs.length) output.line(output.style.dim('--'));
    for (const log of fresh) {
      shown.add(log.id);
      const line = renderLogLine(log, { style: output.style, now, full: options.has('full') });
      output.line(`${matches.has(log.id) ? output.style.accent('▶') : ' '} ${line}`);
    }
  }
  if (!output.json && nextCursor !== null)
    output.note(output.style.dim(`Around the newest ${logs.length} matches; more with --limit.`));
  if (logs.length > 0) return exitCodes.ok;
  if (!output.json)
    output.note(`No log lines match ${oneLine(composeLogFilter(invocation) ?? 'the range')}.`);
  return exitCodes.notFound;
}

const newest = (lines: number): string =>
  lines === 1 ? 'The newest line' : `The newest ${formatCount(lines)} lines`;
