import { once } from 'node:events';
import { SightlineError } from '@sightline/schema/errors';
import type { FastifyReply } from 'fastify';

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const;

/** A client that reads nothing for this long is let go. */
const drainMsMax = 30_000;

/**
 * Server-sent events to one client, which may go away or stop reading at any moment. At most one piece is held for it: the next is
 * made once it has read the last.
 */
export class EventStream {
  readonly #raw: FastifyReply['raw'];
  readonly #gone = new AbortController();

  /** Sends the head of the answer; from then on nobody else answers. */
  constructor(reply: FastifyReply) {
    const { raw } = reply;
    this.#raw = raw;
    reply.hijack();
    // A client may leave while its key is looked up. No event tells of it any more.
    if (raw.destroyed) this.#gone.abort();
    raw.once('close', () => this.#gone.abort());
    raw.writeHead(200, {
      // What hooks have set on the reply, such as CORS.
      ...Object.fromEntries(Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)),
      ...headers,
    });
  }

  /** Aborted when the client is gone. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Resolves when more may be written. A client that does not read is cut off; whether it is there, `signal` tells. */
  async write(text: string): Promise<void> {
    if (this.signal.aborted || this.#raw.write(text)) return;
    const late = AbortSignal.timeout(drainMsMax);
    await once(this.#raw, 'drain', { signal: AbortSignal.any([this.signal, late]) }).catch(() => this.#cut());
  }

  /** What was written is still sent, for a while. */
  end(): void {
    if (this.signal.aborted) return;
    const late = setTimeout(() => this.#cut(), drainMsMax).unref();
    this.#raw.once('close', () => clearTimeout(late));
    this.#raw.end();
  }

  #cut(): void {
    this.#gone.abort();
    this.#raw.destroy();
  }
}

/** The head alone, for those who ask whether there is a stream. */
export async function sendStreamHead(reply: FastifyReply): Promise<void> {
  await reply.headers(headers).send();
}

/** Streams open at a time. Each asks the store, or a provider, for as long as it is open. */
export class StreamPlaces {
  readonly #max: number;
  readonly #full: { readonly message: string; readonly hint: string };
  #taken = 0;

  constructor(max: number, full: { readonly message: string; readonly hint: string }) {
    this.#max = max;
    this.#full = full;
  }

  /** Runs the task in a place. @throws SightlineError `overloaded` where none is free. */
  async within<T>(task: () => Promise<T>): Promise<T> {
    if (this.#taken >= this.#max)
      throw new SightlineError('overloaded', this.#full.message, { hint: this.#full.hint, retryAfterS: 5 });
    this.#taken += 1;
    try {
      return await task();
    } finally {
      this.#taken -= 1;
    }
  }
}
