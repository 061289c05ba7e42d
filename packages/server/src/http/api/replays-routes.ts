import {
  type Replay,
  replay,
  replayBatch,
  replayBatchChange,
  replayBatchesResponse,
  replayBatchRequest,
  replayBatchResponse,
  replayComparison,
  replayRecording,
  replayRequest,
  replaysParameters,
  replaysResponse,
  replayTarget,
  targetInput,
  targetName,
  targetsResponse,
  workRequest,
  workResponse,
  workResult,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import {
  cancelReplay,
  changeBatch,
  deleteTarget,
  findBatch,
  findClaimedTrace,
  findReplay,
  findTarget,
  listBatches,
  listReplays,
  listTargets,
  saveTarget,
} from '../../catalog/replays.ts';
import { compareRuns } from '../../replay/compare-runs.ts';
import { describeBatch } from '../../replay/describe-batch.ts';
import { readRecording } from '../../query/replay/read-recording.ts';
import { makeBatch, makeReplay } from '../../replay/make-replays.ts';
import { type ApiSources, route, type ApiRoute } from './route-table.ts';

const idInPath = z.object({ id: z.string().max(64) });
const nameInPath = z.object({ name: targetName });
const targetsMax = 200;

/** Runs that are run again, and what runs them. */
export const replaysRoutes: readonly ApiRoute[] = [
  route({
    path: '/replay-targets',
    summary: 'What recorded runs can be sent to again.',
    tag: 'replays',
    scope: 'read',
    response: targetsResponse,
    answer: async ({ context, sources }) => ({
      targets: [...(await listTargets(sources.catalog, context.project))],
    }),
  }),
  route({
    method: 'PUT',
    path: '/replay-targets/:name',
    summary: 'Makes or changes a target that the server asks itself.',
    tag: 'replays',
    scope: 'admin',
    params: nameInPath,
    body: targetInput.omit({ name: true }),
    response: replayTarget,
    answer: async ({ context: { project }, sources: { catalog }, params: { name }, body: { settings } }) => {
      const known = await listTargets(catalog, project);
      if (known.length >= targetsMax && !known.some((each) => each.name === name))
        throw new SightlineError('bad_request', `There are ${targetsMax} targets already.`, {
          hint: 'Delete one first.',
        });
      await saveTarget(catalog, project, { name, settings });
      const saved = await findTarget(catalog, project, name);
      if (saved === undefined) throw noTarget(name);
      return saved;
    },
  }),
  route({
    method: 'DELETE',
    path: '/replay-targets/:name',
    summary: 'Deletes a target. Its replays stay.',
    tag: 'replays',
    scope: 'admin',
    params: nameInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context, sources, params: { name } }) => {
      if (!(await deleteTarget(sources.catalog, context.project, name))) throw noTarget(name);
      return { deleted: name };
    },
  }),
  route({
    method: 'POST',
    path: '/replay-targets/:name/work',
    summary: 'A program that offers the target says that it lives, and waits for replays to run.',
    tag: 'replays',
    scope: 'write',
    params: nameInPath,
    body: workRequest,
    response: workResponse,
    answer: ({ context: { project, signal }, sources, params, body }) =>
      sources.replays.giveWork(project, params.name, body, signal),
  }),
  route({
    path: '/replay-claims/:claim/recording',
    summary: 'The run that a claim repeats, for the program that was given the claim.',
    tag: 'replays',
    scope: 'write',
    params: z.object({ claim: z.string().max(64) }),
    response: replayRecording,
    answer: async ({ context, sources, params: { claim } }) => {
      const traceId = await findClaimedTrace(sources.catalog, context.project, claim);
      if (traceId === undefined)
        throw new SightlineError('not_found', `No replay runs under the claim ${JSON.stringify(claim)}.`, {
          hint: 'A claim comes with the work that a program is given, and ends with its result.',
        });
      return readRecording(context, traceId);
    },
  }),
  route({
    method: 'POST',
    path: '/replay-results',
    summary: 'What became of a replay that a program was given.',
    tag: 'replays',
    scope: 'write',
    body: workResult,
    response: z.object({ taken: z.boolean().describe('false: nobody waits for it, or it was told before.') }),
    answer: async ({ sources, body }) => ({ taken: await sources.replays.takeResult(body) }),
  }),
  route({
    method: 'POST',
    path: '/replays',
    summary: 'Runs a recorded run again.',
    tag: 'replays',
    scope: 'write',
    body: replayRequest,
    response: replay,
    answer: async ({ context, sources, body }) => {
      const made = await makeReplay({ catalog: sources.catalog, context }, body);
      sources.replays.changed();
      return made;
    },
  }),
  route({
    path: '/replays',
    summary: 'Replays, the newest first.',
    tag: 'replays',
    scope: 'read',
    query: replaysParameters,
    response: replaysResponse,
    answer: async ({ context, sources, query }) => ({
      replays: [...(await listReplays(sources.catalog, context.project, query))],
    }),
  }),
  route({
    path: '/replays/:id',
    summary: 'One replay.',
    tag: 'replays',
    scope: 'read',
    params: idInPath,
    response: replay,
    answer: ({ context, sources, params }) => get(sources, context.project, params.id),
  }),
  route({
    path: '/replays/:id/comparison',
    summary: 'A replay beside the run it repeats: answer, steps, time, tokens, cost, errors, scores.',
    tag: 'replays',
    scope: 'read',
    params: idInPath,
    response: replayComparison,
    answer: async ({ context, sources, params }) =>
      compareRuns(context, await get(sources, context.project, params.id)),
  }),
  route({
    method: 'POST',
    path: '/replays/:id/cancel',
    summary: 'Ends a replay that waits or runs.',
    tag: 'replays',
    scope: 'write',
    params: idInPath,
    response: replay,
    answer: async ({ context: { project }, sources, params }) => {
      await get(sources, project, params.id);
      await cancelReplay(sources.catalog, project, params.id);
      sources.replays.changed();
      return get(sources, project, params.id);
    },
  }),
  route({
    method: 'POST',
    path: '/replay-batches',
    summary: 'Runs many recorded runs again: those that a filter finds.',
    tag: 'replays',
    scope: 'write',
    body: replayBatchRequest,
    response: replayBatch,
    answer: async ({ context, sources, body }) => {
      const id = await makeBatch({ catalog: sources.catalog, context }, body);
      sources.replays.changed();
      return getBatch(sources, context.project, id);
    },
  }),
  route({
    path: '/replay-batches',
    summary: 'Bulk replays, the newest first.',
    tag: 'replays',
    scope: 'read',
    response: replayBatchesResponse,
    answer: async ({ context, sources }) => ({
      batches: [...(await listBatches(sources.catalog, context.project))],
    }),
  }),
  route({
    path: '/replay-batches/:id',
    summary: 'One bulk replay: how it stands, its gate, and its replays with regressions first.',
    tag: 'replays',
    scope: 'read',
    params: idInPath,
    response: replayBatchResponse,
    answer: async ({ context, sources, params }) =>
      describeBatch(
        { catalog: sources.catalog, context },
        await getBatch(sources, context.project, params.id),
      ),
  }),
  route({
    path: '/replay-batches/:id/state',
    summary: 'How far a bulk replay is.',
    tag: 'replays',
    scope: 'read',
    params: idInPath,
    response: replayBatch,
    answer: ({ context, sources, params }) => getBatch(sources, context.project, params.id),
  }),
  route({
    method: 'PUT',
    path: '/replay-batches/:id/state',
    summary: 'Pauses, continues or ends a bulk replay.',
    tag: 'replays',
    scope: 'write',
    params: idInPath,
    body: replayBatchChange,
    response: replayBatch,
    answer: async ({ context: { project }, sources, params, body }) => {
      await getBatch(sources, project, params.id);
      await changeBatch(sources.catalog, project, params.id, body.state);
      sources.replays.changed();
      return getBatch(sources, project, params.id);
    },
  }),
];

async function get({ catalog }: ApiSources, project: string, id: string): Promise<Replay> {
  const found = await findReplay(catalog, project, id);
  if (found !== undefined) return found;
  throw new SightlineError('not_found', `There is no replay ${JSON.stringify(id)}.`, {
    hint: 'Replays are listed at /api/v1/replays.',
  });
}

async function getBatch({ catalog }: ApiSources, project: string, id: string) {
  const found = await findBatch(catalog, project, id);
  if (found !== undefined) return found;
  throw new SightlineError('not_found', `There is no bulk replay ${JSON.stringify(id)}.`, {
    hint: 'Bulk replays are listed at /api/v1/replay-batches.',
  });
}

function noTarget(name: string): SightlineError {
  return new SightlineError('not_found', `There is no target ${JSON.stringify(name)}.`, {
    hint: 'Targets are listed at /api/v1/replay-targets.',
  });
}
