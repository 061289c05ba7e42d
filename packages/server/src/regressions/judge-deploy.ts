/**
 * What a version changed. Where an older version runs in the same minutes, both are compared minute by minute; else the minutes after the deploy with as
 * many before it, and with how much windows differed before, when nothing was deployed. The first minutes of a version are left out: caches and pools are
 * cold. The mix of calls is held fixed, since each cell is compared with itself. What runs cost, their tokens and scores are compared run by run.
 */
import { formatNanos, nanosFromMs } from '@sightline/base';
import type { RegressionCell, RegressionLook } from '@sightline/schema/api';
import { printText } from '@sightline/schema/filter';
import {
  type ReadBlock,
  readCellBlocks,
  readCellMinutes,
  type ReadMinute,
  readPastMinutes,
  readPastRunValues,
  type ReadRunValue,
  readRunValues,
  type RunMeasure,
} from '../query/regressions/read-cell-minutes.ts';
import type { QueryContext } from '../query/reader.ts';
import { type CellMinute, minutesMax, minutesMin } from './compare-cell.ts';
import type { CellBlock } from './compare-tail.ts';
import {
  type CellKey,
  type CellSides,
  judgeCells,
  type JudgedCell,
  pastMinutes,
  type RunCell,
} from './judge-cells.ts';

export interface JudgedDeploy {
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly time: Date;
}

export interface FrozenCell extends CellKey {
  /** Minute, calls, errors, median, p95 and p99 in milliseconds. */
  readonly minutes: readonly (readonly [number, number, number, number, number, number])[];
  /** The same calls for tails: minute, bins, counts. */
  readonly blocks: readonly (readonly [number, readonly number[], readonly number[]])[];
  /** What runs of this name used, or a score of them: minutes and values. */
  readonly runs: readonly {
    readonly measure: RunMeasure;
    readonly score: string;
    readonly values: readonly (readonly [number, number])[];
  }[];
}

export interface FrozenBaseline {
  readonly name: string;
  readonly cells: readonly FrozenCell[];
}

const minuteMs = 60_000;
const weekMinutes = 7 * 24 * 60;
export const warmUpMinutes = 5;
const cellsShownMax = 200;
const frozenRunsMax = 2_000;

/** After this many minutes a deploy is judged, and at no other time: who looks again and again finds something by chance. */
export const looks = [15, 60, 240] as const;

export interface JudgeOptions {
  readonly deploy: JudgedDeploy;
  /** After the deploy. */
  readonly minutes: number;
  /** The version it is compared with; left out: whatever else runs or ran. */
  readonly beside?: string | undefined;
  readonly baseline?: FrozenBaseline | undefined;
  /** Compared with the same minutes of the week before, whatever ran then. */
  readonly isLastWeek?: boolean;
  /** Whether less of a score is better. */
  readonly isLowerBetter: (score: string) => boolean;
}

