/** What happened in a period, put together from what the API's other endpoints answer: nothing is counted here. */
import { formatNanos, instantOfWall, nanosFromMs, unixNano, wallMs } from '@sightline/base';
import {
  errorsParameters,
  type ErrorsParameters,
  type OverviewFacts,
  overviewParameters,
  type OverviewResponse,
  type RegressionLook,
  type ReportFiring,
  type ReportParameters,
  type ReportResponse,
  runsParameters,
  criticalPathParameters,
  type LedgerResponse,
  usersParameters,
} from '@sightline/schema/api';
import { describeEvent } from '../alerts/describe-alerts.ts';
import { readSlos } from '../alerts/slos/describe-slos.ts';
import { listEvents, type StoredEvent } from '../catalog/alert-instances.ts';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import { listDeploys, listLooks } from '../catalog/deploys.ts';
import { readCriticalPaths } from '../query/analysis/read-critical-paths.ts';
import { findUsers } from '../query/agents/find-run-groups.ts';
import { readOverview } from '../query/agents/read-overview.ts';
import { findRuns } from '../query/agents/find-runs.ts';
import { findErrors } from '../query/errors/find-errors.ts';
import { readSampling } from '../query/read-sampling.ts';
import type { ErrorDecisions } from '../query/errors/grouped-errors.ts';
import type { QueryContext } from '../query/reader.ts';
import { readRange, type TimeRange } from '../query/time-range.ts';
import { summarise } from './summarise.ts';

export interface ReportSources {
  readonly catalog: SqlRunner;
  readonly decisions: ErrorDecisions;
  readonly ledger: () => LedgerResponse | Promise<LedgerResponse>;
}

/** Bars of a chart, at most. */
const steps = 48;
const groupsMax = 20;
/** As many as the overview gives at once. */
const groupsBeforeMax = 500;
/** As many groups of errors as the list gives at once. */
const errorGroupsMax = 500;
const errorsShown = 10;
const deploysShown = 20;
const cellsShown = 10;
const firingsMax = 200;
const eventsMax = 1_000;
const runsShown = 5;
const usersShown = 10;
/** As many as a list gives at once. */
const usersMax = 1_000;
const pathTraces = 500;
const stepsShown = 10;
/** Sums are kept by ten minutes: a period that begins at one is read from them. */
const sumNanos = 600_000_000_000n;
const hourNanos = 3_600_000_000_000n;
const weekNanos = 168n * hourNanos;
const weekMs = 7 * 86_400_000;

type Limits = NonNullable<ReportResponse['limitsMet']>;
interface Period {
  readonly from: string;
  readonly to: string;
}

