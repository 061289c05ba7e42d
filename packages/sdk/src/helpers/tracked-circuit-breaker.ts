import { counter, gauge } from '../metrics/instruments.ts';
import { getLogger } from '../logging/logger.ts';
import { withSpan } from '../tracing/with-span.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerOptions {
  /** Failures in a row that open it. Default 5. */
  readonly failuresMax?: number;
  /** How long it stays open before one call may try. Default 30,000 ms. */
  readonly resetAfterMs?: number;
  /** What counts as a failure. Default: every error. */
  readonly isFailure?: (error: unknown) => boolean;
  readonly nowMs?: () => number;
}

export interface TrackedCircuitBreaker {
  readonly state: BreakerState;
  /** Runs `fn`, or throws CircuitOpenError without running it. */
  run<T>(fn: () => T | Promise<T>): Promise<T>;
}

/** The circuit is open: the call was not made. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
}

const stateValue = { closed: 0, half_open: 1, open: 2 } as const;
const states = gauge('circuit_breaker.state', { description: '0 closed, 1 half open, 2 open.' });
const transitions = counter('circuit_breaker.transitions', { unit: '{transition}' });
const refused = counter('circuit_breaker.refused', { unit: '{call}' });
const log = getLogger('sightline.circuit-breaker');

/**
 * A circuit breaker whose state, transitions and refusals are metrics, spans and log lines.
 *
 * @example
 * const breaker = trackedCircuitBreaker('llm', { failuresMax: 3 });
 * await breaker.run(async () => 'answer');
 */
export function trackedCircuitBreaker(name: string, options: BreakerOptions = {}): TrackedCircuitBreaker {
  const { failuresMax = 5, resetAfterMs = 30_000, isFailure = () => true, nowMs = Date.now } = options;
  const labels = { 'circuit_breaker.name': name };
  let state: BreakerState = 'closed';
  let failures = 0;
  let openedMs = 0;
  let trying = false;
  states.set(0, labels);

  function moveTo(next: BreakerState): void {
    if (next === state) return;
    log.warning(`Circuit breaker ${name} goes from ${state} to ${next}`, {
      category: 'SYSTEM',
      data: { failures },
    });
    transitions.add(1, { ...labels, from: state, to: next });
    state = next;
    if (next === 'open') openedMs = nowMs();
    states.set(stateValue[next], labels);
  }

  function admit(): boolean {
    if (state === 'open' && nowMs() - openedMs >= resetAfterMs) moveTo('half_open');
    // Half open lets one call through; the others wait for its verdict.
    if (state === 'open' || (state === 'half_open' && trying)) return false;
    if (state === 'half_open') trying = true;
    return true;
  }

  return {
    get state() {
      return state;
    },
    run: (fn) =>
      withSpan(`circuit_breaker ${name}`, labels, async (span) => {
        if (!admit()) {
          refused.add(1, labels);
          span.setAttributes({ 'circuit_breaker.state': state, 'circuit_breaker.refused': true });
          throw new CircuitOpenError(`The circuit breaker "${name}" is ${state}; the call was not made.`);
        }
        try {
          const result = await fn();
          failures = 0;
          moveTo('closed');
          return result;
        } catch (error) {
          if (isFailure(error)) failures++;
          if (state === 'half_open' || failures >= failuresMax) moveTo('open');
          throw error;
        } finally {
          trying = false;
          span.setAttributes({ 'circuit_breaker.state': state });
        }
      }),
  };
}
