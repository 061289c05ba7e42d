/**
 * A bounded queue in front of one sink. OpenTelemetry's batch processors are not used because they count no drops, lose a
 * batch after one failed export, and hold the process with a 30 s timer while an export runs. Here every timer is
 * unreferenced, a batch the receiver may take later stays at the head (backing off from 1 s to 30 s), and when the queue is
 * full, in items or in bytes, the new item is dropped and counted.
 */
import { guard } from '../core/diagnostics.ts';
import type { DropCounter, Signal } from '../core/drop-counter.ts';
import type { LastRequest } from './last-words.ts';
import type { SendOutcome, Sink } from './sink.ts';

export interface BatchQueueOptions<T> {
  readonly signal: Signal;
  readonly sink: Sink<T>;
  readonly drops: DropCounter;
  readonly itemsMax: number;
  readonly bytesMax: number;
  readonly batchItemsMax: number;
  readonly batchBytesMax: number;
  readonly delayMs: number;
  /** Approximate bytes an item holds. Cheap: it runs on the host's thread for every item. */
  readonly weigh: (item: T) => number;
}

const backoffMsMin = 1000;
const backoffMsMax = 30_000;
/** The last batches are few and large: nobody waits for the first any more. */
const lastBatchItemsMax = 4096;

export class BatchQueue<T> {
  readonly #options: BatchQueueOptions<T>;
  readonly #items: T[] = [];
  readonly #weights: number[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #running: Promise<void> | undefined;
  #backoffMs = 0;
  /** Items at the head that are being sent. */
  #sending = 0;
  #closed = false;

  constructor(options: BatchQueueOptions<T>) {
    this.#options = options;
  }

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const weight = this.#options.weigh(item);
    if (
      this.#closed ||
      this.#items.length >= this.#options.itemsMax ||
      this.#bytes + weight > this.#options.bytesMax
    ) {
      this.#options.drops.add(this.#options.signal, this.#closed ? 'after shutdown' : 'the queue is full', 1);
      return;
    }
    this.#items.push(item);
    this.#weights.push(weight);
    this.#bytes += weight;
    if (this.#running !== undefined || this.#backoffMs > 0) return;
    // A full batch is encoded and sent after the host's turn, not inside the call that filled it.
    if (this.#items.length === this.#options.batchItemsMax)
      this.#immediate ??= setImmediate(() => {
        this.#immediate = undefined;
        this.#start(false);
      }).unref();
    else this.#schedule(this.#options.delayMs);
  }

  /** Sends everything queued now. Stops at the first batch the sink does not take. Never rejects. */
  async flush(): Promise<void> {
    await this.#running;
    this.#start(true);
    await this.#running;
  }

  /** Everything not handed over yet, for a process that exits at once; the queue is empty and closed then. */
  takeLastWords(): readonly LastRequest[] {
    this.#closed = true;
    const { sink } = this.#options;
    if (this.#sending > 0 && sink.isHandedOver?.() === true) this.#take(this.#sending);
    const requests: LastRequest[] = [];
    while (this.#items.length > 0 && sink.lastWords !== undefined) {
      const size = this.#batchSize(lastBatchItemsMax);
      const items = this.#items.slice(0, size);
      this.#take(size);
      guard('writing the last telemetry', () => requests.push(...(sink.lastWords?.(items) ?? [])));
    }
    return requests;
  }

  /** Flushes, then counts what is left as dropped. */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    await withinMs(this.flush(), timeoutMs);
    clearTimeout(this.#timer);
    this.#options.drops.add(this.#options.signal, 'not delivered before shutdown', this.#items.length);
    this.#take(this.#items.length);
    await withinMs(this.#options.sink.close(), timeoutMs);
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#start(true);
    }, delayMs);
    this.#timer.unref();
  }

  #start(everything: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    this.#running ??= this.#drain(everything).finally(() => {
      this.#running = undefined;
      if (this.#items.length > 0 && !this.#closed) this.#schedule(this.#backoffMs || this.#options.delayMs);
    });
  }

  async #drain(everything: boolean): Promise<void> {
    // What arrives while draining waits for the next round, or an endless producer would keep a flush from ending.
    let left = everything ? this.#items.length : this.#options.batchItemsMax;
    while (left > 0 && this.#items.length > 0) {
      const size = this.#batchSize(Math.min(left, this.#options.batchItemsMax));
      this.#sending = size;
      const outcome = await trySend(this.#options.sink, this.#items.slice(0, size));
      this.#sending = 0;
      if (outcome.kind === 'retry') {
        this.#backoffMs =
          outcome.afterMs ?? Math.min(Math.max(this.#backoffMs * 2, backoffMsMin), backoffMsMax);
        return;
      }
      this.#backoffMs = 0;
      this.#take(size);
      left -= size;
      if (outcome.kind === 'failed') this.#options.drops.add(this.#options.signal, outcome.reason, size);
      else this.#options.drops.add(this.#options.signal, 'the receiver rejected them', outcome.rejected);
      // A full batch may be waiting again; keep going without a pause.
      if (!everything && this.#items.length >= this.#options.batchItemsMax)
        left = this.#options.batchItemsMax;
    }
  }

  #batchSize(itemsMax: number): number {
    let bytes = 0;
    let size = 0;
    while (size < itemsMax && size < this.#items.length) {
      bytes += this.#weights[size] ?? 0;
      if (size > 0 && bytes > this.#options.batchBytesMax) break;
      size++;
    }
    return size;
  }

  #take(size: number): void {
    this.#items.splice(0, size);
    for (const weight of this.#weights.splice(0, size)) this.#bytes -= weight;
  }
}

/** A sink that breaks its promise not to reject must not become an unhandled rejection of the host. */
async function trySend<T>(sink: Sink<T>, items: readonly T[]): Promise<SendOutcome> {
  try {
    return await sink.send(items);
  } catch (error) {
    return { kind: 'failed', reason: `they cannot be sent (${String(error)})` };
  }
}

/** Resolves with the promise or after `timeoutMs`, whichever is first; holds the process alive meanwhile. */
export async function withinMs(promise: Promise<unknown>, timeoutMs: number): Promise<void> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  try {
    await Promise.race([promise.catch(() => undefined), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
