import {
  madeReport,
  madeReportsResponse,
  type ReportSchedule,
  reportSchedulesResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { chooseAction } from '../arguments/choose-action.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { oneLine } from '../output/format.ts';

const actions = ['list', 'made', 'send'] as const;

export const reportsCommand: Command = {
  name: 'reports',
  summary: 'Reports that are made at times: list them, send one now, see those that were made.',
  positionals: '<list|made|send> [name]',
  positionalCount: { min: 1, max: 2 },
  options: {},
  details:
    'Schedules are made on the page Reports, or with POST /api/v1/reports/schedules. The name is that of the schedule, or its id.\n' +
    'A report of any period, without a schedule: sightline report.',
  examples: [
    { line: 'sightline reports list', about: 'when reports are made, and whom they are sent to' },
    { line: 'sightline reports made', about: 'the newest that were made, and whether they arrived' },
    {
      line: "sightline reports send 'Weekly report'",
      about: 'makes the report that would be due now, and sends it',
    },
  ],
  run: async (invocation) => {
    const [word = '', name = ''] = invocation.positionals;
    const action = chooseAction('reports', actions, word);
    if (action === 'list') return list(invocation);
    if (action === 'made') return made(invocation);
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
    output.note('No report is made by itself. Schedule one on the page Reports.');
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
