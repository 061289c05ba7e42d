/**
 * Lets in only what will be visible soon. The loaders forecast when what comes in now will be in the tables; beyond `lagMsMax`, or less where loads are late, requests wait a moment before they are written, which slows senders down to the pace of
 * the engine without an error. Those that waited too long are refused with the time after which to try
 * again. How many bytes wait is bounded where bodies are read, see MemoryBudget.
 *
 * While the engine does not answer at all nothing can be visible soon, and keeping the data is worth more than its
 * freshness: the journal then takes everything up to its own bound.
 */
import type { Clock } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { overloaded } from './journal-failure.ts';
import { LagBound } from './lag-bound.ts';

export interface GateLimits {
  readonly lagMsMax: number;
  readonly waitMsMax: number;
  readonly journalBytesMax: number;
}

export interface GateView {
  /** Bytes of all segments on disk. */
  journalBytes(): number;
  /** Bytes that the engine refused. They share the journal's bound: nothing acknowledged is lost, and no disk fills. */
  quarantineBytes(): number;
  /**
   * Milliseconds until what is journalled now and `enteringBytes` more are in the tables; 0 where letting in more would make nothing later that is
   * worth a load. Undefined while the engine is away for this signal.
   */
  visibleInMs(signal: TelemetrySignal, enteringBytes: number): number | undefined;
}

export interface Entry {
  readonly signal: TelemetrySignal;
  readonly bytes: number;
  /** Whether nobody waits for the answer any more. Without it, somebody always does. */
  readonly isAbandoned?: () => boolean;
}

interface Waiter extends Entry {
  readonly sinceMs: number;
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

const pollMs = 20;
/** Somebody has to do something first. */
const quarantineRetryS = 30;

export class Gate {
  readonly #limits: GateLimits;
  readonly #view: GateView;
  readonly #clock: Clock;
  readonly #lag: LagBound;
  #waiters: Waiter[] = [];
  /** Bytes let in and not yet in the journal. */
  #enteringBytes = 0;
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: GateLimits, view: GateView, clock: Clock) {
    this.#limits = limits;
    this.#view = view;
    this.#clock = clock;
    this.#lag = new LagBound(limits.lagMsMax);
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Runs `write` when there is room. Whoever left while waiting is not let in: senders give up to send again, and would be stored twice.
   * @throws SightlineError `overloaded`, `bad_request`.
   */
  async through<T>(entry: Entry, write: () => Promise<T>): Promise<T> {
    const { signal, bytes } = entry;
    this.#assertJournalHasRoom(bytes);
    if (this.#waiters.length > 0 || !this.#hasRoom(signal)) await this.#wait(entry);
    else this.#enteringBytes += bytes;
    try {
      return await write();
    } finally {
      this.#enteringBytes -= bytes;
    }
  }

  /** To be called when what just came was loaded, with the age of the oldest of it. */
  loaded(ageMs: number): void {
    this.#lag.observe(ageMs);
    this.release();
  }

  /** To be called when there may be room: lets in those that wait for it, in the order they came. */
  readonly release = (): void => {
    this.#waiters = this.#waiters.filter((waiter) => {
      const isAbandoned = waiter.isAbandoned?.() === true;
      if (!isAbandoned && !this.#hasRoom(waiter.signal)) return true;
      this.#waitingBytes -= waiter.bytes;
      if (isAbandoned) {
        waiter.refuse(abandoned());
        return false;
      }
      this.#enteringBytes += waiter.bytes;
      waiter.admit();
      return false;
    });
  };

  #assertJournalHasRoom(bytes: number): void {
    const { journalBytesMax } = this.#limits;
    const setAside = this.#view.quarantineBytes();
    const waiting = this.#view.journalBytes() + this.#enteringBytes;
    if (waiting + setAside + bytes <= journalBytesMax) return;
    if (setAside > waiting)
      throw overloaded(
        `the quarantine holds ${setAside} of the ${journalBytesMax} bytes that it and the journal have together; ` +
          'mend the reasons it tells and run "sightline resend-quarantine"',
        quarantineRetryS,
      );
    throw overloaded(`the journal holds its maximum of ${journalBytesMax} bytes, waiting for the engine`, 5);
  }

  #hasRoom(signal: TelemetrySignal): boolean {
    const visibleInMs = this.#view.visibleInMs(signal, this.#enteringBytes);
    return visibleInMs === undefined || visibleInMs < this.#lag.ms;
  }

  async #wait(entry: Entry): Promise<void> {
    this.#waitingBytes += entry.bytes;
    await new Promise<void>((admit, refuse) => {
      this.#waiters.push({ ...entry, sinceMs: this.#clock.monotonicMs(), admit, refuse });
      this.#timer ??= setInterval(() => this.#tick(), pollMs).unref();
    });
  }

  #tick(): void {
    this.release();
    const oldestMs = this.#clock.monotonicMs() - this.#limits.waitMsMax;
    const expired = this.#waiters.filter(({ sinceMs }) => sinceMs < oldestMs);
    this.#waiters = this.#waiters.filter(({ sinceMs }) => sinceMs >= oldestMs);
    for (const { bytes, refuse } of expired) {
      this.#waitingBytes -= bytes;
      refuse(overloaded('more arrives than the engine can load', 1));
    }
    if (this.#waiters.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function abandoned(): SightlineError {
  return new SightlineError('bad_request', 'The sender went away before the request was stored.', {
    hint: 'Send it again, and wait longer for the answer.',
  });
}
