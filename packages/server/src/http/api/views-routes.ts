import { view, viewInput, viewsParameters, viewsResponse } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import { deleteView, listViews, saveView, viewsMax } from '../../catalog/saved-views.ts';
import { type ApiRoute, route } from './route-table.ts';

const tag = 'views';

/** Lists as somebody wants to see them again. */
export const viewsRoutes: readonly ApiRoute[] = [
  route({
    path: '/views',
    summary: 'The saved views of lists: those of the project, and those of one owner.',
    tag,
    scope: 'read',
    query: viewsParameters,
    response: viewsResponse,
    answer: async ({ context, sources, query }) => ({
      views: await listViews(sources.catalog, context.project, query.owner),
    }),
  }),
  route({
    method: 'POST',
    path: '/views',
    summary: 'Saves a view, over one of the same page, owner and name.',
    tag,
    scope: 'write',
    body: viewInput,
    response: view,
    answer: async ({ context, sources, body }) => {
      const saved = await saveView(sources.catalog, context.project, body);
      if (saved === undefined)
        throw new SightlineError('bad_request', `There are ${viewsMax} views already.`, {
          hint: 'Delete one first.',
        });
      return saved;
    },
  }),
  route({
    method: 'DELETE',
    path: '/views/:id',
    summary: 'Deletes a view.',
    tag,
    scope: 'write',
    params: z.object({ id: z.string().max(64) }),
    response: z.object({ deleted: z.string() }),
    answer: async ({ context: { project }, sources, params: { id } }) => {
      if (!(await deleteView(sources.catalog, { project, id })))
        throw new SightlineError('not_found', `There is no view "${id}".`, {
          hint: 'GET /api/v1/views lists them.',
        });
      return { deleted: id };
    },
  }),
];
