import { compareResponse, type ComparedDifference, type ComparedStep } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { searchOptions } from '../arguments/global-options.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { counted, formatCount, formatDurationMs } from '@sightline/base';
import { oneLine } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import type { Column } from '../output/table.ts';
import { noteLimits, searchParameters } from './search.ts';

const { limit: _limit, ...rangeOptions } = searchOptions;
const traceId = /^[0-9a-fA-F]{32}$/;
const stepsShown = 10;

export const compareCommand: Command = {
  name: 'compare',
  summary: 'Compare two selections of traces: what tells them apart, and where their time differs.',
  positionals: '[filter or trace id] [filter or trace id]',
  positionalCount: { min: 0, max: 2 },
  options: {
    ...rangeOptions,
    'b-from': {
      type: 'string',
      value: 'time',
      about: 'Start of the second selection, where it is another time.',
    },
    'b-to': { type: 'string', value: 'time', about: 'End of the second selection.' },
    prompt: {
      type: 'string',
      value: 'name@version',
      about: 'The first selection is what used this version of a prompt.',
    },
    'b-prompt': { type: 'string', value: 'name@version', about: 'The same of the second selection.' },
    replay: {
      type: 'string',
      value: 'id',
      about: 'The new runs of a bulk replay, against those that they were made from.',
    },
    sample: {
      type: 'string',
      value: 'count',
      about: 'Traces looked at of each, 10 to 3000.',
      initial: '1000',
    },
  },
  examples: [
    {
      line: "sightline compare 'trace.duration>5s'",
      about: 'the slow traces of the last hour against the rest',
    },
    { line: 'sightline compare service.version:2 service.version:1', about: 'two versions' },
    {
      line: 'sightline compare --prompt support@3 --b-prompt support@2',
      about: 'what used one version of a prompt against what used another',
    },
  ],
  run: async (invocation) => {
    const { client, options, output, positionals } = invocation;
    const [a, b] = positionals;
    const named = {
      aPrompt: options.text('prompt'),
      bPrompt: options.text('b-prompt'),
      replay: options.text('replay'),
    };
    if (a === undefined && Object.values(named).every((said) => said === undefined))
      throw new SightlineError('bad_option', 'compare needs to know what is compared.', {
        hint: 'Name a filter, a trace id, --prompt or --replay.',
      });
    const found = await client.get(
      'compare',
      {
        ...searchParameters(invocation),
        ...(a === undefined ? {} : traceId.test(a) ? { aTraces: a } : { a }),
        ...(b === undefined ? {} : traceId.test(b) ? { bTraces: b } : { b }),
        ...named,
        bFrom: options.text('b-from'),
        bTo: options.text('b-to'),
        sample: options.integer('sample', { min: 10, max: 3000 }),
      },
      compareResponse,
    );
    noteLimits(output, found.limitsMet);
    const areBoth = found.a.total > 0 && found.b.total > 0;
    if (output.json) output.document(found);
    else if (areBoth) {
      output.line(
        `A ${counted(found.a.total, 'trace')}, B ${counted(found.b.total, 'trace')}${found.b.isRest ? ' (the rest)' : ''}; ${formatCount(found.a.sampled)} and ${formatCount(found.b.sampled)} looked at.`,
      );
      const telling = found.differences.filter(({ isSignificant }) => isSignificant);
      output.line('');
      if (telling.length > 0) output.table(telling, differenceColumns(output));
      else output.line('No attribute differs by more than chance makes of it.');
      output.line('');
      output.table(found.steps.slice(0, stepsShown), stepColumns(output));
    }
    if (areBoth) return exitCodes.ok;
    output.note(
      `Nothing to compare: A has ${found.a.total} traces, B ${found.b.total}. Widen --from, or loosen the filters.`,
    );
    return exitCodes.notFound;
  },
};

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function differenceColumns({ style }: Output): readonly Column<ComparedDifference>[] {
  const first = (difference: ComparedDifference): string => {
    const [top] = difference.values;
    return top === undefined ? '' : top.value === null ? '(without it)' : oneLine(top.value);
  };
  return [
    { title: 'DIFFERS BY', text: ({ field }) => field, paint: style.accent },
    { title: 'VALUE', text: first, flexible: true },
    { title: 'IN A', text: ({ values }) => percent(values[0]?.a ?? 0), align: 'right' },
    { title: 'IN B', text: ({ values }) => percent(values[0]?.b ?? 0), align: 'right' },
    { title: 'SCORE', text: ({ score }) => score.toFixed(2), align: 'right' },
  ];
}

function stepColumns({ style }: Output): readonly Column<ComparedStep>[] {
  return [
    {
      title: 'STEP',
      text: ({ name, service }) => oneLine(service === '' ? name : `${name} (${service})`),
      flexible: true,
    },
    {
      title: 'A − B',
      text: ({ moreMs }) => `${moreMs < 0 ? '−' : '+'}${formatDurationMs(Math.abs(moreMs))}`,
      align: 'right',
      paint: (text, step) => (step.isSignificant && step.moreMs > 0 ? style.error(text) : text),
    },
    { title: 'A', text: ({ a }) => formatDurationMs(a.pathMs), align: 'right' },
    { title: 'B', text: ({ b }) => formatDurationMs(b.pathMs), align: 'right' },
  ];
}
