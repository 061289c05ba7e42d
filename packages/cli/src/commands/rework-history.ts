import { counted, sleep } from '@sightline/base';
import { type HistoryJob, historyJob } from '@sightline/schema/api';
import { badOption, type OptionSpecs } from '../arguments/options.ts';
import type { Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';

const rangeOptions: OptionSpecs = {
  from: { type: 'string', value: 'time', about: 'Start: RFC 3339 or relative such as -7d. Needed.' },
  to: { type: 'string', value: 'time', about: 'End: RFC 3339, relative, or now.', initial: 'now' },
};

/** What the verbs that rework history take. */
export const reworkArguments = {
  positionals: '',
  positionalCount: { min: 0, max: 0 },
  options: rangeOptions,
} as const;

/** Starts the rework and waits for its end. */
export async function rework(
  kind: HistoryJob['kind'],
  { client, options, output, signal }: Invocation,
): Promise<HistoryJob> {
  const from = options.text('from');
  if (from === undefined)
    throw badOption('--from says where to begin, and is missing.', 'For the last week: --from -7d.');
  let job = await client.post(kind, { from, to: options.text('to') ?? 'now' }, historyJob);
  while (job.state === 'running') {
    output.status(`${job.daysDone} of ${job.daysTotal} days, ${counted(job.calls, 'call')}`);
    await sleep(300, signal);
    job = await client.get(`history-jobs/${job.id}`, {}, historyJob);
  }
  output.status('');
  if (output.json) output.document(job);
  else if (job.state === 'failed')
    output.note(`Stopped after ${job.daysDone} of ${job.daysTotal} days: ${job.error ?? ''}`);
  return job;
}

export const callWords = (count: number) => counted(count, 'call');

export function exitCodeOfJob({ state }: HistoryJob): ExitCode {
  return state === 'done' ? exitCodes.ok : exitCodes.failure;
}
