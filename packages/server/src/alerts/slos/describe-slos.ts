/** SLOs as the API has them: how they stand, and how they stood. */
import { msFromNanos, type UnixNano } from '@sightline/base';
import type { Slo, SloBurn, SloHistoryResponse } from '@sightline/schema/api';
import { listInstances } from '../../catalog/alert-instances.ts';
import type { SqlRunner } from '../../catalog/catalog-database.ts';
import { listSlos, readHours, type StoredHour, type StoredSlo, sumHours } from '../../catalog/slos.ts';
import type { QueryContext } from '../../query/reader.ts';
import { badItemsLink } from '../../query/slos/bad-items.ts';
import { timeText } from '../describe-alerts.ts';
import {
  budgetLeft,
  burnRate,
  burnWindows,
  type Counts,
  countBetween,
  isHeld,
  windowDays,
} from './burn-rates.ts';
import { windowStartMs } from './slo-window.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** The longest window of a burn rate. */
const burnMs = 10 * dayMs;
const pointsMax = 800;
const incidentsMax = 10;

/**
 * `pastMs` asks how they stood then: by what was counted in the hours that began before it, and burning where a rule would have fired. Hours are kept for the
 * longest window.
 */
export async function describeSlos(
  db: SqlRunner,
  slos: readonly StoredSlo[],
  { nowMs, pastMs }: { readonly nowMs: number; readonly pastMs?: number },
): Promise<readonly Slo[]> {
  const atMs = Math.min(pastMs ?? nowMs, nowMs);
  const starts = slos.map(({ id, slo }) => ({ id, fromMs: windowStartMs(slo.window, atMs), toMs: atMs }));
  const sums = await sumHours(db, starts);
  const hours = await readHours(
    db,
    slos.map(({ id }) => id),
    new Date(atMs - burnMs),
  );
  const [first] = slos;
  const firing = new Set(
    (first === undefined || pastMs !== undefined ? [] : await listInstances(db, first.project))
      .filter(({ state }) => state !== 'pending')
      .map(({ ruleId }) => ruleId),
  );
  return slos.map((stored, index) =>
    describeSlo(stored, {
      counts: sums.get(stored.id) ?? { good: 0, total: 0 },
      hours: hours.get(stored.id) ?? [],
      firing: pastMs === undefined ? firing : undefined,
      atMs,
      fromMs: starts[index]?.fromMs ?? atMs,
    }),
  );
}

/** Those of the project as they stand, or as they stood at a time that is over. Rules count by the minute: within it is now. */
export async function readSlos(context: QueryContext, db: SqlRunner, at: UnixNano): Promise<Slo[]> {
  const nowMs = msFromNanos(context.clock.now());
  const atMs = msFromNanos(at);
  const past = atMs < nowMs - minuteMs ? { pastMs: atMs } : {};
  return [...(await describeSlos(db, await listSlos(db, context.project), { nowMs, ...past }))];
}

interface Found {
  readonly counts: Counts;
  /** Of the last days. */
  readonly hours: readonly StoredHour[];
  /** Ids of rules that fire. Undefined of the past: where a rule would have fired. */
  readonly firing: ReadonlySet<string> | undefined;
  readonly atMs: number;
  /** Where the window begins. */
  readonly fromMs: number;
}

function describeSlo(stored: StoredSlo, { counts, hours, firing, atMs, fromMs }: Found): Slo {
  const { slo, rules } = stored;
  const { objective } = slo;
  // Windows end where the counting does: the minutes after are not empty, but unknown.
  const toMs = Math.min(stored.countedTo?.getTime() ?? atMs, atMs);
  const burns = burnWindows(slo.window).map((window): SloBurn => {
    const long = countBetween(hours, toMs - window.longS * 1000, toMs);
    const short = countBetween(hours, toMs - window.shortS * 1000, toMs);
    const rates = { long: burnRate(long, objective), short: burnRate(short, objective) };
    const isTooFast = Math.min(rates.long ?? 0, rates.short ?? 0) > window.factor;
    const held = isHeld(long, slo);
    const ruleId = rules[window.key] ?? null;
    return {
      ...window,
      ...rates,
      isHeld: held,
      ruleId,
      isFiring: ruleId !== null && (firing?.has(ruleId) ?? (isTooFast && !held)),
    };
  });
  const left = budgetLeft(counts, objective);
  return {
    ...slo,
    id: stored.id,
    createdAt: timeText(stored.createdAt),
    updatedAt: timeText(stored.updatedAt),
    state: {
      status:
        left === null
          ? 'no_data'
          : left <= 0
            ? 'spent'
            : burns.some(({ isFiring }) => isFiring)
              ? 'burning'
              : 'met',
      windowFrom: timeText(new Date(fromMs)),
      good: counts.good,
      total: counts.total,
      bad: counts.total - counts.good,
      share: counts.total === 0 ? null : counts.good / counts.total,
      allowedBad: counts.total * (1 - objective),
      left,
      burns,
      spentAt: spentAt({ stored, hours, left, toMs }),
      countedFrom: stored.countedFrom === null ? null : timeText(stored.countedFrom),
      countedTo: stored.countedTo === null ? null : timeText(new Date(toMs)),
      problem: stored.problem,
    },
  };
}

