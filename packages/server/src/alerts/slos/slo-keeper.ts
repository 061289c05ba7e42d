/**
 * Counts the events of SLOs, minute by minute, into hours of the control plane. The server that evaluates rules does; rules of burn rates make it count up to
 * their tick first. What comes late is counted again: the last minutes at each look, the last hours every ten minutes.
 */
import { type Clock, msFromNanos } from '@sightline/base';
import type { Logger } from 'pino';
import { BackgroundLooks } from '../../background/background-looks.ts';
import type { CatalogDatabase } from '../../catalog/catalog-database.ts';
import {
  listSlos,
  noteSloProblem,
  projectsWithSlos,
  readHours,
  type StoredHour,
  type StoredSlo,
  trimSloHours,
  writeCounts,
} from '../../catalog/slos.ts';
import {
  countItems,
  type CountsByMinute,
  type ItemIndicator,
  type MinuteSpan,
} from '../../query/slos/count-items.ts';
import { countMetrics } from '../../query/slos/count-metrics.ts';
import type { QueryContext } from '../../query/reader.ts';
import type { TelemetryStore } from '../../storage/telemetry-store.ts';
import { burnRate, countBetween, isHeld } from './burn-rates.ts';
import { windowStartMs } from './slo-window.ts';

export interface SloKeeperOptions {
  readonly catalog: CatalogDatabase;
  readonly store: TelemetryStore;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
  /** Resolves when the runs of what was just stored are settled, or after a moment. */
  readonly settle?: QueryContext['settle'];
  /** One server of all counts. */
  readonly isEvaluator: () => boolean;
}

export interface BurnAsked {
  readonly slo: string;
  readonly longS: number;
  readonly shortS: number;
}

/** Rates are null where nothing was counted. */
export interface BurnFound {
  readonly long: number | null;
  readonly short: number | null;
  /** Too few events to fire. */
  readonly isHeld: boolean;
  readonly slo: StoredSlo;
}

/** Throws where there is no such SLO, or it could not be counted. */
export type BurnOf = (asked: BurnAsked) => BurnFound;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** What comes so late is in the next look. */
const lateMs = 10 * minuteMs;
const laterMs = 2 * hourMs;
/** Minutes are kept so long: the windows of pages are shorter. */
export const keepMinutesMs = 26 * hourMs;
const keepHoursMs = 200 * dayMs;
/** After the minute, for what is on its way. */
const afterMinuteMs = 5_000;
const standbyMs = 5_000;

export class SloKeeper {
  readonly #options: SloKeeperOptions;
  readonly #looks: BackgroundLooks;
  #trimmedMs = -Infinity;

  constructor(options: SloKeeperOptions) {
    this.#options = options;
    this.#looks = new BackgroundLooks({
      look: async () => this.#look(),
      retryMs: minuteMs,
      log: options.log,
      failure: 'SLOs could not be counted; trying again.',
    });
  }

  start(): void {
    this.#looks.lookIn(0);
  }

  async stop(): Promise<void> {
    await this.#looks.stop();
  }

  /** To be called after SLOs were made or changed: they are counted for the last day at once, and for the rest of their windows right after. */
  async changed(project: string): Promise<void> {
    if (this.#looks.isStopped) return;
    await this.#looks.inTurn(async () => this.#count(project, this.#nowMs()));
    // Where this fails, the next look tries it again, and says so.
    void this.#countWindows(project).catch(() => undefined);
  }

  /** A day in each turn, so that other work on SLOs waits for one day at most. */
  async #countWindows(project: string): Promise<void> {
    let isMore = this.#options.isEvaluator();
    while (isMore && !this.#looks.isStopped)
      await this.#looks.inTurn(async () => {
        isMore = await this.#countPast(project, this.#nowMs());
      });
  }

  /** How fast the budgets of a project are spent, as of a moment. */
  async burnsAt(project: string, timeMs: number): Promise<BurnOf> {
    await this.#looks.inTurn(async () => this.#count(project, timeMs));
    const { catalog } = this.#options;
    const slos = await listSlos(catalog, project);
    const hours = await readHours(
      catalog,
      slos.map(({ id }) => id),
      new Date(timeMs - 10 * dayMs),
    );
    return ({ slo: name, longS, shortS }) => {
      const slo = slos.find((each) => each.slo.name === name);
      if (slo === undefined) throw new Error(`There is no SLO "${name}".`);
      if (slo.problem !== null) throw new Error(slo.problem);
      const own = hours.get(slo.id) ?? [];
      const [long, short] = [longS, shortS].map((seconds) =>
        countBetween(own, timeMs - seconds * 1000, timeMs),
      ) as [ReturnType<typeof countBetween>, ReturnType<typeof countBetween>];
      const { objective } = slo.slo;
      return {
        long: burnRate(long, objective),
        short: burnRate(short, objective),
        isHeld: isHeld(long, slo.slo),
        slo,
      };
    };
  }

  #nowMs(): number {
    return Math.floor(msFromNanos(this.#options.clock.now()) / minuteMs) * minuteMs;
  }

  async #look(): Promise<void> {
    const { catalog, isEvaluator } = this.#options;
    if (!isEvaluator()) return this.#looks.lookIn(standbyMs);
    const nowMs = this.#nowMs();
    const projects = await projectsWithSlos(catalog);
    for (const project of projects) await this.#count(project, nowMs);
    for (const project of projects) if (await this.#countPast(project, nowMs)) return this.#looks.lookIn(0);
    if (nowMs - this.#trimmedMs >= hourMs) {
      await trimSloHours(catalog, {
        minutes: new Date(nowMs - keepMinutesMs),
        hours: new Date(nowMs - keepHoursMs),
      });
      this.#trimmedMs = nowMs;
    }
    const untilNext = nowMs + minuteMs + afterMinuteMs - msFromNanos(this.#options.clock.now());
    return this.#looks.lookIn(Math.max(1_000, untilNext));
  }

  /** What is new, and what may have come late. */
  async #count(project: string, timeMs: number): Promise<void> {
    const toMs = Math.floor(timeMs / minuteMs) * minuteMs;
    const slos = await listSlos(this.#options.catalog, project);
    const due = slos.filter(({ countedTo }) => countedTo === null || countedTo.getTime() !== toMs);
    const spans = Map.groupBy(due, (slo) => newSince(slo, toMs));
    for (const [fromMs, some] of spans)
      for (let from = fromMs; from < toMs; from += dayMs)
        await this.#countSpan(project, some, { fromMs: from, toMs: Math.min(toMs, from + dayMs) });
  }

  /** A day of what the window reaches back to and nobody counted yet. Whether there was any. */
  async #countPast(project: string, nowMs: number): Promise<boolean> {
    const slos = await listSlos(this.#options.catalog, project);
    const open = slos.filter(
      ({ slo, countedFrom, problem }) =>
        problem === null &&
        countedFrom !== null &&
        countedFrom.getTime() > Math.min(windowStartMs(slo.window, nowMs), nowMs - 3 * dayMs),
    );
    const [first] = open;
    const beforeMs = first?.countedFrom?.getTime();
    if (beforeMs === undefined) return false;
    const same = open.filter(({ countedFrom }) => countedFrom?.getTime() === beforeMs);
    await this.#countSpan(project, same, { fromMs: beforeMs - dayMs, toMs: beforeMs });
    return true;
  }

  async #countSpan(project: string, slos: readonly StoredSlo[], span: MinuteSpan): Promise<void> {
    const { catalog, store, clock, settle } = this.#options;
    const context: QueryContext = { store, clock, project, share: 'alerts', settle };
    const counts = await countEach(context, slos, span);
    const known = await readHours(
      catalog,
      slos.map(({ id }) => id),
      new Date(Math.floor(span.fromMs / hourMs) * hourMs),
    );
    const keepFromMs = msFromNanos(clock.now()) - keepMinutesMs;
    for (const slo of slos) {
      const found = counts.get(slo.id);
      if (found instanceof Error) await noteSloProblem(catalog, slo.id, found.message.slice(0, 1_000));
      else if (found !== undefined)
        await writeCounts(catalog, {
          id: slo.id,
          version: slo.version,
          from: new Date(span.fromMs),
          to: new Date(span.toMs),
          hours: mergeHours(known.get(slo.id) ?? [], found, { ...span, keepFromMs }),
        });
    }
  }
}

