import { inPieces } from './in-pieces.ts';

export interface BatchSenderOptions<Item> {
  readonly send: (items: readonly Item[]) => Promise<void>;
  readonly itemsMax: number;
  readonly bytesMax: number;
}

/** Sends items as soon as they come, one batch at a time: what comes while one is on its way is the next. Whoever adds waits where a batch is full. */
export class BatchSender<Item> {
  readonly #options: BatchSenderOptions<Item>;
  #waiting: Item[] = [];
  #sending: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: BatchSenderOptions<Item>) {
    this.#options = options;
  }

  /** Throws what a batch before it could not be sent for. */
  async add(item: Item): Promise<void> {
    this.#waiting.push(item);
    this.#throwFailure();
    this.#sending ??= this.#sendWaiting();
    if (this.#waiting.length >= this.#options.itemsMax) await this.#sending;
    this.#throwFailure();
  }

  /** Resolves when all is sent. */
  async flush(): Promise<void> {
    await this.#sending;
    this.#throwFailure();
  }

  /** Removes the items that were not sent, and returns them. */
  takeUnsent(): Item[] {
    return this.#waiting.splice(0);
  }

  async #sendWaiting(): Promise<void> {
    const { send, ...bounds } = this.#options;
    try {
      while (this.#waiting.length > 0) {
        const [piece = []] = inPieces(this.#waiting, bounds);
        await send(piece);
        this.#waiting.splice(0, piece.length);
      }
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#sending = undefined;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
