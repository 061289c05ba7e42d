import { outlookParameters, outlookResponse } from '@sightline/schema/api';
import { listDeploys } from '../../catalog/deploys.ts';
import { readOutlook } from '../../outlook/read-outlook.ts';
import { type ApiRoute, route } from './route-table.ts';

/** What is expected of a value, and where it goes. */
export const outlookRoutes: readonly ApiRoute[] = [
  route({
    path: '/outlook',
    summary: 'What is expected of a value at each time, what is unusual about it, and where it is going.',
    tag: 'outlook',
    scope: 'read',
    query: outlookParameters,
    response: outlookResponse,
    answer: async ({ context, sources: { catalog }, query }) =>
      readOutlook(context, query, async (fromMs, toMs) =>
        listDeploys(catalog, { project: context.project, from: new Date(fromMs), to: new Date(toMs) }),
      ),
  }),
];
