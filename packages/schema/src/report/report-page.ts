/** A report as a page of charts and tables, the same for HTML and Markdown. Texts are plain: whoever writes them out escapes them. */
import { timesIn } from '@sightline/base';
import type { ErrorGroupFacts, OverviewFacts, ReportResponse, Run } from '../api/index.ts';
import { printText } from '../filter/index.ts';
import {
  changeText,
  costText,
  counted,
  countText,
  durationText,
  objectiveText,
  plainText,
  shareText,
  zonedTimeText,
} from './report-words.ts';

export interface ReportCell {
  readonly text: string;
  /** The number to its last digit, where the text is rounded. */
  readonly value?: number;
  /** Beside the text: a change, a state. */
  readonly note?: string;
  /** A path of the UI. */
  readonly path?: string;
  readonly isBad?: boolean;
}

export interface ReportTable {
  readonly title: string;
  readonly note?: string;
  /** A path of the API that gives the same numbers. */
  readonly source: string;
  readonly columns: readonly { readonly title: string; readonly isNumber?: boolean }[];
  readonly rows: readonly (readonly ReportCell[])[];
}

export interface ReportChart {
  readonly id: 'runs' | 'cost' | 'p95';
  readonly title: string;
  readonly highest: string;
  readonly bars: readonly { readonly value: number | null; readonly bad: number }[];
}

export interface ReportPage {
  readonly title: string;
  readonly period: string;
  readonly summary: string;
  readonly remarks: readonly string[];
  readonly charts: readonly ReportChart[];
  readonly tables: readonly ReportTable[];
}

type Facts = Pick<ReportResponse, 'totals' | 'previous'>;
/** Times as the reader's clock shows them. */
type TimeText = (time: string) => string;
interface ShownReport extends ReportResponse {
  readonly timeText: TimeText;
}

/** Times of periods shorter than ten minutes have seconds. */
const secondsBelowMs = 600_000;
const firingsShown = 30;
const worseShown = 20;

/** Times are those of a time zone; `title` is that of the schedule, where one made it. */
export function describeReport(
  answer: ReportResponse,
  { timeZone = 'UTC', title = 'Report' }: { readonly timeZone?: string; readonly title?: string } = {},
): ReportPage {
  const isShort = Date.parse(answer.endTime) - Date.parse(answer.startTime) < secondsBelowMs;
  const timeText = (time: string): string => zonedTimeText(time, timeZone, isShort);
  const report: ShownReport = { ...answer, timeText };
  const { startTime, endTime, previousStartTime, previousEndTime, generatedAt, totals, q } = report;
  return {
    title: plainText(title),
    period: `${timeText(startTime)} to ${timeText(endTime)} ${timeZone}, beside ${timeText(previousStartTime)} to ${timeText(previousEndTime)}`,
    summary: report.summary,
    remarks: [
      ...(endTime <= generatedAt
        ? []
        : [
            startTime < generatedAt
              ? `The period goes on: what is said of it was true at ${timeText(generatedAt)}, while the one before is whole.`
              : 'The period has not begun.',
          ]),
      ...(q === undefined
        ? []
        : [`Only what meets the filter ${q}. Deploys, alerts and SLOs are those of the whole project.`]),
      ...(report.partsMissing ?? []).map(({ part, message }) => `Could not be read: ${part}. ${message}`),
      ...(report.limitsMet ?? []).map(({ message }) => `Cut short: ${timesIn(message, timeText)}`),
      ...(totals.unpricedCalls > 0
        ? [`The cost leaves out ${countText(totals.unpricedCalls)} calls whose price is not known.`]
        : []),
    ].map(plainText),
    charts: chartsOf(report),
    tables: [
      totalsTable(report),
      worseTable(report),
      agentsTable(report),
      modelsTable(report),
      usersTable(report),
      slosTable(report),
      ...errorTables(report),
      stepsTable(report),
      alertsTable(report),
      deploysTable(report),
      runsTable(report, 'slowest'),
      runsTable(report, 'dearest'),
      coverageTable(report),
    ].filter((table) => table !== undefined),
  };
}

