import { type Session, sessionsParameters, sessionsResponse } from '@sightline/schema/api';
import { searchOptions } from '../arguments/global-options.ts';
import type { Command } from '../command.ts';
import { formatCount, formatDurationMs } from '@sightline/base';
import { formatTime, oneLine } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import type { Column } from '../output/table.ts';
import { printList } from './print-list.ts';
import { searchParameters } from './search.ts';
import { costText, tokensText } from './usage-text.ts';

export const sessionsCommand: Command = {
  name: 'sessions',
  summary: 'List sessions: runs that are one conversation.',
  positionals: '[filter]',
  positionalCount: { min: 0, max: 1 },
  options: {
    ...searchOptions,
    agent: { type: 'string', value: 'name', about: 'Only sessions in which this agent took part.' },
    user: { type: 'string', value: 'id', about: 'Only sessions of this user.' },
    sort: {
      type: 'string',
      value: 'column',
      about: 'lastTime, runs, costUsd, …; -costUsd for the most expensive first.',
    },
    cursor: { type: 'string', value: 'cursor', about: 'nextCursor of the page before (with --json).' },
  },
  examples: [{ line: 'sightline sessions --user ann --from -7d', about: "a user's conversations of a week" }],
  run: async (invocation) => {
    const { client, options, output, positionals } = invocation;
    const response = await client.get(
      'sessions',
      {
        ...searchParameters(invocation),
        q: positionals[0] ?? options.text('q'),
        agent: options.text('agent'),
        user: options.text('user'),
        sort: options.choice('sort', sessionsParameters.shape.sort.unwrap().options),
        limit: options.integer('limit', { min: 1, max: 1000 }) ?? 20,
        cursor: options.text('cursor'),
      },
      sessionsResponse,
    );
    return printList(output, {
      response,
      rows: response.sessions,
      columns: columns(output),
      ifNone: 'No sessions found. Widen --from, or loosen the filter.',
      asked: { filter: positionals[0] ?? options.text('q'), signal: 'traces' },
    });
  },
};

function columns({ style }: Output): readonly Column<Session>[] {
  const now = new Date();
  return [
    { title: 'LAST', text: (session) => formatTime(session.lastTime, now), paint: style.dim },
    { title: 'SESSION', text: (session) => oneLine(session.sessionId), paint: style.accent, flexible: true },
    { title: 'QUESTION', text: (session) => oneLine(session.firstQuestion ?? '·'), flexible: true },
    {
      title: 'ANSWER',
      text: (session) => oneLine(session.lastAnswer ?? '·'),
      flexible: true,
      paint: style.dim,
    },
    { title: 'USER', text: (session) => oneLine(session.userId ?? '·') },
    { title: 'RUNS', text: (session) => formatCount(session.runs), align: 'right' },
    {
      title: 'FAILED',
      text: (session) => (session.failedRuns === 0 ? '·' : formatCount(session.failedRuns)),
      align: 'right',
      paint: (text, session) => (session.failedRuns === 0 ? style.dim(text) : style.error(text)),
    },
    { title: 'ACTIVE', text: (session) => formatDurationMs(session.activeMs), align: 'right' },
    { title: 'TOKENS', text: tokensText, align: 'right' },
    { title: 'COST', text: costText, align: 'right' },
  ];
}
