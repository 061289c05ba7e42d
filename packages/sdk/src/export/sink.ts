/** What became of a batch. `retry`: the receiver may take it later; `failed`: never. */
export type SendOutcome =
  | { readonly kind: 'delivered'; readonly rejected: number }
  | { readonly kind: 'retry'; readonly afterMs: number | undefined; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** One destination of one signal. `send` never rejects and is never called while a send is running. */
export interface Sink<T> {
  send(items: readonly T[]): Promise<SendOutcome>;
  /** Frees sockets and files. A send in progress may end as `retry`. */
  close(): Promise<void>;
}

export const delivered: SendOutcome = { kind: 'delivered', rejected: 0 };
