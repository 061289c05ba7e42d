/**
 * Keeps who called whom by five minutes, hours and days (the table `service_edges`), from which the service map of a long time is read. Five minutes are made of their spans
 * once these have been quiet, hours and days of shorter parts. As soon as a span comes late, the parts that a span of its trace counts in are taken away, and made again.
 */
import { systemClock, unixNano } from '@sightline/base';
import type { Logger } from 'pino';
import { BackgroundLooks } from '../background/background-looks.ts';
import { readGeneration } from '../query/agents/settled-runs.ts';
import { EdgeReader, writeEdges } from '../query/analysis/edge-body.ts';
import { readEdges, sampleWeight } from '../query/analysis/read-edges.ts';
import { EdgeTable } from '../query/analysis/service-edges.ts';
import { Reader } from '../query/reader.ts';
import {
  changedSlots,
  edgeBodies,
  knownParts,
  missingJoins,
  missingSlots,
  newestSeen,
  oneTraceIn,
  slotS,
} from '../query/sql/service-edges-sql.ts';
import type { Sql } from '../query/sql/sql.ts';
import type { Window } from '../query/time-range.ts';
import { edgePartLengths, type TelemetryStore } from '../storage/telemetry-store.ts';
import { backgroundLimits } from './sum-keeper.ts';

export interface EdgeKeeperOptions {
  readonly store: TelemetryStore;
  readonly log: Pick<Logger, 'warn'>;
  /** How long a part is left alone before it is made. */
  readonly quietMs?: number;
  readonly intervalMs?: number;
  /** Where several servers load one store, one of them does this: that which settles runs. */
  readonly lease?: { readonly isHeld: boolean } | undefined;
  /** Nothing is made before. */
  readonly after?: Promise<unknown>;
}

const quietMsDefault = 60_000;
const intervalMsDefault = 10_000;
const retryMs = 30_000;
/** It rests so many times as long as it worked. */
const restFactor = 4;
/** After so long of making parts, what came meanwhile is looked for. */
const makeMsMax = 3_000;
/** Found at once; what is beyond comes the next time. */
const partsMax = 2_000;
/** Spans of one statement: of more, those of some traces are looked at. */
const spansMax = 250_000;
/** What another server took away is found by looking through everything. */
const everythingMs = 600_000;
/** Of a part that has more, the busiest are kept. */
const edgesMax = 5_000;

const hourS = 3600;
const daySeconds = 86_400;
const forgottenPerStatement = 1_000;
const manyRows = { ...backgroundLimits, resultRowsMax: 1_000_000, resultBytesMax: 512 * 1024 ** 2 };

interface Place {
  readonly project: string;
  /** Seconds since 1970. */
  readonly slot: number;
}

interface Part extends Place {
  readonly spans: number;
  readonly allSpans: number;
}

export class EdgeKeeper {
  readonly #options: EdgeKeeperOptions;
  readonly #quietMs: number;
  readonly #looks: BackgroundLooks;
  /** What was stored until then was looked for: milliseconds since 1970. Undefined before the first look. */
  #seenMs: bigint | undefined;
  #generation = -1;
  /** From this second on parts may be missing: by length. */
  readonly #missingFrom: number[] = edgePartLengths.map(() => 0);
  #everythingDueMs = 0;
  /** When five minutes last changed, by our clock that only goes forward. */
  readonly #changedMs = new Map<string, number>();
  #later: NodeJS.Timeout | undefined;
  #dueMs = 0;

