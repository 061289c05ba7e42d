import {
  channelsResponse,
  madeReport,
  madeReportsResponse,
  reportSchedule,
  type ReportSchedule,
  reportScheduleInput,
  type ReportScheduleInput,
  reportSchedulesResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { chooseAction } from '../arguments/choose-action.ts';
import { badOption } from '../arguments/options.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { oneLine } from '../output/format.ts';
import {
  changedFields,
  type DocumentChange,
  readDocuments,
  readJsonFile,
  refuseSameNames,
  tellDocumentChanges,
} from './named-documents.ts';

const actions = ['list', 'made', 'send', 'diff', 'apply', 'export'] as const;

const kind = {
  schema: reportScheduleInput,
  noun: 'schedule',
  hint: 'sightline reports export writes the form.',
};

export const reportsCommand: Command = {
  name: 'reports',
  summary: 'Reports that are made at times: list them, send one now, keep their schedules in files.',
  positionals: '<list|made|send|diff|apply|export> [name or file…]',
  positionalCount: { min: 1, max: 1_000 },
  options: {
    prune: { type: 'boolean', about: 'With apply and diff: schedules that the files have not are deleted.' },
  },
  details:
    'send takes the name of a schedule, or its id. A file is one schedule as JSON, or a list of them; its name says which schedule it is, and\n' +
    'channels are named as they are called, or by their ids. diff changes nothing and ends with 1 where something would change.\n' +
    'A report of any period, without a schedule: sightline report.',
  examples: [
    { line: 'sightline reports list', about: 'when reports are made, and whom they are sent to' },
    { line: 'sightline reports made', about: 'the newest that were made, and whether they arrived' },
    {
      line: "sightline reports send 'Weekly report'",
      about: 'makes the report that would be due now, and sends it',
    },
    { line: 'sightline reports export > reports.json', about: 'the schedules of the project, for git' },
    { line: 'sightline reports apply reports.json', about: 'makes them what the file says' },
  ],
  run: async (invocation) => {
    const [word = '', ...rest] = invocation.positionals;
    const action = chooseAction('reports', actions, word);
    if (action === 'diff' || action === 'apply') return put(invocation, action, rest);
    const [name = '', ...more] = rest;
    if (more.length > 0 || (action !== 'send' && name !== ''))
      throw badOption(`reports ${action} takes ${action === 'send' ? 'one name' : 'nothing more'}.`);
    if (action === 'list') return list(invocation);
    if (action === 'made') return made(invocation);
    if (action === 'export') return exportSchedules(invocation);
    const { client, output } = invocation;
    const { id } = await find(invocation, name);
    const sent = await client.post(`reports/schedules/${id}/send`, {}, madeReport);
    if (output.json) output.document(sent);
    else {
      output.line(oneLine(sent.summary));
      output.note(`Made as ${sent.id}; "sightline reports made" says whether it arrived.`);
    }
    return exitCodes.ok;
  },
};

async function find({ client }: Invocation, name: string): Promise<ReportSchedule> {
  const { schedules } = await client.get('reports/schedules', {}, reportSchedulesResponse);
  const found = schedules.find((schedule) => schedule.id === name || schedule.name === name);
  if (found === undefined)
    throw new SightlineError('not_found', `There is no schedule of reports "${name}".`, {
      hint: 'Look at: sightline reports list.',
    });
  return found;
}

async function list({ client, output }: Invocation): Promise<ExitCode> {
  const response = await client.get('reports/schedules', {}, reportSchedulesResponse);
  if (output.json) output.document(response);
  else if (response.schedules.length === 0)
    output.note(
      'No report is made by itself. Schedule one on the page Reports, or from a file: sightline reports apply reports.json.',
    );
  else
    output.table(response.schedules, [
      { title: 'REPORT', text: ({ name }) => oneLine(name), paint: output.style.accent, flexible: true },
      { title: 'EVERY', text: ({ timing }) => timing.every },
      { title: 'AT', text: ({ timing }) => `${timing.time} ${timing.timeZone}` },
      { title: 'NEXT', text: ({ nextTime }) => nextTime?.slice(0, 16) ?? 'paused' },
      { title: 'LAST', text: ({ lastTime }) => lastTime?.slice(0, 16) ?? '-' },
      { title: 'CHANNELS', text: ({ channels }) => String(channels.length), align: 'right' },
      { title: 'ID', text: ({ id }) => id },
    ]);
  return response.schedules.length > 0 ? exitCodes.ok : exitCodes.notFound;
}

async function made({ client, output }: Invocation): Promise<ExitCode> {
  const response = await client.get('reports', {}, madeReportsResponse);
  if (output.json) output.document(response);
  else if (response.reports.length === 0) output.note('No report was made yet.');
  else
    output.table(response.reports, [
      { title: 'REPORT', text: ({ name }) => oneLine(name), paint: output.style.accent, flexible: true },
      { title: 'MADE', text: ({ madeAt }) => madeAt.slice(0, 16) },
      { title: 'FROM', text: ({ startTime }) => startTime.slice(0, 16) },
      { title: 'TO', text: ({ endTime }) => endTime.slice(0, 16) },
      { title: 'MISSED', text: ({ missed }) => String(missed), align: 'right' },
      {
        title: 'DELIVERY',
        text: ({ deliveries }) => deliveries.map(({ state }) => state).join(', ') || '-',
      },
    ]);
  return response.reports.length > 0 ? exitCodes.ok : exitCodes.notFound;
}

async function exportSchedules({ client, output }: Invocation): Promise<ExitCode> {
  const { schedules } = await client.get('reports/schedules', {}, reportSchedulesResponse);
  const { nameOf } = await readChannelNames(client);
  const all = schedules.map((schedule) => ({
    ...settingsOf(schedule),
    channels: schedule.channels.map(nameOf),
  }));
  output.line(JSON.stringify(all, undefined, 2));
  return exitCodes.ok;
}

async function put(
  { client, output, options }: Invocation,
  action: 'diff' | 'apply',
  files: readonly string[],
): Promise<ExitCode> {
  if (files.length === 0)
    throw badOption(`reports ${action} needs a file.`, `sightline reports ${action} reports.json`);
  const wanted: ReportScheduleInput[] = [];
  for (const file of files)
    wanted.push(...readDocuments({ file, given: await readJsonFile(file, kind.hint) }, kind));
  refuseSameNames(wanted, kind.noun);
  const { idOf } = await readChannelNames(client);
  const { schedules } = await client.get('reports/schedules', {}, reportSchedulesResponse);
  const steps = wanted.map((one) => {
    const now = schedules.find(({ name }) => name === one.name);
    return { now, settings: { ...one, channels: one.channels.map(idOf) } };
  });
  const changes: DocumentChange[] = [];
  for (const { now, settings } of steps) {
    const parts = now === undefined ? [] : changedFields(settingsOf(now), settings);
    const change = now === undefined ? 'create' : parts.length === 0 ? 'same' : 'change';
    changes.push({ name: oneLine(settings.name), action: change, parts });
    if (action === 'diff' || change === 'same') continue;
    if (now === undefined) await client.post('reports/schedules', settings, reportSchedule);
    else await client.put(`reports/schedules/${now.id}`, settings, reportSchedule);
  }
  const gone = options.has('prune')
    ? schedules.filter(({ name }) => wanted.every((one) => one.name !== name))
    : [];
  for (const { id, name } of gone) {
    changes.push({ name: oneLine(name), action: 'delete', parts: [] });
    if (action === 'apply')
      await client.check(await client.fetch(`/api/v1/reports/schedules/${id}`, { method: 'DELETE' }));
  }
  return tellDocumentChanges(output, action, changes);
}

/** The settings of a schedule that people make. */
function settingsOf(schedule: ReportSchedule): ReportScheduleInput {
  const {
    id: _id,
    nextTime: _next,
    lastTime: _last,
    createdAt: _created,
    updatedAt: _updated,
    ...settings
  } = schedule;
  return settings;
}

/** Files name channels as people call them, so that one file is right for two servers. The server refuses what it does not know. */
async function readChannelNames(client: Invocation['client']): Promise<{
  readonly idOf: (given: string) => string;
  readonly nameOf: (id: string) => string;
}> {
  const { channels } = await client.get('channels', {}, channelsResponse);
  const idOf = (given: string): string =>
    given === 'log' ? given : (channels.find(({ name }) => name === given)?.id ?? given);
  const nameOf = (id: string): string => {
    const name = channels.find((one) => one.id === id)?.name ?? id;
    return idOf(name) === id ? name : id;
  };
  return { idOf, nameOf };
}
