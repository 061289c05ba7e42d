import type { Command } from '../command.ts';
import { badOption } from '../arguments/options.ts';
import { runBulk } from '../replay/run-bulk.ts';
import { runOffline } from '../replay/run-offline.ts';
import { runOnServer } from '../replay/run-on-server.ts';

export const replayCommand: Command = {
  name: 'replay',
  summary: 'Run a recorded run again.',
  positionals: '[trace-id|run-id|file] [-- program …]',
  positionalCount: { min: 0, max: Number.POSITIVE_INFINITY },
  options: {
    target: { type: 'string', value: 'name', about: 'What runs it. Default: the target that the run names.' },
    input: { type: 'string', value: 'json', about: 'In place of the recorded input.' },
    wait: {
      type: 'string',
      value: 'duration',
      about: 'Wait so long for a program that offers the target, such as 60s.',
    },
    q: { type: 'string', value: 'filter', about: 'Replay every run that the filter finds.' },
    from: { type: 'string', value: 'time', about: 'With --q: runs since then, such as -24h.' },
    to: { type: 'string', value: 'time', about: 'With --q: runs until then.' },
    limit: { type: 'string', value: 'count', about: 'With --q: at most so many runs.', initial: '100' },
    concurrency: { type: 'string', value: 'count', about: 'With --q: so many at one time.', initial: '8' },
    'budget-usd': {
      type: 'string',
      value: 'usd',
      about: 'With --q: begin no more once the new runs cost this much.',
    },
    gate: { type: 'string', value: 'conditions', about: 'With --q: what must hold for exit code 0.' },
    junit: { type: 'string', value: 'file', about: 'With --q: write a JUnit report.' },
    markdown: { type: 'string', value: 'file', about: 'With --q: write a Markdown report.' },
    resume: { type: 'string', value: 'id', about: 'Go on with a bulk replay that was paused by Ctrl-C.' },
    offline: {
      type: 'boolean',
      about: 'Run the program here; every outside call is answered from the recording.',
    },
    save: { type: 'string', value: 'file', about: 'Keep the recording: OTLP as JSON lines.' },
    trace: { type: 'string', value: 'trace-id', about: 'Which trace of a file that holds several.' },
    'on-divergence': {
      type: 'string',
      value: 'fail|nearest|live',
      about: 'What a call gets that nobody recorded: an error, the nearest answer, or the real thing.',
      initial: 'fail',
    },
    pace: {
      type: 'string',
      value: 'instant|recorded',
      about: 'Whether streams keep their pauses.',
      initial: 'instant',
    },
    freeze: { type: 'boolean', about: 'Time, random numbers and ids are the same in each replay.' },
    'from-span': {
      type: 'string',
      value: 'span-id',
      about: 'What if: calls before this one are answered, it and later ones are made.',
    },
    set: {
      type: 'string',
      value: 'name=value',
      about:
        'Change the request of that call, such as model=gpt-4o-mini,temperature=0; or an object of JSON.',
    },
    result: { type: 'string', value: 'json', about: 'Give this back in place of that call, a tool.' },
    later: {
      type: 'string',
      value: 'live|recorded',
      about: 'Calls after that one: all are made, or those that ask what was asked are answered.',
      initial: 'live',
    },
  },
  details:
    'Offline, the program needs the Sightline SDK and nothing else: no server, no network. Calls that differ from the recording\n' +
    'are listed with a diff at the end; then the exit code is 5, unless the program failed with its own.',
  examples: [
    {
      line: 'sightline replay 4bf92f3577b34da6a3ce929d0e0e4736',
      about: 'the same input to the target that the run names',
    },
    {
      line: "sightline replay --q 'agent:researcher' --limit 50 --gate 'pass_rate >= 0.95 and p95_duration_ms <= 1.2 * before'",
      about: 'the last runs of an agent, as a check in CI',
    },
    {
      line: 'sightline replay 4bf92f3577b34da6a3ce929d0e0e4736 --offline -- node app.js',
      about: 'a production run, on this machine',
    },
    {
      line: 'sightline replay 4bf92f3577b34da6a3ce929d0e0e4736 --save trace.json',
      about: 'the recording, for a test',
    },
    { line: 'sightline replay trace.json --offline -- node --inspect-brk app.js', about: 'under a debugger' },
  ],
  run: async (invocation) => {
    const { options, positionals } = invocation;
    if (options.has('q') || options.has('resume')) {
      if (positionals.length > 0)
        throw badOption('--q and --resume say which runs; a trace beside them is one too many.');
      return runBulk(invocation);
    }
    if (positionals.length === 0)
      throw badOption(
        '"sightline replay" needs a trace id, a file, or --q.',
        'Find a trace with "sightline traces".',
      );
    return options.has('offline') || options.has('save') ? runOffline(invocation) : runOnServer(invocation);
  },
};