export async function judgeDeploy(
  context: QueryContext,
  { deploy, minutes, beside, baseline, isLastWeek = false, isLowerBetter }: JudgeOptions,
): Promise<RegressionLook> {
  const { service, environment, version } = deploy;
  const deployMinute = Math.floor(deploy.time.getTime() / minuteMs);
  const start =
    Math.ceil(deploy.time.getTime() / minuteMs) + (minutes > 2 * warmUpMinutes ? warmUpMinutes : 0);
  const end = deployMinute + Math.min(minutes, minutesMax);
  const length = Math.max(1, end - start);
  const apart = isLastWeek ? weekMinutes : length;
  const within = (from: number, to: number) => ({
    service,
    environment,
    fromMs: from * minuteMs,
    toMs: to * minuteMs,
  });
  const read = await readTogether(context, within(deployMinute - length, end));
  const isOther = (each: { readonly version: string }): boolean =>
    each.version !== version && (beside === undefined || each.version === beside);
  const after = pick(read, (each) => each.version === version && each.minute >= start);
  const atOnce = pick(read, (each) => isOther(each) && each.minute >= start);
  const shared = new Set(atOnce.minutes.map(({ minute }) => minute));
  const isPaired =
    baseline === undefined &&
    !isLastWeek &&
    new Set(after.minutes.map(({ minute }) => minute).filter((minute) => shared.has(minute))).size >=
      minutesMin.paired;
  const before = isLastWeek
    ? await readTogether(context, within(start - weekMinutes, end - weekMinutes))
    : baseline !== undefined
      ? thawed(baseline)
      : isPaired
        ? atOnce
        : pick(read, (each) => isOther(each) && each.minute < deployMinute);
  const past = isPaired
    ? nothingRead
    : await readPast(context, {
        within,
        ranges: [
          [deployMinute - pastMinutes(length), deployMinute],
          ...(isLastWeek
            ? [[deployMinute - weekMinutes - pastMinutes(length), deployMinute - weekMinutes] as const]
            : []),
        ],
        names: [...new Set(after.minutes.map(({ name }) => name))],
        pieceMinutes: length > 60 ? 5 : 1,
      });
  const judged = judgeCells(
    cellSides(service, { before, after, past }),
    { length, pastEnd: deployMinute, apart, mayPair: isPaired },
    runCells(service, { before, after, past, isBeside: isPaired, isLowerBetter }),
  );
  const range = { from: timeText(start * minuteMs), to: timeText(end * minuteMs) };
  const beforeRange = isPaired
    ? range
    : isLastWeek
      ? { from: timeText((start - weekMinutes) * minuteMs), to: timeText((end - weekMinutes) * minuteMs) }
      : { from: timeText((deployMinute - length) * minuteMs), to: timeText(deployMinute * minuteMs) };
  const count = (verdict: RegressionCell['verdict']): number =>
    judged.filter((each) => each.verdict === verdict).length;
  const besideVersion = isLastWeek ? undefined : beside;
  return {
    minutes,
    time: timeText(Number(context.clock.now() / 1_000_000n)),
    method: isPaired ? 'paired' : isLastWeek ? 'last_week' : 'before_after',
    comparedWith: isLastWeek
      ? 'the same time last week'
      : comparedWords({ before: before.minutes, baseline, isPaired }),
    ...range,
    cells: judged.slice(0, cellsShownMax).map((each) => ({
      ...each,
      runs: {
        before: sideOf(each, {
          is: besideVersion,
          isNot: besideVersion === undefined && !isLastWeek ? version : undefined,
          ...beforeRange,
        }),
        after: sideOf(each, { is: version, ...range }),
      },
    })),
    regressed: count('regressed'),
    improved: count('improved'),
    regressedByMeasure: Object.fromEntries(
      [...Map.groupBy(judged, ({ measure }) => measure)].map(([measure, cells]) => [
        measure,
        cells.filter(({ verdict }) => verdict === 'regressed').length,
      ]),
    ),
  };
}

/** Of one time: minutes and blocks of cells, and values of runs. */
interface Together {
  readonly minutes: readonly ReadMinute[];
  readonly blocks: readonly ReadBlock[];
  readonly runs: readonly ReadRunValue[];
}

const nothingRead: Together = { minutes: [], blocks: [], runs: [] };

interface Asked {
  readonly service: string;
  readonly environment: string;
  readonly fromMs: number;
  readonly toMs: number;
}

async function readTogether(context: QueryContext, asked: Asked): Promise<Together> {
  const [minutes, blocks, runs] = await Promise.all([
    readCellMinutes(context, asked),
    readCellBlocks(context, asked),
    readRunValues(context, asked),
  ]);
  return { minutes, blocks, runs };
}

async function readPast(
  context: QueryContext,
  {
    within,
    ranges,
    names,
    pieceMinutes,
  }: {
    readonly within: (from: number, to: number) => Asked;
    readonly ranges: readonly (readonly [number, number])[];
    readonly names: readonly string[];
    readonly pieceMinutes: number;
  },
): Promise<Together> {
  const read = await Promise.all(
    ranges.map(async ([from, to]) =>
      Promise.all([
        readPastMinutes(context, within(from, to), { names, pieceMinutes }),
        readPastRunValues(context, within(from, to), { pieceMinutes }),
      ]),
    ),
  );
  return {
    minutes: read.flatMap(([minutes]) => minutes),
    blocks: [],
    runs: read.flatMap(([, runs]) => runs),
  };
}

