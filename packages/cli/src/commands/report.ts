import { writeFile } from 'node:fs/promises';
import { reportFormat, reportResponse } from '@sightline/schema/api';
import { searchOptions } from '../arguments/global-options.ts';
import { badOption } from '../arguments/options.ts';
import { toQuery } from '../client/api-client.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { printable } from '../output/format.ts';

const { from, to } = searchOptions;

export const reportCommand: Command = {
  name: 'report',
  summary: 'Say what happened in a period, beside the one before, on one page.',
  positionals: '',
  positionalCount: { min: 0, max: 0 },
  options: {
    ...(from === undefined || to === undefined ? {} : { from: { ...from, initial: 'to-7d' }, to }),
    format: {
      type: 'string',
      value: 'markdown|html|json',
      about: 'As the name of the file ends, else Markdown.',
    },
    'time-zone': {
      type: 'string',
      value: 'name',
      about: 'Of the times that are shown, and of the weekdays that are compared.',
      initial: 'UTC',
    },
    output: { type: 'string', short: 'o', value: 'path', about: 'Write to a file.' },
  },
  details:
    'Runs, failures, cost, tokens and latency, by agent and model; errors by cause, deploys, alerts, SLOs; the slowest and the\n' +
    'most expensive runs. HTML is one file without script. Links lead to the server that is asked.',
  examples: [
    { line: 'sightline report', about: 'the last seven days, as Markdown' },
    { line: 'sightline report --from to-24h -o report.html', about: 'the last day, as one file of HTML' },
    { line: 'sightline report --from 2026-11-16T00:00:00Z --to 2026-11-23T00:00:00Z', about: 'one week' },
    {
      line: 'sightline report --from 2026-11-01T00:00:00-04:00 --to 2026-11-02T00:00:00-05:00 --time-zone America/New_York',
      about: 'a day of 25 hours, beside the Sunday before',
    },
  ],
  run: async ({ client, options, output }) => {
    const path = options.text('output');
    const format =
      options.choice('format', reportFormat.options) ?? (output.json ? 'json' : formatOf(path ?? ''));
    const range = {
      from: options.text('from') ?? 'to-7d',
      to: options.text('to'),
      timeZone: options.text('time-zone'),
    };
    if (format === 'json' && path === undefined) {
      output.document(await client.get('report', range, reportResponse));
      return exitCodes.ok;
    }
    const response = await client.fetch(
      `/api/v1/report${toQuery({ ...range, format, linkBase: client.url })}`,
    );
    await client.check(response);
    const text = await response.text();
    if (path === undefined) output.line(printable(text.trimEnd()));
    else {
      await writeFile(path, text).catch((error: unknown) => {
        throw badOption(
          `Cannot write --output "${path}": ${error instanceof Error ? error.message : String(error)}.`,
          'Name a file in a folder that is there.',
        );
      });
      output.note(`Written to ${path}.`);
    }
    return exitCodes.ok;
  },
};

function formatOf(path: string): 'html' | 'json' | 'markdown' {
  if (/\.html?$/i.test(path)) return 'html';
  return /\.json$/i.test(path) ? 'json' : 'markdown';
}
