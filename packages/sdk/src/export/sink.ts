import type { LastRequest } from './last-words.ts';

/** What became of a batch. `retry`: the receiver may take it later; `failed`: never. */
export type SendOutcome =
  | { readonly kind: 'delivered'; readonly rejected: number }
  | { readonly kind: 'retry'; readonly afterMs: number | undefined; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** One destination of one signal. `send` never rejects and is never called while a send is running. */
export interface Sink<T> {
  send(items: readonly T[]): Promise<SendOutcome>;
  /**
   * For a process that exits at once: writes the items where that can be done synchronously, or says what to send. Throws, or is
   * absent, when neither can be.
   */
  lastWords?(items: readonly T[]): readonly LastRequest[];
  /** Whether the batch that is being sent has left for the operating system: sending it again would be sending it twice. */
  readonly isHandedOver?: () => boolean;
  /** Frees sockets and files. A send in progress may end as `retry`. */
  close(): Promise<void>;
}

export const delivered: SendOutcome = { kind: 'delivered', rejected: 0 };