function chartsOf({ series }: ReportResponse): ReportChart[] {
  const chart = (
    id: ReportChart['id'],
    title: string,
    text: (value: number | null) => string,
    bars: ReportChart['bars'],
  ): ReportChart => ({
    id,
    title,
    highest: text(Math.max(0, ...bars.map(({ value }) => value ?? 0))),
    bars,
  });
  return [
    chart(
      'runs',
      'Runs, failed ones marked',
      countText,
      series.map(({ runs, failedRuns }) => ({ value: runs, bad: failedRuns ?? 0 })),
    ),
    chart(
      'cost',
      'Cost',
      costText,
      series.map(({ costUsd }) => ({ value: costUsd, bad: 0 })),
    ),
    chart(
      'p95',
      'Duration, p95',
      durationText,
      series.map(({ p95Ms }) => ({ value: p95Ms, bad: 0 })),
    ),
  ];
}

type Measure = readonly [
  title: string,
  value: (facts: OverviewFacts) => number | null,
  text: (value: number | null) => string,
];

const measures: readonly Measure[] = [
  ['Runs', ({ runs }) => runs, countText],
  ['Failed runs', ({ failedRuns }) => failedRuns, countText],
  ['Error rate', ({ errorRate }) => errorRate, shareText],
  ['Duration, p50', ({ p50Ms }) => p50Ms, durationText],
  ['Duration, p95', ({ p95Ms }) => p95Ms, durationText],
  ['First token, p95', ({ ttftP95Ms }) => ttftP95Ms, durationText],
  ['Calls of models', ({ llmCalls }) => llmCalls, countText],
  ['Tokens in', ({ inputTokens }) => inputTokens, countText],
  ['Tokens out', ({ outputTokens }) => outputTokens, countText],
  ['Cost', ({ costUsd }) => costUsd, costText],
];

function totalsTable({ totals, previous, sources }: ReportResponse): ReportTable {
  return {
    title: 'In all',
    source: sourceOf(sources, 'totals'),
    columns: [
      { title: 'Measure' },
      { title: 'This period', isNumber: true },
      { title: 'Before', isNumber: true },
      { title: 'Change', isNumber: true },
    ],
    rows: measures.map(([title, value, text]) => [
      { text: title },
      numberCell(value(totals), text),
      numberCell(value(previous), text),
      { text: changeText(value(totals), value(previous)) },
    ]),
  };
}

function agentsTable(report: ReportResponse): ReportTable | undefined {
  if (report.agents.length === 0) return undefined;
  const { agents, otherAgents, sources } = report;
  return {
    title: 'By agent',
    ...moreNote(otherAgents, 'agents'),
    source: sourceOf(sources, 'agents'),
    columns: ['Agent', 'Runs', 'Failed', 'p95', 'Tokens in', 'Tokens out', 'Cost'].map(asColumn),
    rows: agents.map((agent) => [
      nameCell(report, 'agent', agent.key),
      changed(agent, ({ runs }) => runs, countText),
      changed(agent, ({ errorRate }) => errorRate, shareText, sharesBefore),
      changed(agent, ({ p95Ms }) => p95Ms, durationText),
      changed(agent, ({ inputTokens }) => inputTokens, countText),
      changed(agent, ({ outputTokens }) => outputTokens, countText),
      changed(agent, ({ costUsd }) => costUsd, costText),
    ]),
  };
}

function modelsTable(report: ReportResponse): ReportTable | undefined {
  if (report.models.length === 0) return undefined;
  const { models, otherModels, sources } = report;
  return {
    title: 'By model',
    ...moreNote(otherModels, 'models'),
    source: sourceOf(sources, 'models'),
    // Models that embed or rank make no LLM call.
    columns: ['Model', 'Runs', 'LLM calls', 'Failed calls', 'p95', 'Tokens in', 'Tokens out', 'Cost'].map(
      asColumn,
    ),
    rows: models.map((model) => [
      nameCell(report, 'model', model.key),
      changed(model, ({ runs }) => runs, countText),
      changed(model, ({ llmCalls }) => llmCalls, countText),
      changed(model, ({ errorRate }) => errorRate, shareText, sharesBefore),
      changed(model, ({ p95Ms }) => p95Ms, durationText),
      changed(model, ({ inputTokens }) => inputTokens, countText),
      changed(model, ({ outputTokens }) => outputTokens, countText),
      changed(model, ({ costUsd }) => costUsd, costText),
    ]),
  };
}

