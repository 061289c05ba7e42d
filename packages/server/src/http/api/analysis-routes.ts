import {
  type CompareParameters,
  compareParameters,
  compareResponse,
  criticalPathParameters,
  criticalPathResponse,
  serviceMapParameters,
  serviceMapResponse,
  stagesParameters,
  stagesResponse,
  traceCriticalPathResponse,
} from '@sightline/schema/api';
import { z } from 'zod';
import { SightlineError } from '@sightline/schema/errors';
import { findBatch, listReplays } from '../../catalog/replays.ts';
import { readCriticalPaths } from '../../query/analysis/read-critical-paths.ts';
import { readServiceMap } from '../../query/analysis/read-service-map.ts';
import { readStages } from '../../query/analysis/read-stages.ts';
import { readTraceCriticalPath } from '../../query/analysis/read-critical-path.ts';
import { readComparison } from '../../query/analysis/read-comparison.ts';
import { type ApiRoute, type ApiSources, route } from './route-table.ts';

/** Where the time of many traces goes, and what tells some of them from others. */
export const analysisRoutes: readonly ApiRoute[] = [
  route({
    path: '/compare',
    summary: 'Two selections of traces: how they did, where their time went, and what tells them apart.',
    tag: 'analysis',
    scope: 'read',
    share: 'search',
    query: compareParameters,
    response: compareResponse,
    answer: async ({ context, sources, query }) =>
      readComparison(
        context,
        query.replay === undefined
          ? query
          : { ...query, ...(await sidesOfReplay(sources, context.project, query)) },
      ),
  }),
  route({
    path: '/critical-path',
    summary:
      'Where the time of many traces goes, by step and by who calls what, and what faster steps would save.',
    tag: 'analysis',
    scope: 'read',
    share: 'search',
    query: criticalPathParameters,
    response: criticalPathResponse,
    answer: ({ context, query }) => readCriticalPaths(context, query),
  }),
  route({
    path: '/traces/:traceId/critical-path',
    summary: 'Which spans decide when a trace ends, with the own time and the slack of each.',
    tag: 'analysis',
    scope: 'read',
    params: z.object({ traceId: z.string().describe('32 hex digits.') }),
    query: z.object({}),
    response: traceCriticalPathResponse,
    answer: ({ context, params }) => readTraceCriticalPath(context, params.traceId),
  }),
  route({
    path: '/service-map',
    summary:
      'Services, databases, queues, models, MCP servers and hosts, who calls whom, and how that does against the time before.',
    tag: 'analysis',
    scope: 'read',
    query: serviceMapParameters,
    response: serviceMapResponse,
    answer: ({ context, query }) => readServiceMap(context, query),
  }),
  route({
    path: '/stages',
    summary:
      'How each stage of the work did: count, average, quantiles and success rate, by version or deployment.',
    tag: 'analysis',
    scope: 'read',
    share: 'search',
    query: stagesParameters,
    response: stagesResponse,
    answer: ({ context, query }) => readStages(context, query),
  }),
];

/** More replays than these are in no bulk replay. */
const replaysMax = 1_000;

/** The new runs of a bulk replay, and those that they were made from. A run that was not replayed is on neither side. */
async function sidesOfReplay(
  { catalog }: ApiSources,
  project: string,
  { replay = '', ...others }: CompareParameters,
): Promise<Pick<CompareParameters, 'aTraces' | 'bTraces'>> {
  const other = (
    ['a', 'b', 'aFrom', 'aTo', 'bFrom', 'bTo', 'aTraces', 'bTraces', 'aPrompt', 'bPrompt'] as const
  ).find((name) => others[name] !== undefined);
  if (other !== undefined)
    throw new SightlineError(
      'bad_request',
      `"replay" already says what both sides are, and "${other}" says it again.`,
      {
        hint: `Leave "${other}" or "replay" away.`,
      },
    );
  if ((await findBatch(catalog, project, replay)) === undefined)
    throw new SightlineError('not_found', `There is no bulk replay ${JSON.stringify(replay)}.`, {
      hint: 'Bulk replays are listed at /api/v1/replay-batches.',
    });
  const replays = await listReplays(catalog, project, { batchId: replay, limit: replaysMax });
  const made = replays.flatMap(({ traceId, sourceTraceId }) =>
    traceId === null ? [] : [{ traceId, sourceTraceId }],
  );
  if (made.length === 0)
    throw new SightlineError('not_found', 'No run of this bulk replay has been made yet.', {
      hint: 'Look again when a run of it has ended: /api/v1/replay-batches/:id says how far it is.',
    });
  return {
    aTraces: made.map(({ traceId }) => traceId).join(','),
    bTraces: made.map(({ sourceTraceId }) => sourceTraceId).join(','),
  };
}
