import { SightlineError } from '@sightline/schema/errors';
import type { Catalog } from './catalog.ts';

export interface StandbyOptions {
  readonly kind: Catalog['kind'];
  /** Why the control plane could not be opened. */
  readonly failure: SightlineError;
  /** Tries again; left out where only a new start can help. */
  readonly reopen?: () => Promise<Catalog>;
  /** Called once the control plane is there. */
  readonly onOpened: (catalog: Catalog) => void;
}

const retryMs = 10_000;

/** Stands in for a control plane that could not be opened: every statement throws why, until it can be opened after all. */
export function standbyCatalog({ kind, failure, reopen, onOpened }: StandbyOptions): Catalog {
  let opened: Catalog | undefined;
  let reason = failure;
  let isClosed = false;
  let trying: Promise<void> = Promise.resolve();
  const tryAgain = async (again: () => Promise<Catalog>): Promise<void> => {
    try {
      const catalog = await again();
      if (isClosed) return await catalog.close();
      opened = catalog;
      clearInterval(timer);
      onOpened(catalog);
    } catch (error) {
      if (error instanceof SightlineError) reason = error;
    }
  };
  let isTrying = false;
  const timer = setInterval(() => {
    if (reopen === undefined || isTrying) return;
    isTrying = true;
    trying = tryAgain(reopen).finally(() => {
      isTrying = false;
    });
  }, retryMs).unref();
  const there = (): Catalog => {
    if (opened === undefined) throw reason;
    return opened;
  };
  return {
    kind,
    get version() {
      return opened?.version ?? 'not there';
    },
    query: async (text, parameters) => there().query(text, parameters),
    transaction: async (work) => there().transaction(work),
    close: async () => {
      isClosed = true;
      clearInterval(timer);
      await trying;
      await opened?.close();
    },
  };
}