function pick(
  { minutes, blocks, runs }: Together,
  isIn: (each: { readonly version: string; readonly minute: number }) => boolean,
): Together {
  return { minutes: minutes.filter(isIn), blocks: blocks.filter(isIn), runs: runs.filter(isIn) };
}

interface ThreeTimes {
  readonly before: Together;
  readonly after: Together;
  readonly past: Together;
}

type Named = Omit<CellKey, 'service'>;

const keyText = ({ name, operation, model, agent }: Named): string =>
  JSON.stringify([name, operation, model, agent]);

function cellSides(service: string, { before, after, past }: ThreeTimes): CellSides[] {
  const befores = Map.groupBy(before.minutes, keyText);
  const blocksBefore = Map.groupBy(before.blocks, keyText);
  const blocksAfter = Map.groupBy(after.blocks, keyText);
  // The roll-up knows no agents.
  const pasts = Map.groupBy(past.minutes, (each) => keyText({ ...each, agent: '' }));
  return [...Map.groupBy(after.minutes, keyText)].flatMap(([key, minutes]) => {
    const [first] = minutes;
    const earlier = befores.get(key);
    if (first === undefined || earlier === undefined) return [];
    const { name, operation, model, agent } = first;
    return [
      {
        key: { service, name, operation, model, agent },
        before: mergeVersions(earlier),
        after: minutes,
        past: pasts.get(keyText({ ...first, agent: '' })) ?? [],
        blocks: {
          before: mergeBlocks(blocksBefore.get(key) ?? []),
          after: mergeBlocks(blocksAfter.get(key) ?? []),
        },
      },
    ];
  });
}

function runCells(
  service: string,
  {
    before,
    after,
    past,
    isBeside,
    isLowerBetter,
  }: ThreeTimes & Pick<JudgeOptions, 'isLowerBetter'> & { readonly isBeside: boolean },
): RunCell[] {
  const runKey = (each: ReadRunValue): string => JSON.stringify([keyText(each), each.measure, each.score]);
  const befores = Map.groupBy(before.runs, runKey);
  const pasts = Map.groupBy(past.runs, runKey);
  return [...Map.groupBy(after.runs, runKey)].flatMap(([key, values]) => {
    const [first] = values;
    const earlier = befores.get(key);
    if (first === undefined || earlier === undefined) return [];
    const { name, operation, agent, measure, score } = first;
    return [
      {
        key: { service, name, operation, model: '', agent },
        measure,
        score,
        isLowerBetter: measure !== 'score' || isLowerBetter(score),
        before: earlier,
        after: values,
        isBeside,
        past: pasts.get(key) ?? [],
      },
    ];
  });
}

/** Versions that ran at once are one side: of each minute the busiest of them speaks for its durations. */
function mergeVersions(minutes: readonly ReadMinute[]): CellMinute[] {
  return [...Map.groupBy(minutes, ({ minute }) => minute)].map(([minute, same]) => {
    const { medianMs, p95Ms, p99Ms } = same.reduce((best, each) => (each.calls > best.calls ? each : best));
    return {
      minute,
      calls: same.reduce((sum, { calls }) => sum + calls, 0),
      errors: same.reduce((sum, { errors }) => sum + errors, 0),
      medianMs,
      p95Ms,
      p99Ms,
    };
  });
}

function mergeBlocks(blocks: readonly ReadBlock[]): CellBlock[] {
  return [...Map.groupBy(blocks, ({ minute }) => minute)].map(([minute, same]) => {
    const counts = new Map<number, number>();
    for (const each of same)
      for (const [place, bin] of each.bins.entries())
        counts.set(bin, (counts.get(bin) ?? 0) + (each.counts[place] ?? 0));
    return { minute, bins: [...counts.keys()], counts: [...counts.values()] };
  });
}

