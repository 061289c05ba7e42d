/** What is expected of values, what is unusual about them, where they go, and which is unlike the others. */
import { formatNanos, nanosFromMs } from '@sightline/base';
import type { OutlookParameters, OutlookResponse, OutlookSeries } from '@sightline/schema/api';
import { SightlineError } from '@sightline/schema/errors';
import {
  caretLines,
  describeValue,
  parseValue,
  printDuration,
  printRule,
  type ValueUnit,
} from '@sightline/schema/rules';
import {
  detectUnusual,
  type ExpectedPoint,
  findLevelShifts,
  findUnlikePeers,
  type Forecast,
  forecastSeries,
  reachOfForecast,
} from '@sightline/schema/series';
import { PromqlSyntaxError } from '../promql/ast.ts';
import { parsePromql } from '../promql/parse.ts';
import { printPromql } from '../promql/print.ts';
import type { QueryContext } from '../query/reader.ts';
import { readRange } from '../query/time-range.ts';
import { describeReach, describeUnusual, forecastText } from './describe-unusual.ts';
import {
  dayMs,
  type Grid,
  type GridSeries,
  readGrid,
  seriesKindOf,
  stepFor,
  unitOf,
  type ValueQuestion,
} from './value-series.ts';

/** A deploy that a level shift may come from. */
export interface KnownDeploy {
  readonly service: string;
  readonly version: string;
  readonly time: Date;
}

const shownPointsMax = 600;
const pastDays = 21;
const pointsMax = 6_048;
const budgetStepS = 21_600;
const defaultWindowS = 300;
const pointsAheadMax = 300;
/** A shift is put down to a deploy of this time before it. */
const deployBeforeMs = 30 * 60_000;
/** Peers are compared over the shown points; a stretch that ended longer ago is over. */
const unusualMax = 50;
const seriesReadMax = 200;

/** Throws `bad_request`, `bad_filter`, `query_limit`, `bad_time_range` and PromqlSyntaxError. */
export async function readOutlook(
  context: QueryContext,
  asked: OutlookParameters,
  deploysOf: (fromMs: number, toMs: number) => Promise<readonly KnownDeploy[]>,
): Promise<OutlookResponse> {
  const written = readQuestion(asked);
  const range = readRange(asked, context.clock);
  const [fromMs, toMs] = [Number(range.from / 1_000_000n), Number(range.to / 1_000_000n)];
  const stepMs =
    asked.budget === undefined
      ? stepFor(written, Math.max((asked.stepS ?? 60) * 1000, (toMs - fromMs) / shownPointsMax))
      : budgetStepS * 1000;
  const question = widened(written, stepMs);
  const firstShownMs = Math.ceil(fromMs / stepMs) * stepMs;
  const shown = Math.max(1, Math.floor((toMs - firstShownMs) / stepMs) + 1);
  const past = Math.max(0, Math.min(Math.round((pastDays * dayMs) / stepMs), pointsMax - shown));
  const grid: Grid = { firstMs: firstShownMs - past * stepMs, stepMs, count: past + shown };
  const all = await readGrid(context, question, grid);
  if (all.length > seriesReadMax)
    throw new SightlineError(
      'query_limit',
      `There are more than ${seriesReadMax} label sets (${all.length}).`,
      {
        hint: 'Narrow it with `where`, or name fewer fields after `by`.',
      },
    );
  const deploys = await deploysOf(grid.firstMs, toMs);
  const unit = unitOf(question);
  const series = all.map((each) =>
    describeSeries(each, { asked, question, grid, past, deploys, nowMs: toMs }),
  );
  const peers = findUnlikePeers(all.map(({ values }) => values.slice(past)));
  const timeAt = (index: number): string => timeText(firstShownMs + index * stepMs);
  return {
    printed: printedOf(question),
    unit,
    stepS: stepMs / 1000,
    series: series
      .toSorted((a, b) => Number(b.isUnusual) - Number(a.isUnusual) || b.unusual.length - a.unusual.length)
      .slice(0, asked.seriesMax),
    seriesCount: series.length,
    peers: peers.map(({ index, from, to, value, peers: others, distance }) => ({
      labels: { ...all[index]?.labels },
      from: timeAt(from),
      to: timeAt(to),
      value,
      peers: others,
      distance,
      text: `${describeValue(value, unit)}, the others ${describeValue(others, unit)}`,
    })),
  };
}

