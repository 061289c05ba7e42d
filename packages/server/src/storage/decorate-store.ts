import type { TelemetryStore } from './telemetry-store.ts';

type StoreMethods = Omit<TelemetryStore, 'engine'>;

/** Every method is named: one that is added to the store does not compile until each decorator says what it does with it. */
export type StoreDecoration = {
  readonly [Name in keyof StoreMethods]: StoreMethods[Name] | 'unchanged';
};

/** The store with some methods of a decorator. */
export function decorateStore(store: TelemetryStore, decoration: StoreDecoration): TelemetryStore {
  const changed = Object.entries(decoration).filter(([, method]) => method !== 'unchanged');
  return { ...store, ...Object.fromEntries(changed) };
}