/** At a burn rate of 1 the whole budget lasts for the window. */
function spentAt({
  stored: { slo },
  hours,
  left,
  toMs,
}: {
  readonly stored: StoredSlo;
  readonly hours: readonly StoredHour[];
  readonly left: number | null;
  readonly toMs: number;
}): string | null {
  const rate = burnRate(countBetween(hours, toMs - dayMs, toMs), slo.objective);
  if (left === null || left <= 0 || rate === null || rate <= 0) return null;
  const windowMs = windowDays(slo.window) * dayMs;
  const inMs = (left / rate) * windowMs;
  return inMs > windowMs ? null : timeText(new Date(Math.round(toMs + inMs)));
}

export async function readSloHistory(
  db: SqlRunner,
  stored: StoredSlo,
  nowMs: number,
): Promise<SloHistoryResponse> {
  const { slo } = stored;
  const { objective } = slo;
  const fromMs = windowStartMs(slo.window, nowMs);
  const hours = (await readHours(db, [stored.id], new Date(fromMs))).get(stored.id) ?? [];
  const total = hours.reduce((sum, hour) => sum + hour.total, 0);
  const allowed = total * (1 - objective);
  const stepMs = Math.ceil((nowMs - fromMs) / pointsMax / hourMs) * hourMs;
  const points: SloHistoryResponse['points'][number][] = [];
  let bad = 0;
  const byStep = Map.groupBy(hours, ({ hourMs: at }) => Math.floor((at - fromMs) / stepMs));
  for (let step = 0; fromMs + step * stepMs < nowMs; step++) {
    const counts = sumOf(byStep.get(step) ?? []);
    bad += counts.total - counts.good;
    points.push({
      at: (fromMs + step * stepMs) / 1000,
      ...counts,
      burn: burnRate(counts, objective),
      left: allowed > 0 ? 1 - bad / allowed : null,
    });
  }
  return {
    from: timeText(new Date(fromMs)),
    to: timeText(new Date(nowMs)),
    stepS: stepMs / 1000,
    points,
    incidents: incidentsOf(stored, hours, allowed),
  };
}

const sumOf = (hours: readonly StoredHour[]): Counts => ({
  good: hours.reduce((sum, hour) => sum + hour.good, 0),
  total: hours.reduce((sum, hour) => sum + hour.total, 0),
});

/** Hours in a row that were beyond the objective, the most expensive first. */
function incidentsOf(
  { slo }: StoredSlo,
  hours: readonly StoredHour[],
  allowed: number,
): SloHistoryResponse['incidents'] {
  const runs: StoredHour[][] = [];
  for (const hour of hours) {
    if ((burnRate(hour, slo.objective) ?? 0) <= 1) continue;
    const last = runs.at(-1);
    if (last?.at(-1)?.hourMs === hour.hourMs - hourMs) last.push(hour);
    else runs.push([hour]);
  }
  return runs
    .map((some) => {
      const counts = sumOf(some);
      const fromMs = some[0]?.hourMs ?? 0;
      const toMs = fromMs + some.length * hourMs;
      const bad = counts.total - counts.good;
      return {
        from: timeText(new Date(fromMs)),
        to: timeText(new Date(toMs)),
        bad,
        total: counts.total,
        spent: allowed > 0 ? bad / allowed : 0,
        link: badItemsLink(slo.indicator, { fromMs, toMs }),
      };
    })
    .toSorted((a, b) => b.bad - a.bad)
    .slice(0, incidentsMax);
}
