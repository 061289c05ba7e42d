/**
 * The books of what came in, per project and signal. Every item is in exactly one book at any moment: pending (in the
 * journal), stored (in the tables) or quarantined; rejected items never left the door. An item moves between books in
 * one synchronous step, so that whoever reads the rows always sees them add up.
 *
 * The stored book of a new process begins with what the tables say (`rebase`), and counts on from there.
 */
import { formatNanos } from '@sightline/base';
import { type LedgerRow, type TelemetrySignal, telemetrySignal } from '@sightline/schema/api';
import type { Rejection } from './envelope.ts';
import type { Quarantined } from './quarantine.ts';
import type { Segment } from './segment.ts';
import { bump, Tally, type TallyEntry } from './tally.ts';

/** What the tables hold of one project and signal, summed from the store's ledger table. */
export interface StoredTotals extends TallyEntry {
  readonly signal: TelemetrySignal;
}

type Books = Record<TelemetrySignal, Tally>;
const emptyBooks = (): Books => ({ traces: new Tally(), logs: new Tally(), metrics: new Tally() });

export class Ledger {
  /** What the tables held when they were last read, less what this process had loaded by then. */
  #base: Books = emptyBooks();
  /** What this process loaded. */
  readonly #loaded: Books = emptyBooks();
  readonly #pending: Books = emptyBooks();
  /** By signal and project, then by reason. */
  readonly #quarantined: Record<TelemetrySignal, Map<string, Map<string, number>>> = {
    traces: new Map(),
    logs: new Map(),
    metrics: new Map(),
  };

  /** A record became durable. */
  journaled(signal: TelemetrySignal, entry: TallyEntry): void {
    this.#pending[signal].add(entry);
  }

  /** A segment was found in the journal at start. */
  recovered(segment: Segment): void {
    this.#pending[segment.signal].merge(segment.tally, 1);
  }

  /** A segment left the journal: its items are in the tables, except those that were set aside. */
  resolved(segment: Segment, setAside: readonly Quarantined[]): void {
    const loaded = this.#loaded[segment.signal];
    this.#pending[segment.signal].merge(segment.tally, -1);
    loaded.merge(segment.tally, 1);
    for (const piece of setAside) {
      const { project, items } = piece;
      loaded.add({ project, accepted: -items, rejections: [], received: undefined });
      this.#quarantine(piece);
    }
  }

  /** What was set aside is in the tables after all. */
  resent({ signal, project, items, reason }: Quarantined): void {
    if (items === 0) return;
    this.#loaded[signal].add({ project, accepted: items, rejections: [], received: undefined });
    const reasons = this.#quarantined[signal].get(project);
    if (reasons !== undefined) bump(reasons, reason, -items);
  }

  /**
   * Takes the tables' sums and the quarantine's content as the truth; other servers may have added to the former. Both
   * were read while no segment was being loaded.
   */
  rebase(stored: readonly StoredTotals[], setAside: readonly Quarantined[]): void {
    this.#base = emptyBooks();
    for (const totals of stored) this.#base[totals.signal].add(totals);
    for (const signal of telemetrySignal.options) {
      this.#base[signal].merge(this.#loaded[signal], -1);
      this.#quarantined[signal].clear();
    }
    for (const piece of setAside) this.#quarantine(piece);
  }

  rows(): LedgerRow[] {
    return telemetrySignal.options.flatMap((signal) => {
      const stored = this.#base[signal].copy();
      stored.merge(this.#loaded[signal], 1);
      const all = stored.copy();
      all.merge(this.#pending[signal], 1);
      const projects = new Set([...all.projects.keys(), ...this.#quarantined[signal].keys()]);
      const rows = [...projects].sort().map((project) => this.#row(signal, project, stored, all));
      return rows.filter(({ received }) => received > 0);
    });
  }

  #quarantine({ signal, project, reason, items }: Quarantined): void {
    if (items === 0) return;
    const projects = this.#quarantined[signal];
    let reasons = projects.get(project);
    if (reasons === undefined) projects.set(project, (reasons = new Map<string, number>()));
    bump(reasons, reason, items);
  }

  #row(signal: TelemetrySignal, project: string, stored: Tally, all: Tally): LedgerRow {
    const total = all.projects.get(project);
    const storedItems = stored.projects.get(project)?.accepted ?? 0;
    const pending = (total?.accepted ?? 0) - storedItems;
    const rejections = ranked(total?.rejections);
    const quarantines = ranked(this.#quarantined[signal].get(project));
    const rejected = sum(rejections);
    const quarantined = sum(quarantines);
    const accepted = storedItems + pending + quarantined;
    const lastReceived = total?.lastReceived;
    return {
      project,
      signal,
      received: accepted + rejected,
      accepted,
      stored: storedItems,
      pending,
      rejected,
      quarantined,
      rejections,
      quarantines,
      lastReceived: lastReceived === undefined ? null : formatNanos(lastReceived),
    };
  }
}

function ranked(counts: ReadonlyMap<string, number> | undefined): Rejection[] {
  return [...(counts ?? [])]
    .map(([reason, count]) => ({ reason, count }))
    .filter(({ count }) => count !== 0)
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

function sum(rejections: readonly Rejection[]): number {
  return rejections.reduce((total, { count }) => total + count, 0);
}