export async function readReport(
  context: QueryContext,
  sources: ReportSources,
  parameters: Pick<ReportParameters, 'from' | 'to' | 'q' | 'timeZone'>,
): Promise<ReportResponse> {
  const { catalog } = sources;
  const { q } = parameters;
  const asked = readRange(parameters, context.clock);
  const now = context.clock.now();
  const filter = q === undefined ? {} : { q };
  const align = asked.from % sumNanos === 0n ? 'from' : 'clock';
  const all = { ...filter, from: formatNanos(asked.from), to: formatNanos(asked.to), align, steps } as const;
  const grouped = (groupBy: 'agent' | 'model') => ({ ...all, groupBy, groups: groupsMax });
  const [overview, byAgent, byModel] = await Promise.all([
    readOverview(context, overviewParameters.parse(all)),
    readOverview(context, overviewParameters.parse(grouped('agent'))),
    readOverview(context, overviewParameters.parse(grouped('model'))),
  ]);
  const { startTime, endTime } = overview;
  // The overview may begin at a whole step; everything else is of the same time.
  const period: Period = { from: startTime, to: endTime };
  const exact = readRange(period, context.clock);
  const length = exact.to - exact.from;
  const previous = comparedWith(exact, parameters.timeZone);
  // The overview knows the time right before, as long as this one; another one is read by itself.
  const isRightBefore = previous.to === startTime && previous.from === earlier(exact.from, length);
  const allBefore = { ...filter, ...previous, align: 'from', steps: 1 } as const;
  const groupedBefore = (groupBy: 'agent' | 'model') => ({ ...allBefore, groupBy, groups: groupsBeforeMax });
  const ofErrors = (range: Period, limit: number) =>
    ({
      ...filter,
      ...range,
      status: 'all',
      sort: '-count',
      limit,
    }) as const satisfies Partial<ErrorsParameters>;
  const ofRuns = (sort: '-durationMs' | '-costUsd') => ({ ...filter, ...period, sort, limit: runsShown });
  const ofUsers = (range: Period, limit: number) =>
    ({ ...filter, ...range, sort: '-costUsd', limit }) as const;
  const ofPaths = { ...filter, ...period, sample: pathTraces };
  const dates = { from: dateOf(exact.from), to: dateOf(exact.to) };
  const readBefore = async (of: object): Promise<OverviewResponse | undefined> =>
    isRightBefore ? undefined : readOverview(context, overviewParameters.parse(of));
  const [totalsBefore, agentsBefore, modelsBefore] = await Promise.all([
    readBefore(allBefore),
    readBefore(groupedBefore('agent')),
    readBefore(groupedBefore('model')),
  ]);
  const [errors, errorsBefore, slowest, dearest, deploys, alerts, slos] = await Promise.all([
    findErrors(context, sources.decisions, errorsParameters.parse(ofErrors(period, errorGroupsMax))),
    findErrors(context, sources.decisions, errorsParameters.parse(ofErrors(previous, 1))),
    findRuns(context, runsParameters.parse(ofRuns('-durationMs'))),
    findRuns(context, runsParameters.parse(ofRuns('-costUsd'))),
    readDeploys(catalog, { project: context.project, ...dates }),
    readFirings(catalog, { project: context.project, ...dates }),
    readSlos(context, catalog, exact.to),
  ]);
  const [users, usersBefore, paths, ledger, sampling] = await Promise.all([
    findUsers(context, usersParameters.parse(ofUsers(period, usersShown))),
    findUsers(context, usersParameters.parse(ofUsers(previous, usersMax))),
    // A report stands without the paths: they are the part that reads single spans.
    readCriticalPaths(context, criticalPathParameters.parse(ofPaths)).catch(() => undefined),
    sources.ledger(),
    readSampling(context, period).catch(() => undefined),
  ]);
  const costsBefore = new Map(usersBefore.users.map(({ userId, costUsd }) => [userId, costUsd]));
  const fresh = errors.errors.filter(({ firstTime }) => firstTime >= startTime);
  const limits: Limits = [
    ...[overview, byAgent, byModel, totalsBefore, agentsBefore, modelsBefore].flatMap(
      (part) => part?.limitsMet ?? [],
    ),
    ...[errors, errorsBefore, slowest, dearest, users, usersBefore, paths].flatMap(
      (part) => part?.limitsMet ?? [],
    ),
    ...(sampling === undefined
      ? [{ limit: 'time' as const, message: 'What senders kept of their traces could not be read.' }]
      : []),
    ...(paths === undefined
      ? [{ limit: 'time' as const, message: 'Where the time goes could not be read.' }]
      : []),
    ...(errors.groups > errorGroupsMax
      ? [
          {
            limit: 'rows' as const,
            message: `New errors are looked for among the ${errorGroupsMax} most frequent groups.`,
          },
        ]
      : []),
    ...alerts.limits,
  ];
  const partsMissing = overview.partsMissing ?? byAgent.partsMissing ?? byModel.partsMissing;
  const facts = {
    ...filter,
    startTime,
    endTime,
    previousStartTime: previous.from,
    previousEndTime: previous.to,
    generatedAt: formatNanos(now),
    stepMs: overview.stepMs,
    totals: overview.totals,
    previous: totalsBefore?.totals ?? overview.previous,
    series: overview.series,
    agents: besideBefore(byAgent, agentsBefore),
    otherAgents: byAgent.otherGroups,
    models: besideBefore(byModel, modelsBefore),
    otherModels: byModel.otherGroups,
    users: users.users.map(({ userId: key, runs, failedRuns, costUsd }) => ({
      key,
      runs,
      failedRuns,
      costUsd,
      previousCostUsd: costsBefore.get(key) ?? null,
    })),
    moreUsers: users.nextCursor !== null,
    paths:
      paths === undefined
        ? null
        : { total: paths.total, sampled: paths.sampled, steps: paths.steps.slice(0, stepsShown) },
    sampling:
      sampling === undefined
        ? null
        : {
            traces: sampling.traces,
            sampledTraces: sampling.sampledTraces,
            representedTraces: sampling.representedTraces,
            keptShare: sampling.keptShare,
          },
    coverage: ledger.rows.filter(({ project }) => project === context.project),
    errors: {
      total: errors.total,
      groups: errors.groups,
      previousTotal: errorsBefore.total,
      previousGroups: errorsBefore.groups,
      newGroups: fresh.length,
      fresh: fresh.slice(0, errorsShown),
      regressed: errors.errors.filter(({ status }) => status === 'regressed').slice(0, errorsShown),
      frequent: errors.errors.slice(0, errorsShown),
    },
    deploys: deploys.shown,
    moreDeploys: deploys.more,
    firings: alerts.firings,
    slos,
    slowest: slowest.runs,
    dearest: dearest.runs.filter(({ costUsd }) => costUsd !== null),
    sources: {
      totals: pathOf('overview', all),
      ...(isRightBefore
        ? {}
        : {
            totalsBefore: pathOf('overview', allBefore),
            agentsBefore: pathOf('overview', groupedBefore('agent')),
            modelsBefore: pathOf('overview', groupedBefore('model')),
          }),
      users: pathOf('users', ofUsers(period, usersShown)),
      usersBefore: pathOf('users', ofUsers(previous, usersMax)),
      paths: pathOf('critical-path', ofPaths),
      coverage: pathOf('ledger', {}),
      sampling: pathOf('sampling', { ...period }),
      agents: pathOf('overview', grouped('agent')),
      models: pathOf('overview', grouped('model')),
      errors: pathOf('errors', ofErrors(period, errorGroupsMax)),
      errorsBefore: pathOf('errors', ofErrors(previous, 1)),
      deploys: pathOf('regressions', { ...period }),
      alerts: pathOf('alerts/history', { ...period, kind: 'firing', limit: firingsMax }),
      slos: pathOf('slos', { at: period.to }),
      slowest: pathOf('runs', ofRuns('-durationMs')),
      dearest: pathOf('runs', ofRuns('-costUsd')),
    },
    ...(partsMissing === undefined ? {} : { partsMissing }),
    ...(limits.length === 0 ? {} : { limitsMet: onceEach(limits) }),
  };
  return { ...facts, summary: summarise(facts) };
}

