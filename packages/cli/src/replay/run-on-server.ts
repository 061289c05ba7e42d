/** Runs one recorded run again on its target, and shows both side by side. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Replay,
  replay as replaySchema,
  replayComparison,
  type ReplayComparison,
} from '@sightline/schema/api';
import { badOption } from '../arguments/options.ts';
import type { Invocation } from '../command.ts';
import { type ExitCode, exitCodes, Interrupted } from '../exit-code.ts';
import { formatCostUsd, formatCount, formatDurationMs } from '@sightline/base';
import { oneLine, printable } from '../output/format.ts';
import { askAfterInterrupt } from '../client/after-interrupt.ts';
import { onceOffered } from './once-offered.ts';
import { isTraceId } from './trace-id.ts';

const lookMs = 300;
/** Spans of the new run may come a moment after its answer. */
const spansWaitMs = 8_000;

export async function runOnServer(invocation: Invocation): Promise<ExitCode> {
  const { client, positionals, options, output, signal } = invocation;
  const [source = ''] = positionals;
  if (positionals.length > 1)
    throw badOption('A program is run only with --offline.', 'Add --offline, or leave the program out.');
  const input = options.text('input');
  const wanted = {
    ...(isTraceId(source) ? { traceId: source.toLowerCase() } : { runId: source }),
    ...(options.text('target') === undefined ? {} : { target: options.text('target') }),
    ...(input === undefined ? {} : { input: readJson(input) }),
  };
  const begun = await onceOffered(invocation, async () => client.post('replays', wanted, replaySchema));
  const ended = await follow(invocation, begun);
  const comparison = await compare(invocation, ended);
  if (output.json) output.document(comparison);
  else for (const line of describeComparison(comparison, invocation)) output.line(line);
  if (signal.aborted) throw new Interrupted();
  return ended.state === 'done' ? exitCodes.ok : exitCodes.failure;
}

async function follow(invocation: Invocation, begun: Replay): Promise<Replay> {
  const { client, output, signal } = invocation;
  let replay = begun;
  while (replay.state === 'queued' || replay.state === 'running') {
    output.status(`${replay.state}: ${replay.target}`);
    await delay(lookMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) {
      await askAfterInterrupt(invocation, `replays/${replay.id}/cancel`, { method: 'POST' });
      throw new Interrupted();
    }
    replay = await client.get(`replays/${replay.id}`, {}, replaySchema);
  }
  output.status('');
  return replay;
}

async function compare({ client, signal }: Invocation, { id, traceId }: Replay): Promise<ReplayComparison> {
  const untilMs = performance.now() + spansWaitMs;
  for (;;) {
    const comparison = await client.get(`replays/${id}/comparison`, {}, replayComparison);
    const isWhole = comparison.stepsLeftOut === null || traceId === null;
    if (isWhole || signal.aborted || performance.now() > untilMs) return comparison;
    await delay(lookMs * 3);
  }
}

function describeComparison(comparison: ReplayComparison, { output: { style } }: Invocation): string[] {
  const { replay, answer, steps, stepsLeftOut } = comparison;
  const pair = (
    name: string,
    figures: { before: number | null; after: number | null },
    format: (value: number) => string,
  ) => {
    const show = (value: number | null) => (value === null ? '–' : format(value));
    return `  ${name.padEnd(10)} ${show(figures.before)} → ${show(figures.after)}`;
  };
  const state = replay.state === 'done' ? style.good(replay.state) : style.error(replay.state);
  const marks = { '+': style.good, '-': style.error, ' ': style.dim } as const;
  return [
    `${style.bold(replay.target)}  ${state}  ${replay.sourceTraceId} → ${replay.traceId ?? 'no trace'}`,
    ...(replay.masked ? [style.warning('The recorded input is masked, and was replayed masked.')] : []),
    ...(replay.error === null ? [] : [style.error(printable(replay.error))]),
    '',
    pair('time', comparison.durationMs, formatDurationMs),
    pair('tokens in', comparison.inputTokens, formatCount),
    pair('tokens out', comparison.outputTokens, formatCount),
    pair('cost', comparison.costUsd, formatCostUsd),
    pair('errors', comparison.errors, formatCount),
    ...comparison.scores.map((score) => pair(oneLine(score.name), score, String)),
    '',
    answer.same === null
      ? 'One of the answers is not known.'
      : answer.same
        ? style.good('The answer is the same.')
        : 'The answer changed:',
    ...(answer.same === true
      ? []
      : answer.diff.map(({ mark, text }) => marks[mark](`  ${mark} ${printable(text)}`))),
    '',
    ...(stepsLeftOut === null
      ? steps.map((step) => {
          const mark = { same: ' ', changed: '~', added: '+', removed: '-' }[step.state];
          const times = `${step.before === null ? '–' : formatDurationMs(step.before.durationMs)} → ${step.after === null ? '–' : formatDurationMs(step.after.durationMs)}`;
          return `  ${mark} ${'  '.repeat(step.depth)}${oneLine(step.name)}  ${style.dim(times)}`;
        })
      : [style.dim(stepsLeftOut)]),
  ];
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
