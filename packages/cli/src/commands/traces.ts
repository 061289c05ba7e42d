import { statusCode, type TraceSummary, tracesResponse } from '@sightline/schema/api';
import { searchOptions } from '../arguments/global-options.ts';
import type { Command } from '../command.ts';
import { formatCount, formatDurationMs } from '@sightline/base';
import { formatTime, oneLine } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import type { Column } from '../output/table.ts';
import { printList } from './print-list.ts';
import { searchParameters } from './search.ts';
import { costText, tokensText } from './usage-text.ts';

export const tracesCommand: Command = {
  name: 'traces',
  summary: 'List traces, the newest first.',
  positionals: '[filter]',
  positionalCount: { min: 0, max: 1 },
  options: {
    ...searchOptions,
    service: {
      type: 'string',
      short: 's',
      value: 'name',
      about: 'Only traces in which this service took part.',
    },
    session: { type: 'string', value: 'id', about: 'Only traces of this session.' },
    user: { type: 'string', value: 'id', about: 'Only traces of this user.' },
    status: { type: 'string', value: 'ok|error', about: 'error: at least one failed span; ok: none.' },
    'min-duration': { type: 'string', value: 'time', about: 'Only traces at least this long, such as 2s.' },
    'max-duration': { type: 'string', value: 'time', about: 'Only traces at most this long.' },
    cursor: { type: 'string', value: 'cursor', about: 'nextCursor of the page before (with --json).' },
  },
  examples: [
    {
      line: 'sightline traces --status error --from -15m',
      about: 'what failed in the last quarter of an hour',
    },
    {
      line: "sightline traces 'service:llm-gateway duration>5s'",
      about: 'slow ones, in the filter language',
    },
    {
      line: 'sightline traces --json --limit 1 | jq -r .traces[0].traceId',
      about: 'the newest trace, for a script',
    },
  ],
  run: async (invocation) => {
    const { client, options, output, positionals } = invocation;
    const response = await client.get(
      'traces',
      {
        ...searchParameters(invocation),
        q: positionals[0] ?? options.text('q'),
        service: options.text('service'),
        session: options.text('session'),
        user: options.text('user'),
        status: options.choice('status', statusCode.options),
        minDurationMs: options.durationMs('min-duration'),
        maxDurationMs: options.durationMs('max-duration'),
        limit: options.integer('limit', { min: 1, max: 1000 }) ?? 20,
        cursor: options.text('cursor'),
      },
      tracesResponse,
    );
    return printList(output, {
      response,
      rows: response.traces,
      columns: traceColumns(output),
      ifNone: 'No traces found. Widen --from, or loosen the filter.',
      asked: { filter: positionals[0] ?? options.text('q'), signal: 'traces' },
    });
  },
};

function traceColumns({ style }: Output): readonly Column<TraceSummary>[] {
  const now = new Date();
  return [
    { title: 'TIME', text: (t) => formatTime(t.startTime, now), paint: style.dim },
    { title: 'TRACE', text: (t) => t.traceId, paint: style.accent },
    { title: 'SERVICE', text: (t) => oneLine(t.service), paint: (text, t) => style.byName(t.service, text) },
    { title: 'NAME', text: (t) => oneLine(t.name), flexible: true },
    { title: 'QUESTION', text: (t) => oneLine(t.question ?? '·'), flexible: true },
    { title: 'ANSWER', text: (t) => oneLine(t.answer ?? '·'), flexible: true, paint: style.dim },
    { title: 'DURATION', text: (t) => formatDurationMs(t.durationMs), align: 'right' },
    { title: 'SPANS', text: (t) => formatCount(t.spanCount), align: 'right' },
    {
      title: 'ERRORS',
      text: (t) => (t.errorCount === 0 ? '·' : formatCount(t.errorCount)),
      align: 'right',
      paint: (text, t) => (t.errorCount === 0 ? style.dim(text) : style.error(text)),
    },
    { title: 'TOKENS', text: tokensText, align: 'right' },
    { title: 'COST', text: costText, align: 'right' },
  ];
}