/** Verdicts alone: what a look at a deploy found worse, with its evidence. */
function worseTable({ deploys, sources }: ReportResponse): ReportTable | undefined {
  const found = deploys.flatMap(({ service, version, look }) =>
    (look?.cells ?? [])
      .filter(({ verdict }) => verdict === 'regressed')
      .map((cell) => ({ service, version, cell })),
  );
  if (found.length === 0) return undefined;
  return {
    title: 'What got worse',
    note: 'What deploys made worse, beyond what chance explains.',
    source: sourceOf(sources, 'deploys'),
    columns: [{ title: 'Service' }, { title: 'Version' }, { title: 'Where' }, { title: 'What' }],
    rows: found
      .slice(0, worseShown)
      .map(({ service, version, cell }) => [
        { text: plainText(service), path: '/regressions' },
        { text: plainText(version) },
        { text: plainText(cell.name) },
        { text: plainText(`${cell.measure.replace('_', ' ')}: ${cell.text}`), isBad: true },
      ]),
  };
}

function usersTable(report: ReportResponse): ReportTable | undefined {
  if (report.users.length === 0) return undefined;
  return {
    title: 'Cost by user',
    ...(report.moreUsers ? { note: 'The users who cost the most.' } : {}),
    source: sourceOf(report.sources, 'users'),
    columns: ['User', 'Runs', 'Failed runs', 'Cost'].map(asColumn),
    rows: report.users.map(({ key, runs, failedRuns, costUsd, previousCostUsd }) => {
      const note = changeText(costUsd, previousCostUsd);
      return [
        nameCell(report, 'user', key),
        numberCell(runs, countText),
        numberCell(failedRuns, countText),
        { ...numberCell(costUsd, costText), ...(note === '' ? {} : { note }) },
      ];
    }),
  };
}

function stepsTable({ paths, sources }: ReportResponse): ReportTable | undefined {
  if (paths === null || paths.steps.length === 0) return undefined;
  const { total, sampled, steps } = paths;
  return {
    title: 'Where the time goes',
    note: `The steps that hold most of the critical paths, of ${countText(sampled)} of ${counted(total, 'trace')}${sampled < total ? ', picked by a hash of their ids' : ''}.`,
    source: sourceOf(sources, 'paths'),
    columns: ['Step', 'Kind', 'Share of the time', 'A trace', 'Calls', 'Failed'].map((title, index) => ({
      title,
      isNumber: index > 1,
    })),
    rows: steps.map(({ kind, name, share, pathMs, calls, errors }) => [
      { text: plainText(name) || '–', path: '/performance' },
      { text: kind },
      numberCell(share, shareText),
      numberCell(pathMs, durationText),
      numberCell(calls, countText),
      numberCell(errors, countText),
    ]),
  };
}

/** Whether the numbers are of all that was sent. */
function coverageTable({
  coverage,
  sampling,
  series,
  stepMs,
  firings,
  sources,
}: ReportResponse): ReportTable {
  const empty = series.filter(({ runs }) => runs === 0).length;
  const late = firings.filter(({ event }) => event.late).length;
  return {
    title: 'What this covers',
    note: [
      'Items since the server began to count.',
      empty === 0
        ? `Runs were at work in each of ${counted(series.length, 'step')} of ${durationText(stepMs)}.`
        : `In ${countText(empty)} of ${counted(series.length, 'step')} of ${durationText(stepMs)} no run was at work.`,
      ...(sampling === null ? [] : [samplingText(sampling)]),
      ...(late === 0 ? [] : [`${counted(late, 'alert')} fired while data was still on the way.`]),
    ].join(' '),
    source: sourceOf(sources, 'coverage'),
    columns: ['Signal', 'Received', 'Stored', 'Waiting', 'Set aside as damaged', 'Refused'].map(asColumn),
    rows: coverage.map(({ signal, received, stored, pending, quarantined, rejected }) => [
      { text: signal },
      numberCell(received, countText),
      numberCell(stored, countText),
      numberCell(pending, countText),
      { ...numberCell(quarantined, countText), isBad: quarantined > 0 },
      { ...numberCell(rejected, countText), isBad: rejected > 0 },
    ]),
  };
}

