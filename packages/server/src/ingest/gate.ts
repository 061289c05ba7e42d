/**
 * Lets in what the journal has room for. Beyond its bound requests wait for a load to end, in the order they came, which slows senders
 * down to the pace of the engine without an error; those that waited too long are refused with the time after which to try
 * again. How many bytes wait is bounded where bodies are read, see MemoryBudget.
 *
 * Where no load can make room, because the engine is away or the quarantine fills the bound, requests are refused at once.
 */
import type { Clock } from '@sightline/base';
import type { TelemetrySignal } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import { overloaded } from './journal-failure.ts';

export interface GateLimits {
  readonly waitMsMax: number;
  readonly journalBytesMax: number;
}

export interface GateView {
  /** Bytes of all segments on disk. */
  journalBytes(): number;
  /** Bytes that the engine refused. They share the journal's bound: nothing acknowledged is lost, and no disk fills. */
  quarantineBytes(): number;
  isAway(signal: TelemetrySignal): boolean;
}

export interface Entry {
  readonly signal: TelemetrySignal;
  readonly bytes: number;
  /** Whether nobody waits for the answer any more. If not given, somebody always does. */
  readonly isAbandoned?: () => boolean;
}

interface Waiter extends Entry {
  readonly sinceMs: number;
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

const pollMs = 20;
const retryS = 5;
/** Somebody has to do something first. */
const quarantineRetryS = 30;

export class Gate {
  readonly #limits: GateLimits;
  readonly #view: GateView;
  readonly #clock: Clock;
  #waiters: Waiter[] = [];
  /** Bytes let in and not yet in the journal. */
  #enteringBytes = 0;
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: GateLimits, view: GateView, clock: Clock) {
    this.#limits = limits;
    this.#view = view;
    this.#clock = clock;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Runs `write` when there is room. Whoever left while waiting is not let in: senders give up to send again, and would be stored twice.
   * @throws SightlineError `overloaded`, `bad_request`.
   */
  async through<T>(entry: Entry, write: () => Promise<T>): Promise<T> {
    const { bytes } = entry;
    if (this.#waiters.length === 0 && this.#hasRoom(bytes)) this.#enteringBytes += bytes;
    else await this.#wait(entry);
    try {
      return await write();
    } finally {
      this.#enteringBytes -= bytes;
    }
  }

  /** To be called when there may be room: lets in those that wait for it, in the order they came. */
  readonly release = (): void => {
    const oldestMs = this.#clock.monotonicMs() - this.#limits.waitMsMax;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      const isAbandoned = waiter.isAbandoned?.() === true;
      const isNext = !isAbandoned && this.#waiters.length === 0 && this.#hasRoom(waiter.bytes);
      const isOver = waiter.sinceMs < oldestMs || !this.#mayGetRoom(waiter);
      if (!isAbandoned && !isNext && !isOver) {
        this.#waiters.push(waiter);
        continue;
      }
      this.#waitingBytes -= waiter.bytes;
      if (isNext) {
        this.#enteringBytes += waiter.bytes;
        waiter.admit();
      } else waiter.refuse(isAbandoned ? abandoned() : this.#full());
    }
    if (this.#waiters.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  };

  #hasRoom(bytes: number): boolean {
    const held = this.#view.journalBytes() + this.#enteringBytes + this.#view.quarantineBytes();
    return held + bytes <= this.#limits.journalBytesMax;
  }

  #mayGetRoom({ signal, bytes }: Entry): boolean {
    return this.#view.quarantineBytes() + bytes <= this.#limits.journalBytesMax && !this.#view.isAway(signal);
  }

  async #wait(entry: Entry): Promise<void> {
    if (!this.#mayGetRoom(entry)) throw this.#full();
    this.#waitingBytes += entry.bytes;
    await new Promise<void>((admit, refuse) => {
      this.#waiters.push({ ...entry, sinceMs: this.#clock.monotonicMs(), admit, refuse });
      this.#timer ??= setInterval(this.release, pollMs).unref();
    });
  }

  #full(): SightlineError {
    const { journalBytesMax } = this.#limits;
    const setAside = this.#view.quarantineBytes();
    if (setAside > this.#view.journalBytes() + this.#enteringBytes)
      return overloaded(
        `the quarantine holds ${setAside} of the ${journalBytesMax} bytes that it and the journal have together; ` +
          'mend the reasons it tells and run "sightline resend-quarantine"',
        quarantineRetryS,
      );
    return overloaded(
      `the journal holds its maximum of ${journalBytesMax} bytes, waiting for the engine`,
      retryS,
    );
  }
}

function abandoned(): SightlineError {
  return new SightlineError('bad_request', 'The sender went away before the request was stored.', {
    hint: 'Send it again, and wait longer for the answer.',
  });
}
