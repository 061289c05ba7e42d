/** Puts a recording in force: the barrier is up, traced operations ask the session. */
import { readFileSync, writeFileSync } from 'node:fs';
import { EnvironmentReader, type Environment } from '../config/environment.ts';
import { SightlineConfigError } from '../core/sdk-error.ts';
import { freeze } from './freeze.ts';
import { raiseBarrier } from './network-barrier.ts';
import { parseJson } from './exchange.ts';
import { readRecording, type Recording } from './recording.ts';
import { replaceReplay } from './replay-slot.ts';
import { ReplaySession, type ReplayOptions } from './replay-session.ts';
import { describeReplay } from './report.ts';

export interface StartedReplay {
  readonly session: ReplaySession;
  stop(): void;
}

export function startReplay(
  recording: Recording,
  options: ReplayOptions & { readonly freeze?: boolean },
): StartedReplay {
  const session = new ReplaySession(recording, options);
  const lower = raiseBarrier({
    answer: (request) => session.answerHttp(request),
    refused: (what) => session.noteRefused(what),
    goesLive: () => session.goesLive,
  });
  const thaw = options.freeze === true ? freeze(recording.traceId, () => session.reachedMs) : undefined;
  replaceReplay(session);
  return {
    session,
    stop: () => {
      replaceReplay(undefined);
      lower();
      thaw?.();
    },
  };
}

export function readRecordingFile(path: string, traceId?: string): Recording {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new SightlineConfigError(
      `the recording ${path}`,
      `cannot be read (${error instanceof Error ? error.message : String(error)})`,
      'Write it with "sightline replay <trace> --save <file>".',
    );
  }
  return readRecording(text, `the recording ${path}`, traceId);
}

/** What `sightline replay --offline` sets. The report is printed when the process ends, and decides its exit code. */
export function startReplayFromEnvironment(environment: Environment): void {
  const env = new EnvironmentReader(environment);
  const path = env.text('SIGHTLINE_REPLAY');
  if (path === undefined) return;
  const recording = readRecordingFile(path, env.text('SIGHTLINE_REPLAY_TRACE'));
  const set = env.text('SIGHTLINE_REPLAY_SET');
  const result = env.text('SIGHTLINE_REPLAY_RESULT');
  const { session } = startReplay(recording, {
    onDivergence: oneOf(env, 'SIGHTLINE_REPLAY_ON_DIVERGENCE', ['fail', 'nearest', 'live']),
    pace: oneOf(env, 'SIGHTLINE_REPLAY_PACE', ['instant', 'recorded']),
    freeze: env.boolean('SIGHTLINE_REPLAY_FREEZE') ?? false,
    from: env.text('SIGHTLINE_REPLAY_FROM'),
    later: oneOf(env, 'SIGHTLINE_REPLAY_LATER', ['live', 'recorded']),
    ...(set === undefined ? {} : { set: asRecord(parseJson(set)) }),
    ...(result === undefined ? {} : { result: parseJson(result) ?? result }),
  });
  const reportPath = env.text('SIGHTLINE_REPLAY_REPORT');
  process.once('exit', () => {
    const divergences = session.finish();
    process.stderr.write(`\n${describeReplay(recording.traceId, session.answered, divergences)}`);
    if (divergences.length > 0) process.exitCode ||= divergedExitCode;
    if (reportPath !== undefined)
      writeFileSync(
        reportPath,
        JSON.stringify({ traceId: recording.traceId, answered: session.answered, divergences }),
      );
  });
}

/** Of a program that ended well although its replay diverged. */
export const divergedExitCode = 5;

function oneOf<const T extends string>(env: EnvironmentReader, name: string, values: readonly T[]): T {
  const text = env.text(name);
  const found = values.find((value) => value === text);
  if (found === undefined && text !== undefined)
    throw new SightlineConfigError(name, `is "${text}"`, `Use ${values.join(', ')}.`);
  return found ?? (values[0] as T);
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