/** No item falls between two points: the window of a point reaches back to the one before it. */
function widened(question: ValueQuestion, stepMs: number): ValueQuestion {
  if (question.kind === 'promql') return question;
  const { query } = question;
  return { kind: 'value', query: { ...query, windowS: Math.max(query.windowS, stepMs / 1000) } };
}

function printedOf(question: ValueQuestion): string {
  return question.kind === 'promql'
    ? printPromql(question.expression)
    : printRule({ type: 'value', query: question.query, condition: { type: 'any' } }).trim();
}

function readQuestion({ kind, value, budget }: OutlookParameters): ValueQuestion {
  if (kind === 'promql') {
    try {
      const expression = parsePromql(value);
      return { kind: 'promql', text: value, expression };
    } catch (error) {
      if (!(error instanceof PromqlSyntaxError)) throw error;
      throw new SightlineError('bad_rule', `Cannot read the expression: ${error.message}.`, {
        hint: caretLines(value, error.place.from),
      });
    }
  }
  const read = parseValue(value);
  if (!read.ok)
    throw new SightlineError('bad_rule', read.error.message, {
      hint: `${read.error.caret}\n${read.error.hint}`.trim(),
    });
  // What is summed up over a month is of windows that touch.
  const windowS = budget === undefined ? (read.value.windowS ?? defaultWindowS) : budgetStepS;
  const query = { ...read.value, windowS };
  return { kind: 'value', query };
}

interface Surroundings {
  readonly asked: OutlookParameters;
  readonly question: ValueQuestion;
  readonly grid: Grid;
  /** Points before the first that is shown. */
  readonly past: number;
  readonly deploys: readonly KnownDeploy[];
  readonly nowMs: number;
}

function describeSeries(series: GridSeries, surroundings: Surroundings): OutlookSeries {
  const { asked, question, grid, past } = surroundings;
  const { values, trials, labels } = series;
  const { stepMs } = grid;
  const stepsPerDay = Math.max(1, Math.round(dayMs / stepMs));
  const kind = seriesKindOf(question);
  const expected = detectUnusual(values, { stepsPerDay, kind, sensitivity: asked.sensitivity, trials });
  const timeAt = (index: number): number => grid.firstMs + index * stepMs;
  const points = expected
    .slice(past)
    .map((point, index): OutlookSeries['points'][number] => [
      timeAt(past + index) / 1000,
      values[past + index] ?? null,
      point?.expected ?? null,
      point?.low ?? null,
      point?.high ?? null,
    ]);
  const steps = Math.min(pointsAheadMax, Math.ceil((asked.aheadS * 1000) / stepMs));
  const forecast = steps === 0 ? undefined : forecastSeries(values, { stepsPerDay, steps });
  const lastMs = timeAt(values.length - 1);
  return {
    labels: { ...labels },
    points,
    unusual: stretchesOf(expected, { from: past, values })
      .slice(0, unusualMax)
      .map(({ from, to, worst }) => ({
        from: timeText(timeAt(from)),
        to: timeText(timeAt(to)),
        value: values[worst] ?? 0,
        text: stretchText(expected[worst], values[worst], { unit: unitOf(question), stepMs }),
      })),
    isUnusual: expected.at(-1)?.isUnusual ?? false,
    shifts: describeShifts(series, surroundings),
    forecast: forecast === undefined ? null : describeForecast(forecast, { asked, lastMs, stepMs }),
    month:
      asked.budget === undefined ? null : describeMonth(values, { budget: asked.budget, grid, stepsPerDay }),
    isTooShort: points.every(([, , low]) => low === null),
  };
}

function stretchText(
  point: ExpectedPoint | undefined,
  value: number | undefined,
  said: { readonly unit: ValueUnit; readonly stepMs: number },
): string {
  return point === undefined || value === undefined
    ? ''
    : `${describeValue(value, said.unit)}; ${describeUnusual(point, said)}`;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly worst: number;
}

/** Unusual points of one incident are one stretch: an hour of ordinary ones or the next onset ends it. The newest first. */
function stretchesOf(
  expected: readonly (ExpectedPoint | undefined)[],
  { from: first }: { readonly from: number; readonly values: readonly (number | undefined)[] },
): Stretch[] {
  const stretches: Stretch[] = [];
  const calm = 12;
  for (let at = first; at < expected.length; at++) {
    const point = expected[at];
    if (point?.isUnusual !== true) continue;
    const open = stretches.at(-1);
    if (open === undefined || at - open.to > calm) stretches.push({ from: at, to: at, worst: at });
    else {
      const worst = point.score > (expected[open.worst]?.score ?? 0) ? at : open.worst;
      stretches[stretches.length - 1] = { from: open.from, to: at, worst };
    }
  }
  return stretches.toReversed();
}

