import {
  type ErrorFrame,
  type ErrorGroupFacts,
  type ErrorResponse,
  errorMoved,
  errorResponse,
  errorsParameters,
  errorsResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { searchOptions } from '../arguments/global-options.ts';
import type { Command, Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { counted, formatCount } from '@sightline/base';
import { formatTime, oneLine } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import type { Column } from '../output/table.ts';
import { printList } from './print-list.ts';
import { searchParameters } from './search.ts';

const actions = ['show', 'resolve', 'ignore', 'reopen', 'assign', 'merge', 'split'] as const;
type Action = (typeof actions)[number];

export const errorsCommand: Command = {
  name: 'errors',
  summary: 'List errors by their cause; show, resolve, ignore, assign, merge and split them.',
  positionals: '[filter] | <show|resolve|ignore|reopen|assign|merge|split> <id> [name|id…]',
  positionalCount: { min: 0, max: 100 },
  options: {
    ...searchOptions,
    status: {
      type: 'string',
      value: 'state',
      about: 'open (the default), unresolved, regressed, resolved, ignored or all.',
    },
    class: {
      type: 'string',
      value: 'cause',
      about: 'rate_limit, context_length, content_filter, timeout, tool, …',
    },
    search: { type: 'string', value: 'words', about: 'A part of type, message or place.' },
    agent: { type: 'string', value: 'name', about: 'Only errors of this agent.' },
    model: { type: 'string', value: 'name', about: 'Only errors of calls of this model.' },
    tool: { type: 'string', value: 'name', about: 'Only errors of calls of this tool.' },
    version: { type: 'string', value: 'version', about: 'Only errors of this version of the service.' },
    trace: { type: 'string', value: 'id', about: 'Only errors of this trace.' },
    sort: {
      type: 'string',
      value: 'column',
      about: 'lastTime, firstTime, count, users, runs; -count for the most first.',
    },
    'next-version': {
      type: 'boolean',
      about: 'With resolve: only errors of a version that was not seen yet are a regression.',
    },
    until: {
      type: 'string',
      value: 'time',
      about: 'With ignore: until this time (RFC 3339); without it, for ever.',
    },
    by: { type: 'string', value: 'name', about: 'Who changes the state.' },
  },
  examples: [
    { line: 'sightline errors --from -24h --sort -count', about: 'what fails most, of a day' },
    { line: 'sightline errors show 4f3a9c1d0b7e2a61', about: 'its stack and its newest runs' },
    {
      line: 'sightline errors resolve 4f3a9c1d0b7e2a61 --next-version',
      about: 'until a later version has it again',
    },
    {
      line: 'sightline errors merge 4f3a9c1d0b7e2a61 00b1e5f2c3d4a596',
      about: 'the second belongs to the first',
    },
  ],
  run: async (invocation) => {
    const [word = '', id = '', ...rest] = invocation.positionals;
    const action = actions.find((each) => each === word);
    if (action === undefined) return list(invocation);
    if (!/^[0-9a-f]{16}$/.test(id))
      throw new SightlineError('bad_option', `errors ${action} needs the id of a group, 16 hex digits.`, {
        hint: 'sightline errors lists them.',
      });
    return action === 'show' ? show(invocation, id) : change(invocation, { action, id, rest });
  },
};

async function list(invocation: Invocation): Promise<ExitCode> {
  const { client, options, output, positionals } = invocation;
  const q = positionals[0] ?? options.text('q');
  const named = ['class', 'search', 'agent', 'model', 'tool', 'version', 'trace'] as const;
  const response = await client.get(
    'errors',
    {
      ...searchParameters(invocation),
      ...Object.fromEntries(named.map((name) => [name, options.text(name)])),
      q,
      status: options.choice('status', errorsParameters.shape.status.unwrap().options),
      sort: options.choice('sort', errorsParameters.shape.sort.unwrap().options),
      limit: options.integer('limit', { min: 1, max: 500 }) ?? 20,
    },
    errorsResponse,
  );
  return printList(output, {
    response,
    rows: response.errors,
    columns: columns(output),
    ifNone: 'No errors found. Widen --from, or ask for --status all.',
    asked: { filter: q, signal: 'traces' },
  });
}

function columns({ style }: Output): readonly Column<ErrorGroupFacts>[] {
  const now = new Date();
  return [
    { title: 'LAST', text: ({ lastTime }) => formatTime(lastTime, now), paint: style.dim },
    { title: 'ERROR', text: ({ id }) => id, paint: style.accent },
    {
      title: 'STATE',
      text: ({ status }) => (status === 'unresolved' ? 'open' : status),
      paint: (text, { status }) => (status === 'regressed' ? style.error(text) : style.dim(text)),
    },
    { title: 'TIMES', text: ({ count }) => formatCount(count), align: 'right' },
    { title: 'RUNS', text: ({ runs }) => formatCount(runs), align: 'right' },
    { title: 'USERS', text: ({ users }) => (users === 0 ? '·' : formatCount(users)), align: 'right' },
    { title: 'SERVICE', text: ({ services }) => services[0] ?? '·' },
    { title: 'WHAT', text: (group) => oneLine(titleOf(group)), flexible: true },
  ];
}

const titleOf = ({ type, title }: ErrorGroupFacts): string =>
  type === '' || title === '' ? type || title : `${type}: ${title}`;

async function show(invocation: Invocation, id: string): Promise<ExitCode> {
  const { client, output } = invocation;
  const { from, to } = searchParameters(invocation);
  const found = await client.get(`errors/${id}`, { from: from ?? '-7d', to, limit: 5 }, errorResponse);
  if (output.json) output.document(found);
  else printError(output, found);
  return exitCodes.ok;
}

function printError(output: Output, { error, stack, occurrences, byVersion, lastSeen }: ErrorResponse): void {
  const now = new Date();
  const { style } = output;
  output.line(style.error(titleOf(error)));
  const state = error.status === 'unresolved' ? 'open' : error.status;
  output.line(
    style.dim(
      `${state}${error.assignee === null ? '' : `, assigned to ${error.assignee}`} · ${counted(error.count, 'time')} in ${counted(error.runs, 'run')} for ${counted(error.users, 'user')} · first ${formatTime(error.firstTime, now)}, last ${formatTime(lastSeen, now)}`,
    ),
  );
  if (byVersion.length > 0)
    output.line(
      style.dim(
        `versions ${byVersion.map(({ value, count }) => `${value} (${formatCount(count)})`).join(', ')}`,
      ),
    );
  for (const [index, exception] of (stack?.exceptions ?? []).entries()) {
    output.line('');
    output.line(`${index === 0 ? '' : 'caused by '}${oneLine(`${exception.type}: ${exception.message}`)}`);
    for (const frame of ownFirst(exception.frames)) output.line(`  ${frameText(frame)}`);
  }
  output.line('');
  for (const { time, name, traceId, message } of occurrences)
    output.line(
      `${style.dim(formatTime(time, now))}  ${traceId ?? 'no trace'}  ${oneLine(name)}  ${oneLine(message)}`,
    );
}

function ownFirst(frames: readonly ErrorFrame[]): readonly ErrorFrame[] {
  const own = frames.filter(({ inApp }) => inApp);
  return own.length > 0 ? own : frames.slice(0, 10);
}

const frameText = ({ module, function: name, file, line }: ErrorFrame): string =>
  `${name}  ${module}  ${file}${line === null ? '' : `:${line}`}`;

async function change(
  { client, options, output }: Invocation,
  asked: { readonly action: Exclude<Action, 'show'>; readonly id: string; readonly rest: readonly string[] },
): Promise<ExitCode> {
  const { action, id, rest } = asked;
  const by = options.text('by');
  const changed = async (state: object) =>
    client.post(`errors/${id}/state`, { ...state, ...(by === undefined ? {} : { by }) }, errorMoved);
  const done = await {
    resolve: async () => changed({ status: 'resolved', inNextVersion: options.has('next-version') }),
    ignore: async () => changed({ status: 'ignored', ignoredUntil: options.text('until') ?? null }),
    reopen: async () => changed({ status: 'unresolved' }),
    assign: async () => changed({ assignee: rest.join(' ') === '' ? null : rest.join(' ') }),
    merge: async () => client.post('errors/merge', { into: id, groups: rest }, errorMoved),
    split: async () => client.post(`errors/${id}/split`, { parts: rest }, errorMoved),
  }[action]();
  if (output.json) output.document(done);
  else output.line(done.id === id ? `${id}: done.` : `The new group is ${done.id}.`);
  return exitCodes.ok;
}
