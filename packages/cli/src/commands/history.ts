import { type HistoryJob, historyJob } from '@sightline/schema/api';
import type { OptionSpecs } from '../arguments/options.ts';
import { badOption } from '../arguments/options.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { formatCost, formatCount } from '../output/format.ts';
import { sleep } from '../sleep.ts';

const rangeOptions: OptionSpecs = {
  from: { type: 'string', value: 'time', about: 'Start: RFC 3339 or relative such as -7d. Needed.' },
  to: { type: 'string', value: 'time', about: 'End: RFC 3339, relative, or now.', initial: 'now' },
};

const noWords = { positionals: '', positionalCount: { min: 0, max: 0 }, options: rangeOptions } as const;

export const repriceCommand: Command = {
  name: 'reprice',
  summary: 'Compute the cost of stored calls by the prices of now.',
  ...noWords,
  details:
    'Prices are those of the time of each call, from the catalogue of this version and from your own prices. It is done a day at\n' +
    'a time, the newest first; interrupting this command does not stop the server. Doing it again is safe.',
  examples: [
    { line: 'sightline reprice --from -7d', about: 'after a price was set' },
    { line: 'sightline reprice --from 2026-11-01T00:00:00Z --to 2026-11-15T00:00:00Z', about: 'two weeks' },
  ],
  run: async (invocation) => {
    const job = await rework('reprice', invocation);
    const { output } = invocation;
    if (!output.json && job.state === 'done') {
      output.line(`${callWords(job.calls)} repriced.`);
      output.line(`Before ${formatCost(job.costUsdBefore)}, after ${formatCost(job.costUsdAfter)}.`);
      if (job.unpricedCalls > 0)
        output.line(
          `Without a known price: ${callWords(job.unpricedCalls)}. The page Prices lists their models.`,
        );
    }
    return exitCodeOfJob(job);
  },
};

export const rederiveCommand: Command = {
  name: 'rederive',
  summary: 'Apply the conventions of now to stored spans and logs.',
  ...noWords,
  details:
    'Reads models, tokens, sessions and the like out of the raw attributes once more, by the rules of this version. It is done a\n' +
    'day at a time; what arrives meanwhile waits in the journal. Interrupted, it can be done again: nothing is lost or doubled.\n' +
    'Where several servers share one ClickHouse, the others must be stopped.',
  examples: [{ line: 'sightline rederive --from -30d', about: 'after an update that knows more dialects' }],
  run: async (invocation) => {
    const job = await rework('rederive', invocation);
    const { output } = invocation;
    if (!output.json && job.state === 'done')
      output.line(
        `${job.daysDone} ${job.daysDone === 1 ? 'day' : 'days'} rederived: ${formatCount(job.calls)} calls of models.`,
      );
    return exitCodeOfJob(job);
  },
};

/** Starts the rework and waits for its end. */
async function rework(
  kind: HistoryJob['kind'],
  { client, options, output, signal }: Invocation,
): Promise<HistoryJob> {
  const from = options.text('from');
  if (from === undefined)
    throw badOption('--from says where to begin, and is missing.', 'For the last week: --from -7d.');
  let job = await client.post(kind, { from, to: options.text('to') ?? 'now' }, historyJob);
  while (job.state === 'running') {
    output.status(`${job.daysDone} of ${job.daysTotal} days, ${formatCount(job.calls)} calls`);
    await sleep(300, signal);
    job = await client.get(`history-jobs/${job.id}`, {}, historyJob);
  }
  output.status('');
  if (output.json) output.document(job);
  else if (job.state === 'failed')
    output.note(`Stopped after ${job.daysDone} of ${job.daysTotal} days: ${job.error ?? ''}`);
  return job;
}

const callWords = (count: number) => `${formatCount(count)} ${count === 1 ? 'call' : 'calls'}`;

function exitCodeOfJob({ state }: HistoryJob): ExitCode {
  return state === 'done' ? exitCodes.ok : exitCodes.failure;
}
