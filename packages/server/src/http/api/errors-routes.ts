import {
  errorMergeRequest,
  errorMoved,
  errorParameters,
  errorResponse,
  errorSplitRequest,
  errorsParameters,
  errorsResponse,
  errorStateRequest,
  errorUnmergeRequest,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import {
  changeErrorState,
  errorMovesMax,
  listErrorMoves,
  listErrorStates,
  mergeErrorGroups,
  splitErrorGroup,
  unmergeErrorGroup,
} from '../../catalog/error-groups.ts';
import { findErrors } from '../../query/errors/find-errors.ts';
import { type ErrorDecisions, groupOfId } from '../../query/errors/grouped-errors.ts';
import { assertGroups, assertParts } from '../../query/errors/known-errors.ts';
import { errorNotFound, readError } from '../../query/errors/read-error.ts';
import { readErrorVersions } from '../../query/errors/read-error-versions.ts';
import { stacksBySourceMap } from '../../query/errors/source-maps/stacks-by-source-map.ts';
import { sourceMapShelf } from '../../catalog/source-maps.ts';
import { type ApiRoute, route } from './route-table.ts';

const idInPath = z.object({
  id: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'expected 16 hex digits')
    .describe('`id` of a group.'),
});

/** What went wrong, by cause: `query/errors` reads it, `catalog/error-groups.ts` keeps what people decided. */
export const errorsRoutes: readonly ApiRoute[] = [
  route({
    path: '/errors',
    summary: 'Groups of errors of spans and logs, with how they stand.',
    tag: 'errors',
    scope: 'read',
    query: errorsParameters,
    response: errorsResponse,
    answer: async ({ context, sources: { catalog }, query }) =>
      findErrors(context, await readDecisions(catalog, context.project), query),
  }),
  route({
    path: '/errors/:id',
    summary: 'One group of errors: counts over time, whom it meets, its stack, and the newest occurrences.',
    tag: 'errors',
    scope: 'read',
    params: idInPath,
    query: errorParameters,
    response: errorResponse,
    answer: async ({ context, sources: { catalog }, params, query }) =>
      readError(
        context,
        {
          decisions: await readDecisions(catalog, context.project),
          stacks: stacksBySourceMap(sourceMapShelf(catalog, context.project)),
        },
        { ...params, ...query },
      ),
  }),
  route({
    method: 'POST',
    path: '/errors/:id/state',
    summary: 'Resolves, ignores, reopens or assigns a group.',
    tag: 'errors',
    scope: 'write',
    params: idInPath,
    body: errorStateRequest,
    response: errorMoved,
    answer: async ({ context, sources: { catalog }, params, body }) => {
      const { project } = context;
      const decisions = await readDecisions(catalog, project);
      const id = groupOfId(decisions, params.id);
      const { status, inNextVersion, ignoredUntil, assignee, by } = body;
      const versions = await readErrorVersions(context, { decisions, id });
      if (versions === undefined) throw errorNotFound(params.id);
      await changeErrorState(catalog, {
        project,
        id,
        by: by ?? null,
        assignee: assignee === '' ? null : assignee,
        state: status && {
          status,
          knownVersions: status === 'resolved' && inNextVersion ? versions : null,
          ignoredUntil: status === 'ignored' ? ignoredUntil : null,
        },
      });
      return { id };
    },
  }),
  route({
    method: 'POST',
    path: '/errors/merge',
    summary: 'Puts groups into another: their errors, those to come as well, count there.',
    tag: 'errors',
    scope: 'write',
    body: errorMergeRequest,
    response: errorMoved,
    answer: async ({ context, sources: { catalog }, body }) => {
      const { project } = context;
      const decisions = await readDecisions(catalog, project);
      const into = groupOfId(decisions, body.into);
      const groups = body.groups.map((group) => groupOfId(decisions, group));
      await assertGroups(context, { decisions, ids: [into, ...groups] });
      if (!(await mergeErrorGroups(catalog, { project, into, groups }))) throw tooManyMoves();
      return { id: into };
    },
  }),
  route({
    method: 'POST',
    path: '/errors/:id/unmerge',
    summary:
      'Takes out of a group what was put into it: it stands alone then. A part that stands alone goes back to its group.',
    tag: 'errors',
    scope: 'write',
    params: idInPath,
    body: errorUnmergeRequest,
    response: errorMoved,
    answer: async ({ context: { project }, sources: { catalog }, params, body }) => {
      if (!(await unmergeErrorGroup(catalog, { project, group: params.id, part: body.group })))
        throw errorNotFound(body.group);
      return { id: body.group };
    },
  }),
  route({
    method: 'POST',
    path: '/errors/:id/split',
    summary: 'Makes parts of a group a group of their own.',
    tag: 'errors',
    scope: 'write',
    params: idInPath,
    body: errorSplitRequest,
    response: errorMoved,
    answer: async ({ context, sources: { catalog }, params, body }) => {
      const { project } = context;
      const decisions = await readDecisions(catalog, project);
      await assertParts(context, { decisions, group: groupOfId(decisions, params.id), ids: body.parts });
      const id = await splitErrorGroup(catalog, { project, parts: body.parts });
      if (id === undefined) throw tooManyMoves();
      return { id };
    },
  }),
];

export async function readDecisions(db: SqlRunner, project: string): Promise<ErrorDecisions> {
  const [moves, states] = await Promise.all([listErrorMoves(db, project), listErrorStates(db, project)]);
  return { moves, states: new Map(states.map((state) => [state.id, state])) };
}

function tooManyMoves(): SightlineError {
  return new SightlineError('bad_request', `Groups were merged and split ${errorMovesMax} times already.`, {
    hint: 'Take some of it back first: POST /api/v1/errors/{id}/unmerge.',
  });
}