function thawed({ cells }: FrozenBaseline): Together {
  return {
    minutes: cells.flatMap(({ minutes, ...cell }) =>
      minutes.map(([minute, calls, errors, medianMs, p95Ms, p99Ms]) => ({
        ...nameOf(cell),
        minute,
        calls,
        errors,
        medianMs,
        p95Ms,
        p99Ms,
      })),
    ),
    blocks: cells.flatMap(({ blocks, ...cell }) =>
      blocks.map(([minute, bins, counts]) => ({ ...nameOf(cell), minute, bins, counts })),
    ),
    runs: cells.flatMap(({ runs, ...cell }) =>
      runs.flatMap(({ measure, score, values }) =>
        values.map(([minute, value]) => ({ ...nameOf(cell), minute, measure, score, value, runs: 1 })),
      ),
    ),
  };
}

const nameOf = ({ name, operation, model, agent }: Named) => ({ name, operation, model, agent, version: '' });

/** How a service was in a time, to be kept. */
export async function freezeCells(
  context: QueryContext,
  asked: { readonly service: string; readonly fromMs: number; readonly toMs: number },
): Promise<FrozenCell[]> {
  const read = await readTogether(context, { ...asked, environment: '' });
  const minutes = Map.groupBy(read.minutes, keyText);
  const blocks = Map.groupBy(read.blocks, keyText);
  const runs = Map.groupBy(read.runs, keyText);
  return [...new Set([...minutes.keys(), ...runs.keys()])].flatMap((key) => {
    const [ofCalls = [], ofRuns = []] = [minutes.get(key), runs.get(key)];
    const first = ofCalls[0] ?? ofRuns[0];
    if (first === undefined) return [];
    const { name, operation, model, agent } = first;
    return [
      {
        service: asked.service,
        name,
        operation,
        model,
        agent,
        minutes: mergeVersions(ofCalls).map(
          ({ minute, calls, errors, medianMs, p95Ms, p99Ms }) =>
            [minute, calls, errors, medianMs, p95Ms, p99Ms] as const,
        ),
        blocks: mergeBlocks(blocks.get(key) ?? []).map(
          ({ minute, bins, counts }) => [minute, bins, counts] as const,
        ),
        runs: [...Map.groupBy(ofRuns, ({ measure, score }) => JSON.stringify([measure, score])).values()].map(
          (values) => ({
            measure: values[0]?.measure ?? 'cost',
            score: values[0]?.score ?? '',
            values: values.slice(0, frozenRunsMax).map(({ minute, value }) => [minute, value] as const),
          }),
        ),
      },
    ];
  });
}

function comparedWords({
  before,
  baseline,
  isPaired,
}: {
  readonly before: readonly ReadMinute[];
  readonly baseline: FrozenBaseline | undefined;
  readonly isPaired: boolean;
}): string {
  if (baseline !== undefined) return `the baseline ${baseline.name}`;
  const versions = [...new Set(before.map(({ version }) => version))].map((version) =>
    version === '' ? 'calls without a version' : version,
  );
  if (versions.length === 0) return 'nothing: nothing ran before it';
  const named = versions.length > 3 ? `${versions.slice(0, 3).join(', ')} and others` : versions.join(', ');
  return isPaired ? `${named}, in the same minutes` : `${named}, before it`;
}

/** Traces behind a side of a cell, in the filter language, with their time. */
function sideOf(
  { service, name, model, agent, score }: JudgedCell,
  {
    is,
    isNot,
    from,
    to,
  }: {
    readonly is: string | undefined;
    readonly isNot?: string | undefined;
    readonly from: string;
    readonly to: string;
  },
): RegressionCell['runs']['before'] {
  const isVersion = (text: string): string => `resource.service.version:${printText(text)}`;
  const q = [
    `service:${printText(service)}`,
    `name:${printText(name)}`,
    ...(model === '' ? [] : [`model:${printText(model)}`]),
    ...(agent === '' ? [] : [`agent:${printText(agent)}`]),
    ...(score === '' ? [] : [`score.${printText(score)}:*`]),
    ...(is === undefined ? [] : [isVersion(is)]),
    ...(isNot === undefined ? [] : [`-${isVersion(isNot)}`]),
  ].join(' ');
  return { q, from, to };
}

const timeText = (ms: number): string => formatNanos(nanosFromMs(Math.round(ms)));
