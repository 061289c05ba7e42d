import { type FoundSpan, spansResponse } from '@sightline/schema/api';
import { searchOptions } from '../arguments/global-options.ts';
import type { Command } from '../command.ts';
import { formatDurationMs } from '@sightline/base';
import { formatTime, oneLine } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import type { Column } from '../output/table.ts';
import { printList } from './print-list.ts';
import { searchParameters } from './search.ts';

export const spansCommand: Command = {
  name: 'spans',
  summary: 'List spans of any trace, the newest first.',
  positionals: '[filter]',
  positionalCount: { min: 0, max: 1 },
  options: {
    ...searchOptions,
    service: { type: 'string', short: 's', value: 'name', about: 'Only spans of this service.' },
    cursor: { type: 'string', value: 'cursor', about: 'nextCursor of the page before (with --json).' },
  },
  examples: [
    { line: "sightline spans 'operation:llm duration>5s'", about: 'slow calls of models' },
    { line: "sightline spans 'tool:* status:error' --from -24h", about: 'tools that failed today' },
    { line: 'sightline spans --json | jq -r .spans[].attributes', about: 'their attributes, for a script' },
  ],
  run: async (invocation) => {
    const { client, options, output, positionals } = invocation;
    const response = await client.get(
      'spans',
      {
        ...searchParameters(invocation),
        q: positionals[0] ?? options.text('q'),
        service: options.text('service'),
        limit: options.integer('limit', { min: 1, max: 1000 }) ?? 20,
        cursor: options.text('cursor'),
      },
      spansResponse,
    );
    return printList(output, {
      response,
      rows: response.spans,
      columns: spanColumns(output),
      ifNone: 'No spans found. Widen --from, or loosen the filter.',
      asked: { filter: positionals[0] ?? options.text('q'), signal: 'spans' },
    });
  },
};

function spanColumns({ style }: Output): readonly Column<FoundSpan>[] {
  const now = new Date();
  return [
    { title: 'TIME', text: (s) => formatTime(s.startTime, now), paint: style.dim },
    { title: 'TRACE', text: (s) => s.traceId, paint: style.accent },
    { title: 'SPAN', text: (s) => s.spanId },
    { title: 'SERVICE', text: (s) => oneLine(s.service), paint: (text, s) => style.byName(s.service, text) },
    { title: 'DURATION', text: (s) => formatDurationMs(s.durationMs), align: 'right' },
    {
      title: 'NAME',
      text: (s) => oneLine(s.status.code === 'error' ? `${s.name} ✗ ${s.status.message}` : s.name),
      paint: (text, s) => (s.status.code === 'error' ? style.error(text) : text),
      flexible: true,
    },
  ];
}
