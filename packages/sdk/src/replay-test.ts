import { init, flush } from './lifecycle/init.ts';
import { currentRuntime } from './runtime/runtime.ts';
import { memoryExporter } from './config/memory-exporter.ts';
import { describeReplay } from './replay/report.ts';
import type { ReplayOptions } from './replay/replay-session.ts';
import { ReplayDivergenceError } from './replay/replay-divergence-error.ts';
import { readRecordingFile, startReplay } from './replay/start-replay.ts';

export interface ReplayTestOptions extends ReplayOptions {
  /** Which trace, where the file holds several. */
  readonly traceId?: string;
  /** Time, random numbers and ids as in the recording. Default true. */
  readonly freeze?: boolean;
}

/**
 * Runs `app` with every outside call answered from the recording in `path`, offline, and gives back what it returned. Throws what
 * `app` throws, and a `ReplayDivergenceError` with a diff when its calls are not those of the recording. For vitest, node:test and the like;
 * one at a time in a process.
 *
 * @example
 * test('order 4711 is refunded', () => replayTest('trace.json', () => refund('4711')));
 */
export async function replayTest<T>(
  path: string,
  app: () => T | Promise<T>,
  options: ReplayTestOptions = {},
): Promise<T> {
  const recording = readRecordingFile(path, options.traceId);
  if (currentRuntime() === undefined)
    init({
      exporters: [memoryExporter()],
      logHandlers: [],
      processMetrics: false,
      capture: 'masked',
      sampling: { rate: 1 },
    });
  const replay = startReplay(recording, { freeze: true, ...options });
  let result: T;
  try {
    result = await app();
  } finally {
    replay.stop();
    await flush({ timeoutMs: 1000 });
  }
  const divergences = replay.session.finish();
  if (divergences.length > 0)
    throw new ReplayDivergenceError(describeReplay(recording.traceId, replay.session.answered, divergences));
  return result;
}