function samplingText({
  traces,
  sampledTraces,
  representedTraces,
  keptShare,
}: NonNullable<ReportResponse['sampling']>): string {
  if (traces === 0) return 'No trace began.';
  if (sampledTraces === 0) return `None of ${counted(traces, 'trace')} says that its sender left others out.`;
  return `Senders left traces out: ${countText(sampledTraces)} of ${counted(traces, 'trace')} say so, and all stand for about ${countText(representedTraces)}, of which ${shareText(keptShare ?? 1)} are here. Counts and costs are of what is here.`;
}

function errorTables(report: ShownReport): ReportTable[] {
  const { errors, sources } = report;
  const table = (title: string, groups: readonly ErrorGroupFacts[], note: string): ReportTable[] =>
    groups.length === 0
      ? []
      : [
          {
            title,
            note,
            source: sourceOf(sources, 'errors'),
            columns: [
              { title: 'Error' },
              { title: 'Times', isNumber: true },
              { title: 'Runs', isNumber: true },
              { title: 'Users', isNumber: true },
              { title: 'Service' },
              { title: 'First seen' },
              { title: 'State' },
            ],
            rows: groups.map((group) => errorRow(report, group)),
          },
        ];
  const before = `Before: ${countText(errors.previousTotal)} of ${counted(errors.previousGroups, 'cause')}.`;
  return [
    ...table(
      'New errors',
      errors.fresh,
      `${counted(errors.newGroups, 'cause')} seen for the first time; the most frequent come first.`,
    ),
    ...table('Errors that are back', errors.regressed, 'They were resolved, and were seen again.'),
    ...table(
      'Most frequent errors',
      errors.frequent,
      `${counted(errors.total, 'error')} of ${counted(errors.groups, 'cause')}. ${before}`,
    ),
  ];
}

function errorRow(
  { startTime, endTime, timeText }: ShownReport,
  { id, type, title, count, runs, users, services, firstTime, status }: ErrorGroupFacts,
): ReportCell[] {
  const search = new URLSearchParams({ from: startTime, to: endTime }).toString();
  return [
    {
      text: plainText(type === '' || title === '' ? type || title : `${type}: ${title}`),
      path: `/errors/${id}?${search}`,
    },
    numberCell(count, countText),
    numberCell(runs, countText),
    numberCell(users, countText),
    { text: plainText(services.join(', ')) },
    { text: timeText(firstTime) },
    { text: status },
  ];
}

function deploysTable({ deploys, moreDeploys, sources, timeText }: ShownReport): ReportTable | undefined {
  if (deploys.length === 0) return undefined;
  return {
    title: 'Deploys',
    ...moreNote(moreDeploys, 'deploys'),
    source: sourceOf(sources, 'deploys'),
    columns: [
      { title: 'Service' },
      { title: 'Version' },
      { title: 'Time' },
      { title: 'Worse', isNumber: true },
      { title: 'Better', isNumber: true },
      { title: 'What' },
    ],
    rows: deploys.map(({ service, version, time, look }) => [
      { text: plainText(service), path: '/regressions' },
      { text: plainText(version) },
      { text: timeText(time) },
      { ...numberCell(look?.regressed ?? null, countText), isBad: (look?.regressed ?? 0) > 0 },
      numberCell(look?.improved ?? null, countText),
      {
        text:
          look === null
            ? 'not judged yet'
            : plainText(
                look.cells
                  .slice(0, 3)
                  .map(
                    ({ name, measure, score, text }) =>
                      `${name}, ${measure === 'score' ? score : measure.replace('_', ' ')}: ${text}`,
                  )
                  .join('; '),
              ),
      },
    ]),
  };
}

/** Labels that have a column of their own. */
const ownColumns: ReadonlySet<string> = new Set(['alertname', 'severity']);

function alertsTable({ firings, sources, timeText }: ShownReport): ReportTable | undefined {
  if (firings.length === 0) return undefined;
  return {
    title: 'Alerts that fired',
    ...moreNote(firings.length - firingsShown, 'times, before these'),
    source: sourceOf(sources, 'alerts'),
    columns: [
      { title: 'Alert' },
      { title: 'Severity' },
      { title: 'Fired' },
      { title: 'Taken on after', isNumber: true },
      { title: 'Over after', isNumber: true },
      { title: 'Labels' },
    ],
    rows: firings.slice(0, firingsShown).map(({ event, acknowledgedAt, resolvedAt }) => [
      { text: plainText(event.rule), path: event.link },
      { text: event.severity, isBad: event.severity === 'critical' },
      { text: timeText(event.time) },
      { text: durationText(msBetween(event.time, acknowledgedAt)) },
      { text: durationText(msBetween(event.time, resolvedAt)) },
      {
        text: plainText(
          Object.entries(event.labels)
            .filter(([name]) => !ownColumns.has(name))
            .map(([name, value]) => `${name}=${value}`)
            .join(', '),
        ),
      },
    ]),
  };
}

