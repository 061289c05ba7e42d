/** What happened in a period, put together from what the API's other endpoints answer: nothing is counted here. */
import { formatNanos, nanosFromMs, unixNano } from '@sightline/base';
import {
  errorsParameters,
  type ErrorsParameters,
  overviewParameters,
  type RegressionLook,
  type ReportFiring,
  type ReportParameters,
  type ReportResponse,
  runsParameters,
} from '@sightline/schema/api';
import { describeEvent } from '../alerts/describe-alerts.ts';
import { describeSlos } from '../alerts/slos/describe-slos.ts';
import { listEvents, type StoredEvent } from '../catalog/alert-instances.ts';
import type { SqlRunner } from '../catalog/catalog-database.ts';
import { listDeploys, listLooks } from '../catalog/deploys.ts';
import { listSlos } from '../catalog/slos.ts';
import { readOverview } from '../query/agents/read-overview.ts';
import { findRuns } from '../query/agents/find-runs.ts';
import { findErrors } from '../query/errors/find-errors.ts';
import type { ErrorDecisions } from '../query/errors/grouped-errors.ts';
import type { QueryContext } from '../query/reader.ts';
import { readRange } from '../query/time-range.ts';
import { summarise } from './summarise.ts';

export interface ReportSources {
  readonly catalog: SqlRunner;
  readonly decisions: ErrorDecisions;
}

/** Bars of a chart, at most. */
const steps = 48;
const groupsMax = 20;
/** As many groups of errors as the list gives at once. */
const errorGroupsMax = 500;
const errorsShown = 10;
const deploysShown = 20;
const cellsShown = 10;
const firingsMax = 200;
const eventsMax = 1_000;
const runsShown = 5;

type Limits = NonNullable<ReportResponse['limitsMet']>;
interface Period {
  readonly from: string;
  readonly to: string;
}

export async function readReport(
  context: QueryContext,
  sources: ReportSources,
  parameters: Pick<ReportParameters, 'from' | 'to'>,
): Promise<ReportResponse> {
  const { catalog } = sources;
  const asked = readRange(parameters, context.clock);
  const now = context.clock.now();
  const askedPeriod = { from: formatNanos(asked.from), to: formatNanos(asked.to) };
  const grouped = (groupBy: 'agent' | 'model') => ({ ...askedPeriod, groupBy, steps, groups: groupsMax });
  const inAll = { ...askedPeriod, steps };
  const [overview, byAgent, byModel] = await Promise.all([
    readOverview(context, overviewParameters.parse(inAll)),
    readOverview(context, overviewParameters.parse(grouped('agent'))),
    readOverview(context, overviewParameters.parse(grouped('model'))),
  ]);
  const { startTime, endTime } = overview;
  // The overview begins at a whole step; everything else is of the same time.
  const period: Period = { from: startTime, to: endTime };
  const exact = readRange(period, context.clock);
  const before = 2n * exact.from - exact.to;
  const previous: Period = { from: formatNanos(unixNano(before > 0n ? before : 0n)), to: startTime };
  const ofErrors = (range: Period, limit: number) =>
    ({ ...range, status: 'all', sort: '-count', limit }) as const satisfies Partial<ErrorsParameters>;
  const ofRuns = (sort: '-durationMs' | '-costUsd') => ({ ...period, sort, limit: runsShown });
  const dates = { from: dateOf(exact.from), to: dateOf(exact.to) };
  const [errors, errorsBefore, slowest, dearest, deploys, alerts, slos] = await Promise.all([
    findErrors(context, sources.decisions, errorsParameters.parse(ofErrors(period, errorGroupsMax))),
    findErrors(context, sources.decisions, errorsParameters.parse(ofErrors(previous, 1))),
    findRuns(context, runsParameters.parse(ofRuns('-durationMs'))),
    findRuns(context, runsParameters.parse(ofRuns('-costUsd'))),
    readDeploys(catalog, { project: context.project, ...dates }),
    readFirings(catalog, { project: context.project, ...dates }),
    listSlos(catalog, context.project).then(async (stored) =>
      describeSlos(catalog, stored, Number(now / 1_000_000n)),
    ),
  ]);
  const fresh = errors.errors.filter(({ firstTime }) => firstTime >= startTime);
  const limits: Limits = [
    ...[overview, byAgent, byModel, errors, errorsBefore, slowest, dearest].flatMap(
      ({ limitsMet }) => limitsMet ?? [],
    ),
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
    startTime,
    endTime,
    previousStartTime: previous.from,
    generatedAt: formatNanos(now),
    stepMs: overview.stepMs,
    totals: overview.totals,
    previous: overview.previous,
    series: overview.series,
    agents: byAgent.groups.map(({ key, totals, previous: past }) => ({ key, totals, previous: past })),
    otherAgents: byAgent.otherGroups,
    models: byModel.groups.map(({ key, totals, previous: past }) => ({ key, totals, previous: past })),
    otherModels: byModel.otherGroups,
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
    slos: [...slos],
    slowest: slowest.runs,
    dearest: dearest.runs.filter(({ costUsd }) => costUsd !== null),
    sources: {
      totals: pathOf('overview', inAll),
      agents: pathOf('overview', grouped('agent')),
      models: pathOf('overview', grouped('model')),
      errors: pathOf('errors', ofErrors(period, errorGroupsMax)),
      errorsBefore: pathOf('errors', ofErrors(previous, 1)),
      deploys: pathOf('regressions', { ...period }),
      alerts: pathOf('alerts/history', { ...period, kind: 'firing', limit: firingsMax }),
      slos: pathOf('slos', {}),
      slowest: pathOf('runs', ofRuns('-durationMs')),
      dearest: pathOf('runs', ofRuns('-costUsd')),
    },
    ...(partsMissing === undefined ? {} : { partsMissing }),
    ...(limits.length === 0 ? {} : { limitsMet: onceEach(limits) }),
  };
  return { ...facts, summary: summarise(facts) };
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
