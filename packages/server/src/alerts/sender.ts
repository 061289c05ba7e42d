/**
 * Delivers what is in the outbox. Any number of servers do, each message once: it is claimed, sent outside of any transaction, and marked. A server that
 * ends between sending and marking leaves a message that is sent again, with the same key.
 */
import { retryPauseMs } from '@sightline/base';
import type { Logger } from 'pino';
import {
  claimMessage,
  type ClaimedMessage,
  markDelivered,
  markFailed,
  releaseMessages,
} from '../catalog/alert-outbox.ts';
import type { CatalogDatabase } from '../catalog/catalog-database.ts';
import { readNotification } from './compose-message.ts';
import type { Channel, Delivery } from './notification.ts';

export interface SenderOptions {
  readonly catalog: CatalogDatabase;
  readonly holder: string;
  readonly channelOf: (place: {
    readonly project: string;
    readonly id: string;
  }) => Promise<Channel | undefined>;
  readonly log: Pick<Logger, 'warn'>;
}

const leaseMs = 60_000;
/** Below the lease: nobody else sends a message that is still on its way. */
const deliverMsMax = 30_000;
const perChannelMax = 2;
const inFlightMax = 32;
const firstRetryMs = 5_000;
const retryMsMax = 3_600_000;
const hoursMax = 24;

export class Sender {
  readonly #options: SenderOptions;
  /** Messages on their way, by channel. */
  readonly #inFlight = new Map<string, number>();
  readonly #work = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #isReleased = false;
  #isLooking = false;
  #isWanted = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Begins to send what is due, as much as may be sent at once. One look at a time: it counts what is on its way. */
  async look(): Promise<void> {
    this.#isWanted = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      while (this.#isWanted) {
        this.#isWanted = false;
        await this.#claimAll();
      }
    } finally {
      this.#isLooking = false;
    }
  }

  async #claimAll(): Promise<void> {
    const { catalog, holder } = this.#options;
    if (!this.#isReleased) {
      await releaseMessages(catalog, holder);
      this.#isReleased = true;
    }
    while (this.#work.size < inFlightMax && !this.#stop.signal.aborted) {
      const except = [...this.#inFlight]
        .filter(([, count]) => count >= perChannelMax)
        .map(([channel]) => channel);
      const claimed = await claimMessage(catalog, { holder, leaseMs, except });
      if (claimed === undefined) return;
      this.#begin(claimed);
    }
  }

  /** Ends what is on its way, and leaves it to be sent again. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#work);
  }

  #begin(message: ClaimedMessage): void {
    const { channel } = message;
    this.#inFlight.set(channel, (this.#inFlight.get(channel) ?? 0) + 1);
    const work = this.#send(message)
      .catch((error: unknown) =>
        this.#options.log.warn(
          { err: error },
          'What became of a message could not be noted; it is sent again.',
        ),
      )
      .finally(() => {
        this.#work.delete(work);
        const left = (this.#inFlight.get(channel) ?? 1) - 1;
        if (left > 0) this.#inFlight.set(channel, left);
        else this.#inFlight.delete(channel);
        // Its place is for the next; a failure is met again by the next look.
        void this.look().catch(() => undefined);
      });
    this.#work.add(work);
  }

  async #send(message: ClaimedMessage): Promise<void> {
    const { catalog, holder, log } = this.#options;
    const { id, attempts } = message;
    const delivery = await this.#deliver(message);
    if (delivery.kind === 'delivered') {
      await markDelivered(catalog, { id, holder }, delivery.reference);
      return;
    }
    const { reason } = delivery;
    const afterMs =
      delivery.kind === 'refused' ? undefined : Math.max(delivery.afterMs ?? 0, backoffMs(attempts));
    log.warn(
      { channel: message.channel, attempts, reason, isLast: afterMs === undefined },
      'A message of an alert could not be delivered.',
    );
    await markFailed(catalog, { id, holder }, { reason, afterMs, hoursMax });
  }

  async #deliver({ project, channel: id, body, reference }: ClaimedMessage): Promise<Delivery> {
    try {
      const channel = await this.#options.channelOf({ project, id });
      if (channel === undefined) return { kind: 'refused', reason: `There is no channel "${id}".` };
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(deliverMsMax)]);
      const late = new Promise<Delivery>((resolve) => {
        signal.addEventListener(
          'abort',
          () => resolve({ kind: 'retry', reason: 'It was not delivered in time.' }),
          { once: true },
        );
      });
      return await Promise.race([
        channel.deliver(readNotification(body), { reference: reference ?? undefined, signal }),
        late,
      ]);
    } catch (error) {
      return { kind: 'retry', reason: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** 5 s, 10 s, 20 s … an hour. */
export function backoffMs(attempts: number): number {
  return retryPauseMs(attempts, { firstMs: firstRetryMs, longestMs: retryMsMax });
}
