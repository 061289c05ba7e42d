import { type Run, runsParameters, runsResponse } from '@sightline/schema/api';
import { searchOptions } from '../arguments/global-options.ts';
import type { Command } from '../command.ts';
import { formatCount, formatDurationMs } from '@sightline/base';
import { formatTime, oneLine } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import type { Column } from '../output/table.ts';
import { printList } from './print-list.ts';
import { searchParameters } from './search.ts';
import { costText, tokensText } from './usage-text.ts';

export const runsCommand: Command = {
  name: 'runs',
  summary: 'List runs of agents with what they used and cost.',
  positionals: '[filter]',
  positionalCount: { min: 0, max: 1 },
  options: {
    ...searchOptions,
    service: {
      type: 'string',
      short: 's',
      value: 'name',
      about: 'Only runs in which this service took part.',
    },
    agent: { type: 'string', value: 'name', about: 'Only runs in which this agent took part.' },
    model: { type: 'string', value: 'name', about: 'Only runs that called this model.' },
    session: { type: 'string', value: 'id', about: 'Only runs of this session.' },
    user: { type: 'string', value: 'id', about: 'Only runs of this user.' },
    status: { type: 'string', value: 'ok|error', about: 'Only runs that ended so.' },
    sort: {
      type: 'string',
      value: 'column',
      about: 'startTime, durationMs, costUsd, steps, …; -costUsd for the most expensive first.',
    },
    cursor: { type: 'string', value: 'cursor', about: 'nextCursor of the page before (with --json).' },
  },
  examples: [
    { line: 'sightline runs --sort=-costUsd --from -24h', about: 'the most expensive runs of a day' },
    {
      line: "sightline runs --agent planner --status error 'tool:search'",
      about: 'failed runs that searched',
    },
  ],
  run: async (invocation) => {
    const { client, options, output, positionals } = invocation;
    const response = await client.get(
      'runs',
      {
        ...searchParameters(invocation),
        q: positionals[0] ?? options.text('q'),
        service: options.text('service'),
        agent: options.text('agent'),
        model: options.text('model'),
        session: options.text('session'),
        user: options.text('user'),
        status: options.choice('status', ['ok', 'error']),
        sort: options.choice('sort', runsParameters.shape.sort.unwrap().options),
        limit: options.integer('limit', { min: 1, max: 1000 }) ?? 20,
        cursor: options.text('cursor'),
      },
      runsResponse,
    );
    return printList(output, {
      response,
      rows: response.runs,
      columns: columns(output),
      ifNone: 'No runs found. Widen --from, or loosen the filter.',
      asked: { filter: positionals[0] ?? options.text('q'), signal: 'traces' },
    });
  },
};

function columns({ style }: Output): readonly Column<Run>[] {
  const now = new Date();
  return [
    { title: 'TIME', text: (run) => formatTime(run.startTime, now), paint: style.dim },
    { title: 'TRACE', text: (run) => run.traceId, paint: style.accent },
    { title: 'AGENT', text: (run) => oneLine(run.agent ?? run.service) },
    { title: 'NAME', text: (run) => oneLine(run.name), flexible: true },
    { title: 'QUESTION', text: (run) => oneLine(run.question ?? '·'), flexible: true },
    { title: 'ANSWER', text: (run) => oneLine(run.answer ?? '·'), flexible: true, paint: style.dim },
    {
      title: 'STATUS',
      text: (run) => (run.status === 'ok' && run.errorCount > 0 ? 'ok, errors handled' : run.status),
      paint: (text, run) => (run.status === 'error' ? style.error(text) : style.dim(text)),
    },
    { title: 'DURATION', text: (run) => formatDurationMs(run.durationMs), align: 'right' },
    { title: 'STEPS', text: (run) => formatCount(run.steps), align: 'right' },
    { title: 'LLM', text: (run) => formatCount(run.llmCalls), align: 'right' },
    { title: 'TOKENS', text: tokensText, align: 'right' },
    { title: 'COST', text: costText, align: 'right' },
  ];
}
