import {
  type Baseline,
  baseline,
  baselineInput,
  type Deploy,
  deploy,
  deployInput,
  deploysParameters,
  deploysResponse,
  judgeParameters,
  regressionLook,
  type RegressionLook,
  regressionsResponse,
} from '@sightline/schema/api';
import { formatNanos, nanosFromMs } from '@sightline/base';
import { SightlineError } from '@sightline/schema/errors';
import { parseTime } from '@sightline/schema/filter';
import { z } from 'zod';
import {
  deleteBaseline,
  findBaseline,
  listBaselines,
  saveBaseline,
  type StoredBaseline,
} from '../../catalog/baselines.ts';
import {
  findDeploy,
  listDeploys,
  listLooks,
  reportDeploy,
  type StoredDeploy,
} from '../../catalog/deploys.ts';
import { readRange } from '../../query/time-range.ts';
import { nextLookOf } from '../../regressions/deploy-keeper.ts';
import { freezeCells, type FrozenCell, judgeDeploy } from '../../regressions/judge-deploy.ts';
import { lowerIsBetter } from '../../regressions/score-directions.ts';
import { type ApiRoute, route } from './route-table.ts';

const nameInPath = z.object({ name: z.string().max(100) });

/** Versions that began to run, and what they changed. */
export const regressionsRoutes: readonly ApiRoute[] = [
  route({
    path: '/deploys',
    summary: 'Versions that began to run: seen by their first spans, or said.',
    tag: 'regressions',
    scope: 'read',
    query: deploysParameters,
    response: deploysResponse,
    answer: async ({ context, sources: { catalog }, query }) => {
      const { service, ...range } = query;
      const found = await listDeploys(catalog, {
        project: context.project,
        service,
        ...datesOf(readRange(range, context.clock)),
      });
      return { deploys: found.map(describe) };
    },
  }),
  route({
    method: 'POST',
    path: '/deploys',
    summary: 'Says that a version begins to run. It is judged 15, 60 and 240 minutes later.',
    tag: 'regressions',
    scope: 'ingest',
    body: deployInput,
    response: deploy,
    answer: async ({ context, sources: { catalog }, body }) => {
      const now = context.clock.now();
      const time = body.time === undefined ? now : parseTime(body.time, now);
      if (time === undefined || time > now + 86_400_000_000_000n)
        throw new SightlineError(
          'bad_request',
          `"time" is not a time of the past or the next day: "${body.time}".`,
          {
            hint: 'Use RFC 3339, such as 2026-11-21T10:00:00Z, or leave it out.',
          },
        );
      const stored = await reportDeploy(catalog, context.project, {
        ...body,
        time: new Date(Number(time / 1_000_000n)),
      });
      return describe(stored);
    },
  }),
  route({
    path: '/regressions',
    summary: 'What each deploy changed, by the looks at 15, 60 and 240 minutes.',
    tag: 'regressions',
    scope: 'read',
    query: deploysParameters,
    response: regressionsResponse,
    answer: async ({ context, sources: { catalog }, query }) => {
      const { service, ...range } = query;
      const found = await listDeploys(catalog, {
        project: context.project,
        service,
        ...datesOf(readRange(range, context.clock)),
      });
      const looks = await listLooks<RegressionLook>(
        catalog,
        found.map(({ id }) => id),
      );
      const nowMs = Number(context.clock.now() / 1_000_000n);
      return {
        deploys: found.map((each) => {
          const next = nextLookOf(each, nowMs);
          return {
            ...describe(each),
            looks: (looks.get(each.id) ?? []).map(({ answer }) => answer),
            nextLook: next === undefined ? null : formatNanos(next),
          };
        }),
      };
    },
  }),
  route({
    path: '/regressions/now',
    summary:
      'Compares a version with what ran before or beside it, or with a baseline, by the minutes there are now. Asked again and again it finds something by chance: the looks do not.',
    tag: 'regressions',
    scope: 'read',
    query: judgeParameters,
    response: regressionLook,
    answer: async ({ context, sources: { catalog }, query }) => {
      if (query.against === 'last_week' && (query.baseline !== undefined || query.before !== undefined))
        throw new SightlineError(
          'bad_request',
          '"against=last_week" goes with neither "before" nor "baseline".',
          { hint: 'Name one thing to compare with.' },
        );
      const judged = await deployOf(query, context.project, catalog);
      const frozen =
        query.baseline === undefined
          ? undefined
          : await findBaseline<FrozenCell>(catalog, { project: context.project, name: query.baseline });
      if (query.baseline !== undefined && frozen === undefined) throw noBaseline(query.baseline);
      const nowMs = Number(context.clock.now() / 1_000_000n);
      const minutes = Math.max(1, Math.min(240, Math.floor((nowMs - judged.time.getTime()) / 60_000)));
      return judgeDeploy(context, {
        deploy: judged,
        minutes,
        beside: query.before,
        baseline: frozen,
        isLastWeek: query.against === 'last_week',
        isLowerBetter: await lowerIsBetter(catalog, context.project),
      });
    },
  }),
  route({
    path: '/baselines',
    summary: 'How services were in times that were kept, beyond their telemetry.',
    tag: 'regressions',
    scope: 'read',
    response: z.object({ baselines: z.array(baseline) }),
    answer: async ({ context, sources: { catalog } }) => ({
      baselines: (await listBaselines(catalog, context.project)).map(describeBaseline),
    }),
  }),
  route({
    method: 'POST',
    path: '/baselines',
    summary: 'Keeps how a service was in a time of up to 240 minutes, to compare versions with it.',
    tag: 'regressions',
    scope: 'admin',
    body: baselineInput,
    response: baseline,
    answer: async ({ context, sources: { catalog }, body }) => {
      const { from, to } = datesOf(readRange(body, context.clock));
      if (to.getTime() - from.getTime() > 240 * 60_000)
        throw new SightlineError('bad_time_range', 'A baseline is of 240 minutes at most.', {
          hint: 'Choose a shorter time, such as from=-4h.',
        });
      const { service, name } = body;
      const cells = await freezeCells(context, { service, fromMs: from.getTime(), toMs: to.getTime() });
      if (cells.length === 0)
        throw new SightlineError(
          'bad_request',
          `There are no spans of service ${JSON.stringify(service)} in this time.`,
          {
            hint: 'Services are listed at /api/v1/services.',
          },
        );
      return describeBaseline(
        await saveBaseline(catalog, { project: context.project, name, service, from, to, cells }),
      );
    },
  }),
  route({
    method: 'DELETE',
    path: '/baselines/:name',
    summary: 'Deletes a baseline.',
    tag: 'regressions',
    scope: 'admin',
    params: nameInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context, sources: { catalog }, params: { name } }) => {
      if (!(await deleteBaseline(catalog, { project: context.project, name }))) throw noBaseline(name);
      return { deleted: name };
    },
  }),
];