  constructor(options: EdgeKeeperOptions) {
    this.#options = options;
    this.#quietMs = options.quietMs ?? quietMsDefault;
    this.#looks = new BackgroundLooks({
      look: async () => this.#lookAndGoOn(),
      retryMs,
      log: options.log,
      failure: 'The service map could not be made ahead; trying again.',
    });
  }

  /** To be called after spans were loaded, and once to begin with. */
  changed(): void {
    this.#looks.lookIn(this.#dueMs - performance.now());
  }

  /** To be called after spans were taken away. */
  lost(): void {
    this.#everythingDueMs = 0;
    this.changed();
  }

  /** Resolves when all that is quiet is made. */
  async made(): Promise<void> {
    await this.#looks.inTurn(async () => {
      while (!this.#looks.isStopped && (await this.#look(Infinity)));
    });
  }

  async stop(): Promise<void> {
    clearTimeout(this.#later);
    await this.#looks.stop();
  }

  async #lookAndGoOn(): Promise<void> {
    const { intervalMs = intervalMsDefault, lease, after } = this.#options;
    await after;
    if (this.#looks.isStopped) return;
    const beganMs = performance.now();
    const isOurs = lease === undefined || lease.isHeld;
    const isBehind = isOurs && (await this.#look(makeMsMax));
    if (!isOurs) this.#seenMs = undefined;
    const endedMs = performance.now();
    this.#dueMs = Math.max(beganMs + intervalMs, endedMs + restFactor * (endedMs - beganMs));
    const isWaiting = isBehind || this.#changedMs.size > 0 || lease !== undefined;
    clearTimeout(this.#later);
    if (!isWaiting || this.#looks.isStopped) return;
    const waitMs = isBehind ? 0 : Math.min(this.#quietMs, intervalMs * (lease === undefined ? 6 : 1));
    this.#later = setTimeout(() => this.changed(), waitMs).unref();
  }

  /** Whether there is more to make at once. */
  async #look(makeMs: number): Promise<boolean> {
    const beganMs = performance.now();
    const isEnough = (): boolean => this.#looks.isStopped || performance.now() - beganMs > makeMs;
    const { certainMs } = await this.#options.store.settledMs();
    const generation = await readGeneration(this.#reader(''));
    const now = { generation, certainMs, isEnough };
    if (generation !== this.#generation) this.#seenMs = undefined;
    this.#generation = generation;
    if (this.#seenMs === undefined || performance.now() >= this.#everythingDueMs) {
      this.#missingFrom.fill(0);
      this.#everythingDueMs = performance.now() + everythingMs;
    }
    await this.#forgetChanged(now);
    let left = await this.#makeOfSpans(now);
    for (const [level, seconds] of edgePartLengths.entries()) {
      if (left === undefined) return true;
      const source = edgePartLengths[level - 1];
      if (source !== undefined) left = await this.#join(now, { level, seconds, source, left });
    }
    return left === undefined;
  }

  /** Takes away what late spans are missing in. */
  async #forgetChanged({ generation, certainMs }: Look): Promise<void> {
    const reader = this.#reader('');
    const [newest] = await reader.rows<{ ms: string }>(newestSeen(generation));
    const known = this.#seenMs ?? BigInt(newest?.ms ?? 0);
    // Where nothing is made yet, what came lately is not quiet.
    const sinceMs = known > 0n ? known : certainMs - BigInt(this.#quietMs);
    const changed = await reader.rows<{ project: string; slot: number }>(changedSlots(sinceMs), manyRows);
    const nowMs = performance.now();
    for (const [project, rows] of Map.groupBy(changed, (row) => row.project)) {
      const slots = rows.map(({ slot }) => Number(slot));
      for (const slot of slots) {
        this.#changedMs.set(keyOf({ project, slot }), nowMs);
        for (const [level, seconds] of edgePartLengths.entries()) this.#lacks(level, slot - (slot % seconds));
      }
      const [from, to] = [Math.min(...slots), Math.max(...slots)];
      const parts = await reader.rows<{ seconds: number; slot: number }>(
        knownParts({ project, generation }, { from: from - (from % daySeconds), to }),
        manyRows,
      );
      const made = new Set(parts.map(({ seconds, slot }) => `${seconds} ${slot}`));
      // Also where nothing was in these five minutes, and their hour was made.
      const forgotten = slots.filter((slot) =>
        edgePartLengths.some((seconds) => made.has(`${seconds} ${slot - (slot % seconds)}`)),
      );
      for (let at = 0; at < forgotten.length; at += forgottenPerStatement)
        await this.#options.store.forgetServiceEdges({
          project,
          slots: forgotten.slice(at, at + forgottenPerStatement),
        });
    }
    this.#seenMs = certainMs;
  }

  #lacks(level: number, slot: number): void {
    this.#missingFrom[level] = Math.min(this.#missingFrom[level] ?? 0, slot);
  }

  /** Makes five minutes, the newest first. What is left to make later; undefined where that is to be done at once. */
  async #makeOfSpans(now: Look): Promise<readonly Place[] | undefined> {
    const fromS = this.#missingFrom[0] ?? 0;
    if (fromS === Infinity) return [];
    const found = await this.#missing(missingSlots(now.generation, fromS, partsMax));
    const quietSince = performance.now() - this.#quietMs;
    const isQuiet = (place: Place): boolean => (this.#changedMs.get(keyOf(place)) ?? -Infinity) <= quietSince;
    for (const parts of statementsOf(found.filter(isQuiet))) {
      if (now.isEnough()) return undefined;
      await this.#make(now, parts);
    }
    for (const [key, changedMs] of this.#changedMs) if (changedMs <= quietSince) this.#changedMs.delete(key);
    if (found.length === partsMax) return undefined;
    const left = found.filter((place) => !isQuiet(place));
    this.#missingFrom[0] = Math.min(...left.map(({ slot }) => slot));
    return left;
  }

  /** Parts of one project, together. */
  async #make({ generation, certainMs }: Look, parts: readonly Part[]): Promise<void> {
    const { store } = this.#options;
    const project = parts[0]?.project ?? '';
    const version = await store.nextEdgeVersion();
    const places = new Map(parts.map(({ slot }, index) => [slot, index]));
    const tables = parts.map(() => new EdgeTable());
    const all = parts.reduce((sum, { spans }) => sum + spans, 0);
    const weight = sampleWeight(all, spansMax);
    const spans = await readEdges(this.#reader(project), {
      windows: parts.map(({ slot }) => windowOf(slot, slotS)),
      sample: weight === 1 ? undefined : oneTraceIn(weight),
      weight,
      withEnvironment: true,
      partOf: (startS) => places.get(startS - (startS % slotS)) ?? -1,
      parts: tables,
      resultRowsMax: 8 * spansMax,
    });
    await store.putServiceEdges({
      project,
      generation,
      version,
      seenMs: certainMs,
      parts: parts.map(({ slot }, index) => ({
        slot,
        seconds: slotS,
        spans: spans[index] ?? 0,
        allSpans: (spans[index] ?? 0) * weight,
        body: bodyOf(tables[index]),
      })),
    });
  }

  /** Puts longer parts together of shorter ones, where none of these is `left` to make. Those left. */
  async #join(now: Look, { level, seconds, source, left }: Joint): Promise<readonly Place[] | undefined> {
    const { store } = this.#options;
    const { generation, certainMs } = now;
    const fromS = this.#missingFrom[level] ?? 0;
    if (fromS === Infinity) return [];
    const found = await this.#missing(missingJoins({ generation, seconds, source, fromS }, partsMax));
    const startOf = (slot: number): number => slot - (slot % seconds);
    const lacking = new Set(left.map(({ project, slot }) => keyOf({ project, slot: startOf(slot) })));
    const nowS = Number(certainMs / 1000n) - this.#quietMs / 1000;
    const isReady = (place: Place): boolean => !lacking.has(keyOf(place)) && place.slot + seconds <= nowS;
    for (const { project, slot, spans, allSpans } of found.filter(isReady)) {
      if (now.isEnough()) return undefined;
      const version = await store.nextEdgeVersion();
      const shorter = Array.from({ length: seconds / source }, (_, index) => ({
        slot: slot + index * source,
        seconds: source,
      }));
      const bodies = await this.#reader(project).binary(
        edgeBodies({ project, generation }, shorter),
        manyRows,
      );
      const table = new EdgeTable();
      const edges = new EdgeReader(table);
      while (!bodies.isAtEnd) {
        bodies.float64();
        edges.add(bodies.bytes());
      }
      const part = { slot, seconds, spans, allSpans, body: bodyOf(table) };
      await store.putServiceEdges({ project, generation, version, seenMs: certainMs, parts: [part] });
    }
    if (found.length === partsMax) return undefined;
    const waiting = [
      ...found.filter((place) => !isReady(place)),
      ...left.map(({ project, slot }) => ({ project, slot: startOf(slot) })),
    ];
    this.#missingFrom[level] = Math.min(...waiting.map(({ slot }) => slot));
    return waiting;
  }

  async #missing(statement: Sql): Promise<readonly Part[]> {
    const rows = await this.#reader('').rows<Part>(statement, manyRows);
    return rows.map(({ project, slot, spans, allSpans }) => ({
      project,
      slot: Number(slot),
      spans,
      allSpans,
    }));
  }

  #reader(project: string): Reader {
    const { store } = this.#options;
    return new Reader(
      { store, clock: systemClock(), project, share: 'background' },
      backgroundLimits.timeMsMax,
    );
  }
}