function describeShifts(
  { values, labels }: GridSeries,
  { grid, past, deploys, question }: Surroundings,
): OutlookSeries['shifts'] {
  const { stepMs, firstMs } = grid;
  const unit = unitOf(question);
  return findLevelShifts(values, { stepsPerDay: Math.max(1, Math.round(dayMs / stepMs)) })
    .filter(({ index }) => index >= past)
    .map(({ index, before, after }) => {
      const timeMs = firstMs + index * stepMs;
      const slackMs = Math.max(stepMs * Math.ceil(values.length / 400), deployBeforeMs);
      const deploy = deploys.find(
        ({ service, time }) =>
          (labels['service'] === undefined || labels['service'] === service) &&
          time.getTime() <= timeMs + stepMs &&
          time.getTime() >= timeMs - slackMs,
      );
      const what = `level ${describeValue(before, unit)} → ${describeValue(after, unit)}`;
      return {
        time: timeText(timeMs),
        before,
        after,
        text:
          deploy === undefined
            ? what
            : `${what} (${deploy.service} ${deploy.version} began ${printDuration(Math.max(60, Math.round((timeMs - deploy.time.getTime()) / 60_000) * 60))} before)`,
        deploy:
          deploy === undefined
            ? null
            : { service: deploy.service, version: deploy.version, time: timeText(deploy.time.getTime()) },
      };
    });
}

type Reach = NonNullable<NonNullable<OutlookSeries['forecast']>['reach']>;

function describeForecast(
  forecast: Forecast,
  {
    asked: { target, direction },
    lastMs,
    stepMs,
  }: { readonly asked: OutlookParameters; readonly lastMs: number; readonly stepMs: number },
): NonNullable<OutlookSeries['forecast']> {
  const { basis, points, backtest } = forecast;
  return {
    basis,
    basisText: forecastText(basis),
    points: points.map(({ expected, low, high }, index) => [
      (lastMs + (index + 1) * stepMs) / 1000,
      expected,
      low,
      high,
    ]),
    ...backtest,
    reach:
      target === undefined
        ? null
        : reachAt(reachOfForecast(forecast, { target, direction }), { lastMs, stepMs }),
  };
}

function reachAt(
  reach: ReturnType<typeof reachOfForecast>,
  { lastMs, stepMs }: { readonly lastMs: number; readonly stepMs: number },
): Reach {
  const time = (points: number | undefined): string | null =>
    points === undefined ? null : timeText(lastMs + points * stepMs);
  return {
    expected: time(reach.expected),
    earliest: time(reach.earliest),
    latest: time(reach.latest),
    text: describeReach(reach, stepMs),
  };
}

/** The calendar month in which the last point is: what was spent in it, and what it comes to at this pace. */
function describeMonth(
  values: readonly (number | undefined)[],
  {
    budget,
    grid,
    stepsPerDay,
  }: { readonly budget: number; readonly grid: Grid; readonly stepsPerDay: number },
): OutlookSeries['month'] {
  const { firstMs, stepMs } = grid;
  const lastMs = firstMs + (values.length - 1) * stepMs;
  const last = new Date(lastMs);
  const beginMs = Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), 1);
  const endMs = Date.UTC(last.getUTCFullYear(), last.getUTCMonth() + 1, 1);
  // A point covers the window before it.
  const spent = values.reduce<number>(
    (sum, value, index) => (firstMs + index * stepMs > beginMs ? sum + (value ?? 0) : sum),
    0,
  );
  const steps = Math.max(1, Math.round((endMs - lastMs) / stepMs));
  const forecast = forecastSeries(values, { stepsPerDay, steps });
  if (forecast === undefined) return null;
  const points = forecast.totals.map(({ expected, low, high }) => ({
    expected: spent + expected,
    low: spent + low,
    high: spent + high,
  }));
  const end = points.at(-1) ?? { expected: spent, low: spent, high: spent };
  const reach =
    spent >= budget
      ? { expected: 0, earliest: 0, latest: 0 }
      : reachOfForecast({ points }, { target: budget, direction: 'rises' });
  return { spent, ...end, reach: reachAt(reach, { lastMs, stepMs }) };
}

const timeText = (ms: number): string => formatNanos(nanosFromMs(Math.round(ms)));