async function deployOf(
  { id, service, after }: z.output<typeof judgeParameters>,
  project: string,
  catalog: Parameters<typeof findDeploy>[0],
): Promise<StoredDeploy> {
  const found =
    id === undefined
      ? (
          await listDeploys(catalog, { project, service, from: new Date(0), to: new Date('9999-01-01') })
        ).find(({ version }) => after === undefined || version === after)
      : await findDeploy(catalog, { project, id });
  if (found === undefined)
    throw new SightlineError('not_found', 'There is no such deploy.', {
      hint: 'Deploys are listed at /api/v1/deploys; name one by its id, or by service and after.',
    });
  return found;
}

function noBaseline(name: string): SightlineError {
  return new SightlineError('not_found', `There is no baseline ${JSON.stringify(name)}.`, {
    hint: 'Baselines are listed at /api/v1/baselines.',
  });
}

const datesOf = ({ from, to }: { readonly from: bigint; readonly to: bigint }) => ({
  from: new Date(Number(from / 1_000_000n)),
  to: new Date(Number(to / 1_000_000n)),
});

const timeOf = (date: Date): string => formatNanos(nanosFromMs(date.getTime()));

function describe({ id, service, version, environment, time, source, note }: StoredDeploy): Deploy {
  return { id, service, version, environment, time: timeOf(time), source, note };
}

function describeBaseline({ name, service, from, to, cellCount, createdAt }: StoredBaseline): Baseline {
  return {
    name,
    service,
    from: timeOf(from),
    to: timeOf(to),
    cells: cellCount,
    createdAt: timeOf(createdAt),
  };
}
