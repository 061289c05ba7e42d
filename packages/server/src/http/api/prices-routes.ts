import {
  historyJob,
  historyRequest,
  type priceOverride,
  priceSettings,
  unpricedModelsParameters,
  unpricedModelsResponse,
} from '@sightline/schema/api';
import type { PriceOverride } from '@sightline/schema/conventions';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import { findUnpricedModels } from '../../query/find-unpriced.ts';
import { readRange } from '../../query/time-range.ts';
import { type ApiRoute, type ApiSources, type Asked, route } from './route-table.ts';

/** What calls cost: a project's own prices, models without a price, and reworking what is stored. */
export const pricesRoutes: readonly ApiRoute[] = [
  route({
    path: '/settings/prices',
    summary: "The project's own prices, before those of the catalogue.",
    tag: 'settings',
    scope: 'read',
    response: priceSettings,
    answer: ({ context, sources }) => settingsOf(sources, context.project),
  }),
  route({
    method: 'PUT',
    path: '/settings/prices',
    summary: "Replaces the project's own prices. Calls that arrive from now on are priced by them.",
    tag: 'settings',
    scope: 'admin',
    body: priceSettings,
    response: priceSettings,
    answer: async ({ context, sources, body }) => {
      await sources.prices.changeOverrides(context.project, body.overrides.map(overrideOf));
      return settingsOf(sources, context.project);
    },
  }),
  route({
    path: '/models/unpriced',
    summary: 'Models that were called and have no price, those with most tokens first, and why.',
    tag: 'agents',
    scope: 'read',
    query: unpricedModelsParameters,
    response: unpricedModelsResponse,
    answer: ({ context, sources, query }) =>
      findUnpricedModels(context, query, sources.prices.bookOf(context.project)),
  }),
  route({
    method: 'POST',
    path: '/reprice',
    summary: 'Computes the cost of stored calls by the prices of now. Answers at once; see /history-jobs.',
    tag: 'settings',
    scope: 'admin',
    body: historyRequest,
    response: historyJob,
    answer: (asked) => startJob('reprice', asked),
  }),
  route({
    method: 'POST',
    path: '/rederive',
    summary:
      'Applies the conventions of now to stored spans and logs. Answers at once; what arrives meanwhile waits in the journal.',
    tag: 'settings',
    scope: 'admin',
    body: historyRequest,
    response: historyJob,
    answer: (asked) => startJob('rederive', asked),
  }),
  route({
    path: '/history-jobs/:id',
    summary: 'How far a rework of what is stored has come.',
    tag: 'settings',
    scope: 'read',
    params: z.object({ id: z.string().max(64) }),
    response: historyJob,
    answer: ({ context, sources, params }) => {
      const job = sources.history.find(context.project, params.id);
      if (job !== undefined) return job;
      throw new SightlineError('not_found', `No rework has the id "${params.id}".`, {
        hint: 'Reworks are remembered until the server stops. Doing one again is safe.',
      });
    },
  }),
];

function startJob(
  kind: 'reprice' | 'rederive',
  { context, sources, body }: Asked<unknown, unknown, z.output<typeof historyRequest>>,
) {
  const { from, to } = readRange(body, context.clock);
  return sources.history.start(kind, { project: context.project, from, to });
}

function settingsOf(sources: ApiSources, project: string): z.input<typeof priceSettings> {
  return { overrides: sources.prices.overridesOf(project).map((each) => ({ ...each })) };
}

/** Without the properties that were not given, which the schema leaves undefined. */
function overrideOf(given: z.output<typeof priceOverride>): PriceOverride {
  const { model, input, output, ...rest } = given;
  const present = Object.entries(rest).filter(([, value]) => value !== undefined && value !== '');
  return { model, input, output, ...Object.fromEntries(present) };
}
