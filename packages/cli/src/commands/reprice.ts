import type { Command } from '../command.ts';
import { callWords, exitCodeOfJob, rework, reworkArguments } from './rework-history.ts';
import { costText } from './usage-text.ts';

export const repriceCommand: Command = {
  name: 'reprice',
  summary: 'Compute the cost of stored calls by the prices of now.',
  ...reworkArguments,
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
      const before = costText({ costUsd: job.costUsdBefore, unpricedCalls: job.unpricedCallsBefore });
      output.line(`Before ${before}, after ${costText({ ...job, costUsd: job.costUsdAfter })}.`);
      if (job.unpricedCalls > 0)
        output.line(
          `Without a known price: ${callWords(job.unpricedCalls)}. The page Prices lists their models.`,
        );
    }
    return exitCodeOfJob(job);
  },
};
