/** Runs many recorded runs again, with progress, a gate for CI, and reports. Ctrl-C pauses; --resume goes on. */
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  replayBatch,
  type ReplayBatch,
  replayBatchResponse,
  type ReplayBatchResponse,
} from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { badOption } from '../arguments/options.ts';
import type { Invocation } from '../command.ts';
import { type ExitCode, exitCodes, Interrupted } from '../exit-code.ts';
import { counted, formatCount, formatNumber } from '@sightline/base';
import { oneLine } from '../output/format.ts';
import { askAfterInterrupt } from '../client/after-interrupt.ts';
import { onceOffered } from './once-offered.ts';
import { batchFigures, shown } from './figures.ts';
import { junitReport, markdownReport } from './reports.ts';

const lookMs = 500;
/** Spans, and with them costs, may come a moment after the last answer. */
const settleMs = 3_000;

export async function runBulk(invocation: Invocation): Promise<ExitCode> {
  const { client, options, output } = invocation;
  const resumed = options.text('resume');
  const begun =
    resumed === undefined
      ? await onceOffered(invocation, async () => begin(invocation))
      : await change(invocation, resumed, 'running');
  const batch = await follow(invocation, begun);
  if (batch.counts.done + batch.counts.failed > 0) await delay(settleMs);
  const result = await client.get(`replay-batches/${batch.id}`, {}, replayBatchResponse);
  await write(options.text('junit'), () => junitReport(result));
  await write(options.text('markdown'), () => markdownReport(result));
  if (output.json) output.document(result);
  else for (const line of describe(result, invocation)) output.line(line);
  if (result.gate !== null) return result.gate.passed && isWhole(batch) ? exitCodes.ok : exitCodes.failure;
  return batch.counts.failed + batch.counts.lost === 0 ? exitCodes.ok : exitCodes.failure;
}

/** A batch that was stopped says nothing about the runs it left out. */
function isWhole({ counts, stoppedAtBudget }: ReplayBatch): boolean {
  return counts.lost === 0 && counts.cancelled === 0 && !stoppedAtBudget;
}

async function begin({ client, options }: Invocation): Promise<ReplayBatch> {
  const target = options.text('target');
  const gate = options.text('gate');
  const from = options.text('from');
  const to = options.text('to');
  const budgetUsd = options.number('budget-usd', { min: 0, max: 1_000_000 });
  return client.post(
    'replay-batches',
    {
      q: options.text('q') ?? '',
      limit: options.integer('limit', { min: 1, max: 1_000 }) ?? 100,
      concurrency: options.integer('concurrency', { min: 1, max: 100 }) ?? 8,
      ...(target === undefined ? {} : { target }),
      ...(gate === undefined ? {} : { gate }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(budgetUsd === undefined ? {} : { budgetUsd }),
    },
    replayBatch,
  );
}

async function change({ client }: Invocation, id: string, state: 'running' | 'paused'): Promise<ReplayBatch> {
  return client.put(`replay-batches/${encodeURIComponent(id)}/state`, { state }, replayBatch);
}

async function follow(invocation: Invocation, begun: ReplayBatch): Promise<ReplayBatch> {
  const { client, options, output, signal } = invocation;
  let batch = begun;
  const waitMs = options.durationMs('wait');
  const beganMs = performance.now();
  while (batch.state === 'running') {
    const { counts } = batch;
    const all = Object.values(counts).reduce((a, b) => a + b, 0);
    const ended = all - counts.queued - counts.running;
    output.progress(
      all === 0 ? 0 : ended / all,
      `${formatCount(ended)} of ${counted(all, 'run')}, ${counts.failed} failed`,
    );
    await delay(lookMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) {
      output.status('');
      const paused = { method: 'PUT', body: { state: 'paused' } } as const;
      await askAfterInterrupt(invocation, `replay-batches/${batch.id}/state`, paused);
      output.note(`Paused. Go on with: sightline replay --resume ${batch.id}`);
      throw new Interrupted();
    }
    batch = await client.get(`replay-batches/${batch.id}/state`, {}, replayBatch);
    if (waitMs !== undefined && batch.counts.queued === all && performance.now() - beganMs > waitMs) {
      output.status('');
      await change(invocation, batch.id, 'paused');
      throw new SightlineError('nothing_to_replay', `Nobody took a replay within ${options.text('wait')}.`, {
        hint: `Start a program that calls target(), then: sightline replay --resume ${batch.id}`,
      });
    }
  }
  output.status('');
  return batch;
}

async function write(path: string | undefined, text: () => string): Promise<void> {
  if (path === undefined) return;
  await writeFile(path, text()).catch((error: unknown) => {
    throw badOption(
      `Cannot write "${path}": ${error instanceof Error ? error.message : String(error)}.`,
      'Name another file.',
    );
  });
}

function describe(
  { batch, before, after, gate, items }: ReplayBatchResponse,
  { output: { style }, client }: Invocation,
): string[] {
  const worst = items.filter(({ verdict }) => verdict === 'regressed' || verdict === 'failed');
  return [
    `${style.bold(`${counted(after.runs, 'run')} replayed`)}  ${client.url}/replays?batch=${batch.id}`,
    ...(batch.stoppedAtBudget
      ? [style.warning(`Stopped at the budget; ${batch.counts.skipped} runs were not begun.`)]
      : []),
    ...(batch.counts.lost > 0
      ? [style.warning(`${batch.counts.lost} were lost: whoever ran them left without a result.`)]
      : []),
    ...(batch.leftOut.length > 0
      ? [
          style.warning(
            `${batch.leftOut.length} runs cannot be replayed. The first: ${batch.leftOut[0]?.reason ?? ''}.`,
          ),
        ]
      : []),
    '',
    ...batchFigures.map(
      ([name, key, format]) =>
        `  ${name.padEnd(14)} ${shown(before[key], format).padStart(10)} → ${shown(after[key], format)}`,
    ),
    ...(worst.length === 0
      ? []
      : [
          '',
          ...worst
            .slice(0, 20)
            .map(
              ({ verdict, replay }) =>
                `  ${style.error(verdict)}  ${replay.sourceTraceId}  ${oneLine(replay.error ?? '')}`,
            ),
        ]),
    ...(gate === null
      ? []
      : [
          '',
          ...gate.conditions.map(
            ({ text, value, limit, passed }) =>
              `  ${passed ? style.good('✓') : style.error('✗')} ${text}  ${style.dim(`(${shown(value, formatNumber)} against ${shown(limit, formatNumber)})`)}`,
          ),
          gate.passed ? style.good('The gate passes.') : style.error('The gate does not pass.'),
        ]),
  ];
}
