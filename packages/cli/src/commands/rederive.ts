import type { Command } from '../command.ts';
import { counted } from '@sightline/base';
import { exitCodeOfJob, rework, reworkArguments } from './rework-history.ts';

export const rederiveCommand: Command = {
  name: 'rederive',
  summary: 'Apply the conventions of now to stored spans and logs.',
  ...reworkArguments,
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
        `${job.daysDone} ${job.daysDone === 1 ? 'day' : 'days'} rederived: ${counted(job.calls, 'call')} of models.`,
      );
    return exitCodeOfJob(job);
  },
};
