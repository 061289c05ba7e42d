import {
  checkSloRequest,
  checkSloResponse,
  exportSlosResponse,
  importSlosRequest,
  importSlosResponse,
  type Slo,
  slo,
  sloHistoryResponse,
  sloInput,
  slosParameters,
  slosResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { msFromNanos } from '@sightline/base';
import { z } from 'zod';
import { addSlo, removeSlo, replaceSlo } from '../../alerts/slos/change-slo.ts';
import { assertSloCounts, checkSlo } from '../../alerts/slos/check-slo.ts';
import { describeSlos, readSloHistory, readSlos } from '../../alerts/slos/describe-slos.ts';
import { exportSlos, importSlos } from '../../alerts/slos/files/import-slos.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import { findSlo, listSlos, type StoredSlo } from '../../catalog/slos.ts';
import type { QueryContext } from '../../query/reader.ts';
import { readMoment } from '../../query/time-range.ts';
import { type ApiRoute, route } from './route-table.ts';

const idInPath = z.object({ id: z.string().max(64) });
const tag = 'slos';

/** Service level objectives: what share is to be good, and how much of the error budget is left. */
export const slosRoutes: readonly ApiRoute[] = [
  route({
    path: '/slos',
    summary: 'The SLOs of the project, with what is left of their budgets and how fast it is spent.',
    tag,
    scope: 'read',
    query: slosParameters,
    response: slosResponse,
    answer: async ({ context, sources: { catalog }, query: { at } }) => ({
      slos: await readSlos(context, catalog, readMoment('at', at, context.clock)),
    }),
  }),
  route({
    method: 'POST',
    path: '/slos',
    summary: 'Makes an SLO and its rules of burn rates. The last day is counted at once.',
    tag,
    scope: 'admin',
    body: sloInput,
    response: slo,
    answer: async ({ context, sources: { catalog, slos }, body }) => {
      await assertSloCounts(context, body);
      const made = await catalog.transaction(async (tx) => addSlo(tx, context.project, body));
      await slos.changed(context.project);
      return described(catalog, context, made.id);
    },
  }),
  route({
    method: 'POST',
    path: '/slos/check',
    summary: 'What an SLO that is being written would have counted in the last hours. Nothing is kept.',
    tag,
    scope: 'read',
    body: checkSloRequest,
    response: checkSloResponse,
    share: 'search',
    answer: async ({ context, body }) => checkSlo(context, body.slo),
  }),
  route({
    path: '/slos/export',
    summary: 'The SLOs as a file.',
    tag,
    scope: 'read',
    response: exportSlosResponse,
    answer: async ({ context, sources: { catalog } }) => ({
      text: exportSlos((await listSlos(catalog, context.project)).map((stored) => stored.slo)),
    }),
  }),
  route({
    method: 'POST',
    path: '/slos/import',
    summary: 'Takes SLOs from a file, ours, of OpenSLO or of Sloth; or says what that would change.',
    tag,
    scope: 'admin',
    body: importSlosRequest,
    response: importSlosResponse,
    answer: async ({ context, sources: { catalog, slos }, body }) => {
      const answer = await catalog.transaction(async (tx) => importSlos({ ...context, catalog: tx }, body));
      if (answer.applied) await slos.changed(context.project);
      return answer;
    },
  }),
  route({
    path: '/slos/:id',
    summary: 'One SLO.',
    tag,
    scope: 'read',
    params: idInPath,
    response: slo,
    answer: async ({ context, sources: { catalog }, params }) => described(catalog, context, params.id),
  }),
  route({
    method: 'PUT',
    path: '/slos/:id',
    summary: 'Changes an SLO, whole, and its rules with it. What counts something else is counted anew.',
    tag,
    scope: 'admin',
    params: idInPath,
    body: sloInput,
    response: slo,
    answer: async ({ context, sources: { catalog, slos }, params, body }) => {
      await assertSloCounts(context, body);
      await catalog.transaction(async (tx) => replaceSlo(tx, await get(tx, context, params.id), body));
      await slos.changed(context.project);
      return described(catalog, context, params.id);
    },
  }),
  route({
    method: 'DELETE',
    path: '/slos/:id',
    summary: 'Deletes an SLO with what was counted and its rules. What they fired is over.',
    tag,
    scope: 'admin',
    params: idInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context, sources: { catalog }, params }) => {
      await catalog.transaction(async (tx) => removeSlo(tx, await get(tx, context, params.id)));
      return { deleted: params.id };
    },
  }),
  route({
    path: '/slos/:id/history',
    summary: 'How the budget was spent over the window of the SLO, and what spent it.',
    tag,
    scope: 'read',
    params: idInPath,
    response: sloHistoryResponse,
    answer: async ({ context, sources: { catalog }, params }) =>
      readSloHistory(catalog, await get(catalog, context, params.id), nowOf(context)),
  }),
];

const nowOf = ({ clock }: QueryContext): number => msFromNanos(clock.now());

async function get(db: SqlRunner, { project }: QueryContext, id: string): Promise<StoredSlo> {
  const found = await findSlo(db, { project, id });
  if (found === undefined)
    throw new SightlineError('not_found', `There is no SLO ${JSON.stringify(id)}.`, {
      hint: 'The SLOs are listed at /api/v1/slos.',
    });
  return found;
}

async function described(db: SqlRunner, context: QueryContext, id: string): Promise<Slo> {
  const stored = await get(db, context, id);
  const [one] = await describeSlos(db, [stored], { nowMs: nowOf(context) });
  if (one === undefined)
    throw new SightlineError('not_found', `There is no SLO "${id}".`, {
      hint: 'GET /api/v1/slos lists them.',
    });
  return one;
}