interface Look {
  readonly generation: number;
  readonly certainMs: bigint;
  readonly isEnough: () => boolean;
}

interface Joint {
  readonly level: number;
  readonly seconds: number;
  /** The length of the parts that it is made of. */
  readonly source: number;
  readonly left: readonly Place[];
}

const keyOf = ({ project, slot }: Place): string => `${slot}\n${project}`;

/** Parts of one project and hour, as many as a statement reads. A part of the table is of a day: what a statement makes of one is there at once or not at all. */
function statementsOf(parts: readonly Part[]): readonly (readonly Part[])[] {
  const statements: Part[][] = [];
  for (const part of parts) {
    const fits = statements.findLast(
      (each) =>
        each[0]?.project === part.project &&
        Math.floor((each[0]?.slot ?? 0) / hourS) === Math.floor(part.slot / hourS) &&
        each.reduce((sum, { spans }) => sum + spans, part.spans) <= spansMax,
    );
    if (fits === undefined) statements.push([part]);
    else fits.push(part);
  }
  return statements;
}

function bodyOf(table: EdgeTable | undefined): Uint8Array {
  const edges = table?.edges ?? [];
  const kept =
    edges.length <= edgesMax
      ? edges
      : edges.toSorted((x, y) => y.sums.calls - x.sums.calls).slice(0, edgesMax);
  return writeEdges(kept);
}

function windowOf(slot: number, seconds: number): Window {
  const nanos = (second: number) => unixNano(BigInt(second) * 1_000_000_000n);
  return { from: nanos(slot), to: nanos(slot + seconds) };
}