/**
 * The time right before, or whole weeks before on the clock of the time zone, so that weekdays meet weekdays. A day of spring has 23 hours, and a week that is some hours too
 * long (autumn has one, and ranges begin at a whole hour) is a week.
 */
function comparedWith({ from, to }: TimeRange, timeZone: string): Period {
  const length = to - from;
  if (length < 23n * hourNanos) return { from: earlier(from, length), to: earlier(to, length) };
  const weeks = Number((length - 12n * hourNanos + weekNanos - 1n) / weekNanos);
  const back = (time: bigint): string => {
    const ms = Number(time / 1_000_000n);
    const instant = instantOfWall(wallMs(ms, timeZone) - weeks * weekMs, timeZone);
    return earlier(time, BigInt(ms - instant) * 1_000_000n);
  };
  return { from: back(from), to: back(to) };
}

function earlier(time: bigint, by: bigint): string {
  return formatNanos(unixNano(time > by ? time - by : 0n));
}

type Grouped = Pick<OverviewResponse, 'groups' | 'otherGroups'>;

/** Each group beside the period before. A group that was not there has had nothing. */
function besideBefore(now: Grouped, past: Grouped | undefined): ReportResponse['agents'] {
  const known = past === undefined ? undefined : new Map(past.groups.map(({ key, totals }) => [key, totals]));
  return now.groups.map(({ key, totals, previous }) => ({
    key,
    totals,
    previous: known === undefined ? previous : (known.get(key) ?? nothingOf(totals)),
  }));
}

