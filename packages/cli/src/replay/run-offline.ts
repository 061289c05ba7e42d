/** Runs a program with every outside call answered from a recording. The program's own SDK does it; its report goes to standard error. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { badOption } from '../arguments/options.ts';
import type { Invocation } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-code.ts';
import { counted } from '@sightline/base';
import { saveRecording } from '../transfer/save-recording.ts';
import { isTraceId } from './trace-id.ts';

export async function runOffline(invocation: Invocation): Promise<ExitCode> {
  const { positionals, options, output, env, client, signal } = invocation;
  const [source = '', program, ...words] = positionals;
  const save = options.text('save');
  if (program === undefined && save === undefined)
    throw badOption(
      'An offline replay needs the program to run.',
      'Put it last: sightline replay <trace> --offline -- node app.js',
    );
  const folder = await mkdtemp(path.join(tmpdir(), 'sightline-replay-'));
  try {
    const file = await recordingFile(source, folder);
    if (program === undefined) return exitCodes.ok;
    const report = path.join(folder, 'report.json');
    const set = assignments(options.text('set'));
    const child = spawn(program, words, {
      stdio: 'inherit',
      env: {
        ...env,
        SIGHTLINE_REPLAY: file,
        SIGHTLINE_REPLAY_REPORT: report,
        ...variable(
          'SIGHTLINE_REPLAY_TRACE',
          isTraceId(source) ? source.toLowerCase() : options.text('trace'),
        ),
        ...variable(
          'SIGHTLINE_REPLAY_ON_DIVERGENCE',
          options.choice('on-divergence', ['fail', 'nearest', 'live']),
        ),
        ...variable('SIGHTLINE_REPLAY_PACE', options.choice('pace', ['instant', 'recorded'])),
        ...variable('SIGHTLINE_REPLAY_FREEZE', options.has('freeze') ? 'true' : undefined),
        ...variable('SIGHTLINE_REPLAY_FROM', options.text('from-span')),
        ...variable('SIGHTLINE_REPLAY_SET', set),
        ...variable('SIGHTLINE_REPLAY_RESULT', options.text('result')),
        ...variable('SIGHTLINE_REPLAY_LATER', options.choice('later', ['live', 'recorded'])),
      },
    });
    const stop = (): void => {
      child.kill('SIGTERM');
    };
    signal.addEventListener('abort', stop);
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', (error) =>
        reject(
          badOption(
            `Cannot run "${program}": ${error.message}.`,
            'Put the program and its arguments behind --.',
          ),
        ),
      );
      child.once('exit', (exitCode) => resolve(exitCode ?? exitCodes.failure));
    }).finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) return exitCodes.interrupted;
    if (!existsSync(report)) {
      output.note(
        'The program did not start the Sightline SDK, so nothing was replayed. Call init() in it, or run it with node --import @sightline/sdk/register.',
      );
      return exitCodes.failure;
    }
    if (output.json) output.document(JSON.parse(await readFile(report, 'utf8')));
    // The program's own exit code is passed on: what a script would see without the replay.
    return code as ExitCode;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }

  async function recordingFile(given: string, inFolder: string): Promise<string> {
    if (!isTraceId(given)) {
      if (save !== undefined)
        throw badOption('--save takes a trace of the server, not a file.', 'Give a trace id.');
      if (!existsSync(given))
        throw badOption(
          `"${given}" is neither a trace id nor a file.`,
          'Find a trace with "sightline traces".',
        );
      return path.resolve(given);
    }
    const file = path.resolve(save ?? path.join(inFolder, 'recording.jsonl'));
    const spans = await saveRecording(client, given.toLowerCase(), file);
    if (save !== undefined) output.note(`${counted(spans, 'span')} written to ${save}.`);
    return file;
  }
}

function variable(name: string, value: string | undefined): Readonly<Record<string, string>> {
  return value === undefined ? {} : { [name]: value };
}

/** `model=gpt-4o-mini,temperature=0` as JSON; values are JSON where they can be. An object of JSON is taken as it is. */
function assignments(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text.startsWith('{')) {
    try {
      return JSON.stringify(JSON.parse(text));
    } catch (error) {
      throw badOption(
        `--set is no JSON: ${(error as Error).message}.`,
        'Give {"model":"gpt-4o-mini"}, or model=gpt-4o-mini.',
      );
    }
  }
  const pairs = text.split(/,(?=[\w.-]+=)/).map((pair) => {
    const cut = pair.indexOf('=');
    if (cut < 1) throw badOption(`--set is "${text}", but takes name=value, such as model=gpt-4o-mini.`);
    const value = pair.slice(cut + 1);
    try {
      return [pair.slice(0, cut), JSON.parse(value) as unknown];
    } catch {
      return [pair.slice(0, cut), value];
    }
  });
  return JSON.stringify(Object.fromEntries(pairs));
}
