import { useSyncExternalStore } from 'react';

export type ConnectionState = 'ok' | 'lost';

/** How often a lost server is looked for. */
const retryMs = 1500;

/**
 * Whether the server answers. The first request that finds it gone starts one search for all; when it is back,
 * everyone who listens is told once.
 */
class Connection {
  #state: ConnectionState = 'ok';
  readonly #listeners = new Set<() => void>();

  get state(): ConnectionState {
    return this.#state;
  }

  lost(): void {
    if (this.#state === 'lost') return;
    this.#set('lost');
    this.#searchLater();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #searchLater(): void {
    setTimeout(() => void this.#search(), retryMs);
  }

  async #search(): Promise<void> {
    try {
      const response = await fetch('/health', { cache: 'no-store' });
      if (response.ok) {
        this.#set('ok');
        return;
      }
    } catch {
      // Still gone.
    }
    this.#searchLater();
  }

  #set(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const connection = new Connection();

export function useConnection(): ConnectionState {
  return useSyncExternalStore(connection.subscribe, () => connection.state);
}