function nothingOf(facts: OverviewFacts): OverviewFacts {
  const empty = Object.fromEntries(Object.keys(facts).map((name) => [name, null]));
  return { ...facts, ...empty, runs: 0, failedRuns: 0, llmCalls: 0, unpricedCalls: 0 };
}

interface Dates {
  readonly project: string;
  readonly from: Date;
  readonly to: Date;
}

async function readDeploys(
  db: SqlRunner,
  wanted: Dates,
): Promise<{ readonly shown: ReportResponse['deploys']; readonly more: number }> {
  const found = await listDeploys(db, wanted);
  const shown = found.slice(0, deploysShown);
  const looks = await listLooks<RegressionLook>(
    db,
    shown.map(({ id }) => id),
  );
  return {
    shown: shown.map(({ id, service, version, environment, time, source, note }) => {
      const look = looks.get(id)?.[0]?.answer;
      const cells = look?.cells.filter(({ verdict }) => verdict === 'regressed' || verdict === 'improved');
      return {
        id,
        service,
        version,
        environment,
        source,
        note,
        time: formatNanos(nanosFromMs(time.getTime())),
        look: look === undefined ? null : { ...look, cells: cells?.slice(0, cellsShown) ?? [] },
      };
    }),
    more: found.length - shown.length,
  };
}

async function readFirings(
  db: SqlRunner,
  wanted: Dates,
): Promise<{ readonly firings: ReportFiring[]; readonly limits: Limits }> {
  const [fired, acknowledged, resolved] = await Promise.all([
    listEvents(db, { ...wanted, kind: 'firing', limit: eventsMax }),
    listEvents(db, { ...wanted, kind: 'acknowledged', limit: eventsMax }),
    listEvents(db, { ...wanted, kind: 'resolved', limit: eventsMax }),
  ]);
  const [acknowledgedOf, resolvedOf, firedOf] = [acknowledged, resolved, fired].map((events) =>
    Map.groupBy(events, ({ instanceId }) => instanceId),
  );
  const firings = fired.slice(0, firingsMax).map((event) => {
    const again = firstAfter(firedOf?.get(event.instanceId), event);
    const within = (next: StoredEvent | undefined): string | null =>
      next === undefined || (again !== undefined && again.time < next.time)
        ? null
        : formatNanos(nanosFromMs(next.time.getTime()));
    return {
      event: describeEvent(event),
      acknowledgedAt: within(firstAfter(acknowledgedOf?.get(event.instanceId), event)),
      resolvedAt: within(firstAfter(resolvedOf?.get(event.instanceId), event)),
    };
  });
  const isCut =
    fired.length > firingsMax || [acknowledged, resolved].some(({ length }) => length >= eventsMax);
  return {
    firings,
    limits: isCut
      ? [{ limit: 'rows', message: `Of alerts, the newest ${firingsMax} that fired are told.` }]
      : [],
  };
}

/** The events come the newest first. */
function firstAfter(
  events: readonly StoredEvent[] | undefined,
  { time }: StoredEvent,
): StoredEvent | undefined {
  return events?.findLast((event) => event.time > time);
}

function pathOf(path: string, parameters: Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return `/api/v1/${path}${query === '' ? '' : `?${query}`}`;
}

function onceEach(limits: Limits): Limits {
  return [...new Map(limits.map((met) => [met.message, met])).values()];
}

const dateOf = (nanos: bigint): Date => new Date(Number(nanos / 1_000_000n));
