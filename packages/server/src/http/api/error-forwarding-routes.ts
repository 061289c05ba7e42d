import {
  type ErrorForwarding,
  errorForwarding,
  errorForwardingInput,
  errorForwardingTest,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import { deleteErrorForward, findErrorForward, keepErrorForward } from '../../catalog/error-forwards.ts';
import { timeOf } from '../../checks/describe-checks.ts';
import { sendTestError } from '../../forwarding/send-test-error.ts';
import { maskDsn, readDsn } from '../../forwarding/sentry-dsn.ts';
import { findUrlProblem, type Reach } from '../../outbound/reach.ts';
import { type ApiRoute, route } from './route-table.ts';

const path = '/errors/forwarding';

/** To which Sentry the errors of the project are sent on. */
export const errorForwardingRoutes: readonly ApiRoute[] = [
  route({
    path,
    summary: 'To which Sentry errors are sent on, without its key, and how that goes.',
    tag: 'errors',
    scope: 'read',
    response: errorForwarding,
    answer: async ({ context, sources: { catalog } }) => describe(catalog, context.project),
  }),
  route({
    method: 'PUT',
    path,
    summary: 'Sends errors that are stored from now on to a Sentry.',
    tag: 'errors',
    scope: 'admin',
    body: errorForwardingInput,
    response: errorForwarding,
    answer: async ({ context, sources: { catalog, channels }, body: { dsn: given, isActive } }) => {
      const { project, clock } = context;
      const stored = await findErrorForward(catalog, project);
      const dsn = stored !== undefined && given === maskDsn(stored.dsn) ? stored.dsn : given;
      checkDsn(dsn, channels.reach);
      await keepErrorForward(catalog, { project, dsn, isActive }, Number(clock.now() / 1_000_000n));
      return describe(catalog, project);
    },
  }),
  route({
    method: 'DELETE',
    path,
    summary: 'Sends errors nowhere any more, and forgets the DSN.',
    tag: 'errors',
    scope: 'admin',
    response: z.object({ deleted: z.boolean() }),
    answer: async ({ context, sources: { catalog } }) => ({
      deleted: await deleteErrorForward(catalog, context.project),
    }),
  }),
  route({
    method: 'POST',
    path: `${path}/test`,
    summary: 'Sends an error made for this, and says what the receiver answered.',
    tag: 'errors',
    scope: 'admin',
    body: z.strictObject({}),
    response: errorForwardingTest,
    answer: async ({ context, sources: { catalog, channels } }) => {
      const stored = await findErrorForward(catalog, context.project);
      if (stored === undefined)
        throw new SightlineError('not_found', 'Errors of this project are sent nowhere.', {
          hint: `Give a DSN first: PUT /api/v1${path}.`,
        });
      return sendTestError(stored.dsn, { reach: channels.reach, now: context.clock.now() });
    },
  }),
];

async function describe(db: SqlRunner, project: string): Promise<ErrorForwarding> {
  const stored = await findErrorForward(db, project);
  if (stored === undefined)
    return {
      dsn: null,
      isActive: false,
      sent: 0,
      refused: 0,
      skipped: 0,
      lastSentAt: null,
      failure: null,
      retryAt: null,
    };
  const { dsn, isActive, sent, refused, skipped, lastSentAt, failure, retryAt } = stored;
  return {
    dsn: maskDsn(dsn),
    isActive,
    sent,
    refused,
    skipped,
    lastSentAt: lastSentAt === null ? null : timeOf(lastSentAt),
    failure,
    retryAt: retryAt === null ? null : timeOf(retryAt),
  };
}

function checkDsn(dsn: string, reach: Reach): void {
  const hint =
    'It is https://<key>@<host>/<project>, as Sentry shows it under Client Keys. See docs/errors-by-cause.md.';
  const read = readDsn(dsn);
  if (read === undefined) throw new SightlineError('bad_request', 'The DSN cannot be read.', { hint });
  const problem = findUrlProblem(read.envelopeUrl, reach);
  if (problem !== undefined)
    throw new SightlineError('bad_request', `Errors cannot be sent there: the address ${problem}.`, {
      hint: 'Networks that are not public are allowed with --channel-network.',
    });
}