/** From which time on a look counts; the start of an hour, where it is more than the last minutes. */
function newSince({ countedTo }: StoredSlo, toMs: number): number {
  const hourOf = (ms: number): number => Math.floor(ms / hourMs) * hourMs;
  if (countedTo === null) return hourOf(toMs) - dayMs;
  // A clock that was set back counts the minutes it lives through again.
  const knownMs = Math.min(countedTo.getTime(), toMs);
  const isTenth = Math.floor(knownMs / lateMs) < Math.floor(toMs / lateMs);
  return isTenth ? hourOf(knownMs - laterMs) : knownMs - lateMs;
}

async function countEach(
  context: QueryContext,
  slos: readonly StoredSlo[],
  span: MinuteSpan,
): Promise<ReadonlyMap<string, CountsByMinute | Error>> {
  const counts = new Map<string, CountsByMinute | Error>();
  const items: { readonly id: string; readonly indicator: ItemIndicator }[] = [];
  for (const { id, slo } of slos) {
    const { indicator } = slo;
    if (indicator.kind === 'promql')
      counts.set(id, await countMetrics(context, indicator, span).catch(asError));
    else items.push({ id, indicator });
  }
  const together = await countItems(
    context,
    items.map(({ indicator }) => indicator),
    span,
  ).catch(() => undefined);
  for (const [place, { id, indicator }] of items.entries())
    // One that fails takes no other with it.
    counts.set(
      id,
      together?.[place] ??
        (await countItems(context, [indicator], span).then(([one]) => one ?? new Map(), asError)),
    );
  return counts;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Hours that a span touches: what was counted in it takes the place of what was known of it. Hours without events are left out, unless they had some. */
export function mergeHours(
  known: readonly StoredHour[],
  counts: CountsByMinute,
  { fromMs, toMs, keepFromMs }: MinuteSpan & { readonly keepFromMs: number },
): readonly StoredHour[] {
  const before = new Map(known.map((hour) => [hour.hourMs, hour]));
  const hours: StoredHour[] = [];
  for (let start = Math.floor(fromMs / hourMs) * hourMs; start < toMs; start += hourMs) {
    const kept = (before.get(start)?.minutes ?? []).filter(([minute]) => {
      const atMs = start + minute * minuteMs;
      return atMs < fromMs || atMs >= toMs;
    });
    const minutes = [...kept];
    for (let minute = 0; minute < 60; minute++) {
      const found = counts.get(start + minute * minuteMs);
      const isIn = start + minute * minuteMs >= fromMs && start + minute * minuteMs < toMs;
      if (isIn && found !== undefined) minutes.push([minute, found.good, found.total]);
    }
    if (minutes.length === 0 && !before.has(start)) continue;
    minutes.sort(([a], [b]) => a - b);
    hours.push({
      hourMs: start,
      good: minutes.reduce((sum, [, good]) => sum + good, 0),
      total: minutes.reduce((sum, [, , total]) => sum + total, 0),
      minutes: start >= keepFromMs ? minutes : null,
    });
  }
  return hours;
}
