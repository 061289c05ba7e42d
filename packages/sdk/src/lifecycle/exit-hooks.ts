/**
 * Last telemetry of a process that ends. Nothing here changes how it ends: the exit code, the signal, and what the host's own
 * listeners do stay as they were; the wait is bounded by `exitFlushMsMax`.
 */
import type { ResolvedOptions } from '../config/resolved-options.ts';
import { recordCrash } from '../logging/record-crash.ts';
import { guard } from '../core/diagnostics.ts';
import type { Runtime } from '../runtime/runtime.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;
const workerStartMs = 50;

export function installExitHooks(runtime: Runtime, options: ResolvedOptions): () => void {
  let flushed = false;
  /** When waiting for the last telemetry began; all waits together stay within the bound. */
  let startedMs: number | undefined;
  // Node emits beforeExit when nothing is left to do, and again after the work that our flush adds.
  const onBeforeExit = () => {
    if (flushed) return;
    flushed = true;
    startedMs = performance.now();
    void runtime.flush(options.exitFlushMsMax);
  };
  const onCrash = (error: unknown, origin: string) =>
    guard('recording a crash', () => recordCrash(error, origin));
  // The only hook of a crash and of process.exit(): no promise runs any more, so a worker sends while this thread waits.
  const onExit = () => {
    const leftMs = options.exitFlushMsMax - (startedMs === undefined ? 0 : performance.now() - startedMs);
    if (leftMs >= workerStartMs) guard('sending the last telemetry', () => runtime.sendLastWords(leftMs));
  };
  process.on('exit', onExit);
  process.on('beforeExit', onBeforeExit);
  process.on('uncaughtExceptionMonitor', onCrash);

  const handlers = options.flushOnSignals
    ? signals.map((signal) => [signal, () => void onSignal(signal)] as const)
    : [];
  async function onSignal(signal: NodeJS.Signals): Promise<void> {
    // With listeners of its own, the host decides when to end; it gets a flush in the meantime.
    startedMs ??= performance.now();
    const hostDecides = process.listenerCount(signal) > 1;
    await runtime.flush(options.exitFlushMsMax);
    if (hostDecides) return;
    remove();
    process.kill(process.pid, signal);
  }
  for (const [signal, handler] of handlers) process.on(signal, handler);

  function remove(): void {
    process.off('exit', onExit);
    process.off('beforeExit', onBeforeExit);
    process.off('uncaughtExceptionMonitor', onCrash);
    for (const [signal, handler] of handlers) process.off(signal, handler);
  }
  return remove;
}
