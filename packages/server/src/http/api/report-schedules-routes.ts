import { formatNanos, nanosFromMs } from '@sightline/base';
import {
  type MadeReport,
  madeReport,
  madeReportsResponse,
  reportParameters,
  reportResponse,
  reportSchedule,
  type ReportSchedule,
  type ReportScheduleInput,
  reportScheduleInput,
  reportSchedulesResponse,
  takesReports,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { z } from 'zod';
import type { CatalogDatabase } from '../../catalog/catalog-database.ts';
import { listChannels } from '../../catalog/channels.ts';
import {
  changeSchedule,
  createSchedule,
  deleteSchedule,
  findReport,
  findSchedule,
  listReportDeliveries,
  listReports,
  listSchedules,
  readDatabaseTime,
  reportKey,
  schedulesMax,
  type StoredReport,
  type StoredSchedule,
} from '../../catalog/report-schedules.ts';
import { readQ } from '../../query/filter/read-condition.ts';
import type { QueryContext } from '../../query/reader.ts';
import { nextDue } from '../../reports/schedule-times.ts';
import { writeReport } from './report-routes.ts';
import { type ApiRoute, route } from './route-table.ts';

const tag = 'report';
const idInPath = z.object({ id: z.string().max(64) });

/** Reports that are made at times and sent to channels, and those that were made. */
export const reportSchedulesRoutes: readonly ApiRoute[] = [
  route({
    path: '/reports/schedules',
    summary: 'When reports are made, and whom they are sent to.',
    tag,
    scope: 'read',
    response: reportSchedulesResponse,
    answer: async ({ context, sources }) => ({
      schedules: (await listSchedules(sources.catalog, context.project)).map(describe),
    }),
  }),
  route({
    method: 'POST',
    path: '/reports/schedules',
    summary: 'Makes a schedule of reports.',
    tag,
    scope: 'admin',
    body: reportScheduleInput,
    response: reportSchedule,
    answer: async ({ context, sources: { catalog }, body }) => {
      await check(catalog, context, body);
      const saved = { settings: body, nextAt: await nextOf(catalog, body) };
      const made = await createSchedule(catalog, context.project, saved);
      if (made !== undefined) return describe(made);
      const known = await listSchedules(catalog, context.project);
      if (known.some(({ name }) => name === body.name)) throw nameTaken(body.name);
      throw new SightlineError('bad_request', `There are ${schedulesMax} schedules of reports already.`, {
        hint: 'Delete one first.',
      });
    },
  }),
  route({
    path: '/reports/schedules/:id',
    summary: 'One schedule of reports.',
    tag,
    scope: 'read',
    params: idInPath,
    response: reportSchedule,
    answer: async ({ context, sources, params }) => describe(await get(sources.catalog, context, params.id)),
  }),
  route({
    method: 'PUT',
    path: '/reports/schedules/:id',
    summary: 'Changes a schedule of reports, whole; it is next due after now.',
    tag,
    scope: 'admin',
    params: idInPath,
    body: reportScheduleInput,
    response: reportSchedule,
    answer: async ({ context, sources: { catalog }, params, body }) => {
      const { id, project } = await get(catalog, context, params.id);
      await check(catalog, context, body);
      const saved = { settings: body, nextAt: await nextOf(catalog, body) };
      const changed = await changeSchedule(catalog, { project, id }, saved);
      if (changed === undefined) throw nameTaken(body.name);
      return describe(changed);
    },
  }),
  route({
    method: 'DELETE',
    path: '/reports/schedules/:id',
    summary: 'Deletes a schedule with the reports that it made.',
    tag,
    scope: 'admin',
    params: idInPath,
    response: z.object({ deleted: z.string() }),
    answer: async ({ context: { project }, sources, params }) => {
      if (!(await deleteSchedule(sources.catalog, { project, id: params.id }))) throw unknown(params.id);
      return { deleted: params.id };
    },
  }),
  route({
    method: 'POST',
    path: '/reports/schedules/:id/send',
    summary: 'Makes the report that would be due now and sends it; the schedule stays as it is.',
    tag,
    scope: 'admin',
    params: idInPath,
    body: z.strictObject({}),
    response: madeReport,
    share: 'search',
    answer: async ({ context, sources: { catalog, reports }, params }) => {
      const id = await reports.sendNow(await get(catalog, context, params.id));
      const made = id === undefined ? undefined : await findReport(catalog, { ...context, id });
      if (made === undefined) throw unknown(params.id);
      const [described] = await describeMade(catalog, context.project, [made]);
      if (described === undefined) throw unknown(params.id);
      return described;
    },
  }),
  route({
    path: '/reports',
    summary: 'The newest reports that schedules made, and whether they were delivered.',
    tag,
    scope: 'read',
    query: z.object({ schedule: z.string().max(64).optional().describe('Only those of this schedule.') }),
    response: madeReportsResponse,
    answer: async ({ context: { project }, sources: { catalog }, query }) => ({
      reports: await describeMade(
        catalog,
        project,
        await listReports(catalog, { project, scheduleId: query.schedule }),
      ),
    }),
  }),
  route({
    path: '/reports/:id',
    summary: 'A report as it was made: as JSON, HTML or Markdown.',
    tag,
    scope: 'read',
    params: idInPath,
    query: reportParameters.pick({ format: true, linkBase: true }),
    response: reportResponse,
    files: ['text/html', 'text/markdown'],
    answer: async ({ context: { project }, sources: { catalog }, params, query, request, reply }) => {
      const found = await findReport(catalog, { project, id: params.id });
      if (found === undefined)
        throw new SightlineError('not_found', `No report has the id ${JSON.stringify(params.id)}.`, {
          hint: 'GET /api/v1/reports lists them.',
        });
      const { timeZone, name: title } = found;
      return writeReport(reportResponse.parse(found.report), {
        ...query,
        described: { timeZone, title },
        request,
        reply,
      });
    },
  }),
];

/** Null while it is paused. */
async function nextOf(
  catalog: CatalogDatabase,
  { enabled, timing }: ReportScheduleInput,
): Promise<Date | null> {
  return enabled ? new Date(nextDue(timing, (await readDatabaseTime(catalog)).getTime())) : null;
}

/** Throws where its filter cannot be read, or a channel is none that takes reports. */
async function check(
  catalog: CatalogDatabase,
  { project, clock }: QueryContext,
  { q, channels }: ReportScheduleInput,
): Promise<void> {
  readQ(q, 'traces', clock);
  const known = new Map((await listChannels(catalog, project)).map((channel) => [channel.id, channel]));
  for (const id of channels.filter((each) => each !== 'log')) {
    const channel = known.get(id);
    if (channel === undefined)
      throw new SightlineError('bad_request', `No channel has the id ${JSON.stringify(id)}.`, {
        hint: 'GET /api/v1/channels lists them.',
      });
    if (!takesReports(channel.settings.type))
      throw new SightlineError(
        'bad_request',
        `The channel "${channel.name}" takes no reports: ${channel.settings.type} is for incidents.`,
        { hint: 'Choose mail, Slack, Teams, Discord, a webhook or the log.' },
      );
  }
}

async function get(catalog: CatalogDatabase, { project }: QueryContext, id: string): Promise<StoredSchedule> {
  const found = await findSchedule(catalog, { project, id });
  if (found === undefined) throw unknown(id);
  return found;
}

async function describeMade(
  catalog: CatalogDatabase,
  project: string,
  reports: readonly StoredReport[],
): Promise<MadeReport[]> {
  const ids = reports.map(({ id }) => id);
  const deliveries = await listReportDeliveries(catalog, project, ids);
  return reports.map(({ id, scheduleId, name, dueAt, madeAt, missed, startTime, endTime, summary }) => ({
    id,
    scheduleId,
    name,
    missed,
    startTime,
    endTime,
    summary,
    dueTime: dueAt === null ? null : timeOf(dueAt),
    madeAt: timeOf(madeAt),
    deliveries: deliveries
      .filter(({ dedupeKey }) => dedupeKey.startsWith(`${reportKey(id)}-`))
      .map(({ dedupeKey: _key, deliveredAt, ...delivery }) => ({
        ...delivery,
        deliveredAt: deliveredAt === null ? null : timeOf(deliveredAt),
      })),
  }));
}

function describe(stored: StoredSchedule): ReportSchedule {
  const { project: _project, nextAt, lastAt, createdAt, updatedAt, ...settings } = stored;
  return {
    ...settings,
    nextTime: nextAt === null ? null : timeOf(nextAt),
    lastTime: lastAt === null ? null : timeOf(lastAt),
    createdAt: timeOf(createdAt),
    updatedAt: timeOf(updatedAt),
  };
}

const timeOf = (time: Date): string => formatNanos(nanosFromMs(time.getTime()));

function nameTaken(name: string): SightlineError {
  return new SightlineError('bad_request', `There is a schedule named ${JSON.stringify(name)} already.`, {
    hint: 'Give it another name, or change the one that is there.',
  });
}

function unknown(id: string): SightlineError {
  return new SightlineError('not_found', `No schedule of reports has the id ${JSON.stringify(id)}.`, {
    hint: 'GET /api/v1/reports/schedules lists them.',
  });
}
