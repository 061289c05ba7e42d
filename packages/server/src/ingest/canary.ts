/**
 * The built-in probe: a span of its own project goes through admission and journal like any other and is looked for
 * through the query path, so that "accepted but never visible" cannot happen unseen.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ensure, formatNanos, type Clock } from '@sightline/base';
import type { Canary as CanaryState } from '@sightline/schema/api';
import { jsonToProtobuf } from '@sightline/schema/otlp';
import { reservedProject } from './segment-loader.ts';

export interface CanaryOptions {
  readonly intervalMs: number;
  /** Beyond this the span counts as lost. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Sends a trace request through the receiving path; resolves when it is acknowledged. */
  readonly send: (project: string, request: Uint8Array) => Promise<unknown>;
  /** Whether a trace (32 hex digits) of the project can be read. */
  readonly isVisible: (project: string, traceId: string) => Promise<boolean>;
}

const pollMs = 25;

export class Canary {
  readonly #options: CanaryOptions;
  readonly #stop = new AbortController();
  #state: CanaryState = { state: 'starting', lastOk: null, lastVisibleMs: null, error: null };
  #running: Promise<void> | undefined;

  constructor(options: CanaryOptions) {
    this.#options = options;
  }

  get state(): CanaryState {
    return this.#state;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#state = { ...this.#state, state: 'off' };
  }

  async #run(): Promise<void> {
    const { intervalMs, timeoutMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      await this.probe();
      // Readiness waits for the next good round, so after a bad one it comes soon.
      await this.#pause(this.#state.state === 'ok' ? intervalMs : Math.min(intervalMs, timeoutMs));
    }
  }

  /** One round. Never throws: what went wrong is in `state`. */
  async probe(): Promise<void> {
    const { clock, send } = this.#options;
    try {
      const traceId = randomBytes(16).toString('hex');
      await send(reservedProject, canaryRequest(traceId, clock));
      const lastVisibleMs = await this.#untilVisible(traceId);
      if (lastVisibleMs === undefined) return;
      this.#state = { state: 'ok', lastOk: formatNanos(clock.now()), lastVisibleMs, error: null };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#state = { ...this.#state, state: 'failing', error: message };
    }
  }

  /** Milliseconds from acknowledgement; undefined where the canary was stopped meanwhile. */
  async #untilVisible(traceId: string): Promise<number | undefined> {
    const { clock, timeoutMs, isVisible } = this.#options;
    const acknowledgedMs = clock.monotonicMs();
    let failure: unknown;
    while (!this.#stop.signal.aborted) {
      const seen = await isVisible(reservedProject, traceId).catch((error: unknown) => {
        failure = error;
        return false;
      });
      const elapsedMs = clock.monotonicMs() - acknowledgedMs;
      if (seen) return elapsedMs;
      if (elapsedMs > timeoutMs)
        throw new Error(`The span was acknowledged ${Math.round(elapsedMs)} ms ago and cannot be read.`, {
          cause: failure,
        });
      await this.#pause(pollMs);
    }
    return undefined;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
  }
}

function canaryRequest(traceId: string, clock: Clock): Uint8Array {
  const now = clock.now().toString();
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'canary',
    kind: 1,
    startTimeUnixNano: now,
    endTimeUnixNano: now,
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'sightline' } }] };
  const scopeSpans = [{ scope: { name: 'sightline.canary' }, spans: [span] }];
  const json = JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] });
  const request = jsonToProtobuf('traces', Buffer.from(json));
  return ensure(request.ok ? request.value : undefined, 'canary request');
}