const sloWords = { met: 'met', burning: 'burning', spent: 'spent', no_data: 'no data' } as const;

function slosTable({ slos, sources, generatedAt, endTime, timeText }: ShownReport): ReportTable | undefined {
  if (slos.length === 0) return undefined;
  return {
    title: 'SLOs',
    note: `As they stood at ${timeText(endTime < generatedAt ? endTime : generatedAt)}, each over its own window.`,
    source: sourceOf(sources, 'slos'),
    columns: [
      { title: 'SLO' },
      { title: 'State' },
      { title: 'Objective', isNumber: true },
      { title: 'Good', isNumber: true },
      { title: 'Budget left', isNumber: true },
    ],
    rows: slos.map(({ id, name, objective, state }) => [
      { text: plainText(name), path: `/slos?${new URLSearchParams({ slo: id }).toString()}` },
      { text: sloWords[state.status], isBad: state.status === 'spent' || state.status === 'burning' },
      numberCell(objective, objectiveText),
      numberCell(state.share, objectiveText),
      { ...numberCell(state.left, objectiveText), isBad: state.left !== null && state.left <= 0 },
    ]),
  };
}

function runsTable(report: ShownReport, which: 'slowest' | 'dearest'): ReportTable | undefined {
  const runs: readonly Run[] = report[which];
  if (runs.length === 0) return undefined;
  return {
    title: which === 'slowest' ? 'Slowest runs' : 'Most expensive runs',
    source: sourceOf(report.sources, which),
    columns: [
      { title: 'Run' },
      { title: 'Agent' },
      { title: 'Began' },
      { title: 'Duration', isNumber: true },
      { title: 'Cost', isNumber: true },
      { title: 'Status' },
    ],
    rows: runs.map(({ traceId, question, name, agent, startTime, durationMs, costUsd, status }) => [
      { text: plainText(question ?? name) || traceId, path: `/runs/${traceId}` },
      { text: plainText(agent ?? '') || '–' },
      { text: report.timeText(startTime) },
      numberCell(durationMs, durationText),
      numberCell(costUsd, costText),
      { text: status, isBad: status === 'error' },
    ]),
  };
}

function nameCell(
  { startTime, endTime }: ReportResponse,
  field: 'agent' | 'model' | 'user',
  key: string,
): ReportCell {
  if (key === '') return { text: `no ${field}` };
  const search = new URLSearchParams({ q: `${field}:${printText(key)}`, from: startTime, to: endTime });
  return { text: plainText(key) || '–', path: `/runs?${search.toString()}` };
}

function numberCell(value: number | null, text: (value: number | null) => string): ReportCell {
  return value === null ? { text: text(value) } : { text: text(value), value };
}

function changed(
  { totals, previous }: Facts,
  value: (facts: OverviewFacts) => number | null,
  text: (value: number | null) => string,
  change: (now: number | null, before: number | null) => string = changeText,
): ReportCell {
  const note = change(value(totals), value(previous));
  return { ...numberCell(value(totals), text), ...(note === '' ? {} : { note }) };
}

/** Of a share that was small, a change in percent says too much. */
function sharesBefore(now: number | null, before: number | null): string {
  return now === null || before === null || now === before ? '' : `was ${shareText(before)}`;
}

const asColumn = (title: string, index: number) => ({ title, isNumber: index > 0 });

const moreNote = (more: number, what: string): { readonly note?: string } =>
  more > 0 ? { note: `And ${countText(more)} more ${what}.` } : {};

const msBetween = (from: string, to: string | null): number | null =>
  to === null ? null : Date.parse(to) - Date.parse(from);

const sourceOf = (sources: ReportResponse['sources'], part: string): string => sources[part] ?? '';
