/**
 * What a version changed. Where an older version runs in the same minutes, both are compared minute by minute; else the minutes after the deploy with as
 * many before it, and with how much windows differed before, when nothing was deployed. The first minutes of a version are left out: caches and pools are
 * cold. The mix of calls is held fixed, since each cell is compared with itself.
 */
import { formatNanos, nanosFromMs } from '@sightline/base';
import type { RegressionCell, RegressionLook } from '@sightline/schema/api';
import { printText } from '@sightline/schema/filter';
import { type ReadMinute, readCellMinutes, readPastMinutes } from '../query/regressions/read-cell-minutes.ts';
import type { QueryContext } from '../query/reader.ts';
import { type CellMinute, minutesMax, minutesMin } from './compare-cell.ts';
import { type CellKey, judgeCells, type JudgedCell, pastMinutes } from './judge-cells.ts';

export interface JudgedDeploy {
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly time: Date;
}

export interface FrozenCell extends CellKey {
  /** Minute, calls, errors, median in milliseconds. */
  readonly minutes: readonly (readonly [number, number, number, number])[];
}

export interface FrozenBaseline {
  readonly name: string;
  readonly cells: readonly FrozenCell[];
}

const minuteMs = 60_000;
export const warmUpMinutes = 5;
const cellsShownMax = 200;

/** After this many minutes a deploy is judged, and at no other time: who looks again and again finds something by chance. */
export const looks = [15, 60, 240] as const;

export async function judgeDeploy(
  context: QueryContext,
  {
    deploy,
    minutes,
    beside,
    baseline,
  }: {
    readonly deploy: JudgedDeploy;
    /** After the deploy. */
    readonly minutes: number;
    /** The version it is compared with; left out: whatever else runs or ran. */
    readonly beside?: string | undefined;
    readonly baseline?: FrozenBaseline | undefined;
  },
): Promise<RegressionLook> {
  const { service, environment, version } = deploy;
  const start =
    Math.ceil(deploy.time.getTime() / minuteMs) + (minutes > 2 * warmUpMinutes ? warmUpMinutes : 0);
  const end = Math.floor(deploy.time.getTime() / minuteMs) + Math.min(minutes, minutesMax);
  const length = Math.max(1, end - start);
  const deployMinute = Math.floor(deploy.time.getTime() / minuteMs);
  const read = await readCellMinutes(context, {
    service,
    environment,
    fromMs: (deployMinute - length) * minuteMs,
    toMs: end * minuteMs,
  });
  const isOther = (each: ReadMinute): boolean =>
    each.version !== version && (beside === undefined || each.version === beside);
  const after = read.filter((each) => each.version === version && each.minute >= start);
  const atOnce = read.filter((each) => isOther(each) && each.minute >= start);
  const earlier = read.filter((each) => isOther(each) && each.minute < deployMinute);
  const shared = new Set(atOnce.map(({ minute }) => minute));
  const isPaired =
    baseline === undefined &&
    new Set(after.map(({ minute }) => minute).filter((minute) => shared.has(minute))).size >=
      minutesMin.paired;
  const before = baseline === undefined ? (isPaired ? atOnce : earlier) : thawed(baseline);
  const pieceMinutes = length > 60 ? 5 : 1;
  const past = isPaired
    ? []
    : await readPastMinutes(
        context,
        {
          service,
          environment,
          fromMs: (deployMinute - pastMinutes(length)) * minuteMs,
          toMs: deployMinute * minuteMs,
        },
        { names: [...new Set(after.map(({ name }) => name))], pieceMinutes },
      );
  const befores = cellsOf(before);
  const pasts = Map.groupBy(past, ({ name, operation, model }) => JSON.stringify([name, operation, model]));
  const cells = [...cellsOf(after)].map(([key, each]) => {
    const [first] = each;
    const { name = '', operation = '', model = '', agent = '' } = first ?? {};
    return {
      key: { service, name, operation, model, agent },
      before: mergeVersions(befores.get(key) ?? []),
      after: each,
      past: pasts.get(JSON.stringify([name, operation, model])) ?? [],
    };
  });
  const judged = judgeCells(
    cells.filter((cell) => cell.before.length > 0),
    { length, pastEnd: deployMinute },
  );
  const range = { from: timeText(start * minuteMs), to: timeText(end * minuteMs) };
  const beforeRange = isPaired
    ? range
    : { from: timeText((deployMinute - length) * minuteMs), to: timeText(deployMinute * minuteMs) };
  const count = (verdict: RegressionCell['verdict']): number =>
    judged.filter((each) => each.verdict === verdict).length;
  return {
    minutes,
    time: timeText(Number(context.clock.now() / 1_000_000n)),
    method: isPaired ? 'paired' : 'before_after',
    comparedWith: comparedWords({ before, baseline, isPaired }),
    ...range,
    cells: judged.slice(0, cellsShownMax).map((each) => ({
      ...each,
      runs: {
        before: sideOf(each, {
          is: beside,
          isNot: beside === undefined ? version : undefined,
          ...beforeRange,
        }),
        after: sideOf(each, { is: version, ...range }),
      },
    })),
    regressed: count('regressed'),
    improved: count('improved'),
  };
}

function cellsOf(minutes: readonly ReadMinute[]): Map<string, ReadMinute[]> {
  return Map.groupBy(minutes, ({ name, operation, model, agent }) =>
    JSON.stringify([name, operation, model, agent]),
  );
}

/** Versions that ran at once are one side: of each minute the busiest of them speaks for its durations. */
function mergeVersions(minutes: readonly ReadMinute[]): CellMinute[] {
  return [...Map.groupBy(minutes, ({ minute }) => minute)].map(([minute, same]) => {
    const busiest = same.reduce((best, each) => (each.calls > best.calls ? each : best));
    return {
      minute,
      calls: same.reduce((sum, { calls }) => sum + calls, 0),
      errors: same.reduce((sum, { errors }) => sum + errors, 0),
      medianMs: busiest.medianMs,
    };
  });
}

function thawed({ cells }: FrozenBaseline): ReadMinute[] {
  return cells.flatMap(({ minutes, name, operation, model, agent }) =>
    minutes.map(([minute, calls, errors, medianMs]) => ({
      name,
      operation,
      model,
      agent,
      version: '',
      minute,
      calls,
      errors,
      medianMs,
    })),
  );
}

/** How a service was in a time, to be kept. */
export async function freezeCells(
  context: QueryContext,
  asked: { readonly service: string; readonly fromMs: number; readonly toMs: number },
): Promise<FrozenCell[]> {
  const read = await readCellMinutes(context, { ...asked, environment: '' });
  return [...cellsOf(read).values()].map((each) => {
    const [first] = each;
    const { name = '', operation = '', model = '', agent = '' } = first ?? {};
    return {
      service: asked.service,
      name,
      operation,
      model,
      agent,
      minutes: mergeVersions(each).map(
        ({ minute, calls, errors, medianMs }) => [minute, calls, errors, medianMs] as const,
      ),
    };
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
  { service, name, model, agent }: JudgedCell,
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
    ...(is === undefined ? [] : [isVersion(is)]),
    ...(isNot === undefined ? [] : [`-${isVersion(isNot)}`]),
  ].join(' ');
  return { q, from, to };
}

const timeText = (ms: number): string => formatNanos(nanosFromMs(Math.round(ms)));
