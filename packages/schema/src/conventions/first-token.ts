/** How long the first piece of an answer took, where only a moment tells: one that the span names, or that of an event. */
import { firstTokenEvents } from './identity-table.ts';

/** What is asked of a span besides its attributes. Times are nanoseconds since 1970. */
export interface SpanTimes {
  readonly startNanos: bigint;
  readonly durationNanos: bigint;
  readonly events: readonly { readonly name: string; readonly timeNanos: bigint }[];
  /** How many of its events the sender dropped. */
  readonly droppedEvents: number;
}

/** Dates in RFC 3339. */
const momentPattern =
  '^20[0-9]{2}-[01][0-9]-[0-3][0-9]T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$';

/** Milliseconds from the start; null where neither tells, or a moment when the span was not at work. `named` is '' for none. */
export function firstTokenMs(named: string, times: SpanTimes): number | null {
  const { startNanos, durationNanos, events, droppedEvents } = times;
  if (named === '' && events.length === 0) return null;
  const { once, repeated } = firstTokenEvents;
  const names: readonly string[] = droppedEvents === 0 ? [...once, ...repeated] : once;
  const [ofEvents] = events
    .filter(({ name }) => names.includes(name))
    .map(({ timeNanos }) => timeNanos)
    .toSorted((a, b) => Number(a - b));
  const found = [momentOf(named), ofEvents]
    .map((moment) => (moment === undefined ? -1n : moment - startNanos))
    .find((since) => since >= 0n && since <= durationNanos);
  return found === undefined ? null : Number(found) / 1e6;
}

function momentOf(text: string): bigint | undefined {
  if (!new RegExp(momentPattern).test(text)) return undefined;
  const day = new Date(text.slice(0, 10));
  // The 30th of February is read as a day of March.
  if (Number.isNaN(day.getTime()) || day.getUTCDate() !== Number(text.slice(8, 10))) return undefined;
  const fraction = /[.]([0-9]+)/.exec(text)?.[1] ?? '';
  const seconds = BigInt(Date.parse(text.replace(`.${fraction}`, '')) / 1000);
  return seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}
