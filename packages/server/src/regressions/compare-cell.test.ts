/** How often the judge is wrong where nothing changed, and how often right where something did, over recorded series of others. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { medianOf } from '@sightline/schema/series';
import type { CellMinute } from './compare-cell.ts';
import { binRatio } from '../query/sql/cell-minutes-sql.ts';
import type { RunValue } from './compare-runs.ts';
import type { CellBlock } from './compare-tail.ts';
import { judgeCells, type JudgedCell, pastMinutes, type RunCell } from './judge-cells.ts';

const folder = join(import.meta.dirname, '../../../../../shared/recorded/nab/realAWSCloudwatch');
if (!existsSync(folder))
  console.warn('A/A OVER RECORDED SERIES SKIPPED: recorded/nab is not beside the checkout (../shared).');

function randomOf(seed: number): { readonly uniform: () => number; readonly normal: () => number } {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

const key = { service: 'api', name: 'work', operation: '', model: '', agent: '' };
const minuteOf = (minute: number, medianMs: number): CellMinute => ({
  minute,
  calls: 60,
  errors: 0,
  medianMs,
  p95Ms: medianMs * 2,
  p99Ms: medianMs * 3,
});

function judge(of: {
  readonly before: readonly CellMinute[];
  readonly after: readonly CellMinute[];
  readonly past: readonly CellMinute[];
  readonly length: number;
  readonly pastEnd: number;
}): JudgedCell | undefined {
  const { before, after, past, length, pastEnd } = of;
  return judgeCells([{ key, before, after, past }], { length, pastEnd }).find(
    ({ measure }) => measure === 'duration',
  );
}

/** Each recorded value stands for a minute, in milliseconds that matter. */
function recordedSeries(): number[][] {
  return readdirSync(folder).map((name) => {
    const rows = readFileSync(join(folder, name), 'utf8').trim().split('\n').slice(1);
    const values = rows.map((row) => Number(row.split(',')[1]));
    const middle = medianOf(values.filter((value) => value > 0)) ?? 1;
    return values.map((value) => (value / middle) * 200);
  });
}

describe.skipIf(!existsSync(folder))('a comparison of versions', () => {
  it('flags at most 3 % of windows of recorded series between which nothing was deployed', () => {
    const { uniform } = randomOf(11);
    const all = recordedSeries();
    let flagged = 0;
    let count = 0;
    for (const length of [15, 60, 240])
      for (const values of all) {
        const need = pastMinutes(length);
        for (let round = 0; round < 22; round++) {
          const room = values.length - need - length;
          if (room <= 0) continue;
          const at = need + Math.floor(uniform() * room);
          const minutes = (from: number, to: number): CellMinute[] =>
            values.slice(from, to).map((value, index) => minuteOf(from + index, value));
          const found = judge({
            before: minutes(at - length, at),
            after: minutes(at, at + length),
            past: minutes(at - need, at),
            length,
            pastEnd: at,
          });
          count++;
          if (found?.verdict === 'regressed' || found?.verdict === 'improved') flagged++;
        }
      }
    console.log('A/A flagged', flagged, 'of', count);
    expect(count).toBeGreaterThan(1_000);
    expect(flagged / count).toBeLessThanOrEqual(0.03);
  });

  it('finds 20 % more in four hours in which both versions run, and nothing where there is nothing', () => {
    const { uniform, normal } = randomOf(12);
    const all = recordedSeries().filter((values) => values.every((value) => value > 0));
    const share = (factor: number): number => {
      let found = 0;
      const rounds = 200;
      for (let round = 0; round < rounds; round++) {
        const values = all[round % all.length] ?? [];
        const at = Math.floor(uniform() * (values.length - 240));
        // Both versions meet the same minute; their medians of 60 calls differ by a tenth.
        const side = (scale: number): CellMinute[] =>
          values
            .slice(at, at + 240)
            .map((value, index) => minuteOf(at + index, value * scale * Math.exp(0.1 * normal())));
        const verdict = judge({
          before: side(1),
          after: side(factor),
          past: [],
          length: 240,
          pastEnd: at,
        })?.verdict;
        if (verdict === 'regressed' || (factor === 1 && verdict === 'improved')) found++;
      }
      return found / rounds;
    };
    const [none, ten, twenty, fifty] = [1, 1.1, 1.2, 1.5].map(share);
    console.log('paired, found at +0, +10, +20, +50 %:', none, ten, twenty, fifty);
    expect(none).toBeLessThanOrEqual(0.03);
    expect(twenty).toBeGreaterThanOrEqual(0.8);
    expect(fifty).toBeGreaterThanOrEqual(0.95);
  });
});

describe('verdicts', () => {
  it('say how many minutes are missing, with two or with wide minutes', () => {
    const { normal } = randomOf(13);
    const minutes = (count: number, noise: number): CellMinute[] =>
      Array.from({ length: count }, (_each, minute) => minuteOf(minute, 200 * Math.exp(noise * normal())));
    const short = judge({ before: minutes(4, 0.1), after: minutes(4, 0.1), past: [], length: 4, pastEnd: 0 });
    expect(short?.verdict).toBe('too_little');
    expect(short?.text).toMatch(/^needs \d+ more minutes?$/);
    const wide = judge({
      before: minutes(20, 0.4),
      after: minutes(20, 0.4),
      past: [],
      length: 20,
      pastEnd: 0,
    });
    expect(wide?.verdict).toBe('too_little');
  });

  it('count out few errors, and name more of them with their points', () => {
    const side = (failed: number): CellMinute[] =>
      Array.from({ length: 60 }, (_each, minute) => ({
        minute,
        calls: 20,
        errors: Math.floor(((minute + 1) * failed) / 10) - Math.floor((minute * failed) / 10),
        medianMs: 100,
        p95Ms: 200,
        p99Ms: 300,
      }));
    const rate = (before: number, after: number) =>
      judgeCells([{ key, before: side(before), after: side(after), past: [] }], {
        length: 60,
        pastEnd: 0,
      }).find(({ measure }) => measure === 'error_rate');
    expect(rate(0, 1)).toMatchObject({ method: 'exact', verdict: 'no_evidence' });
    expect(rate(1, 15)).toMatchObject({ method: 'paired', verdict: 'regressed' });
    expect(rate(1, 15)?.text).toMatch(/^\+7(\.0)? points/);
    expect(rate(15, 1)).toMatchObject({ verdict: 'improved' });
  });
});

/** Calls of some minutes around the level of each, of which a share takes four times as long. */
function calls(
  levels: readonly number[],
  { random, slow, at = 0 }: { random: ReturnType<typeof randomOf>; slow: number; at?: number },
): { readonly minutes: CellMinute[]; readonly blocks: CellBlock[] } {
  const durations = levels.map((level) =>
    Float64Array.from(
      { length: 60 },
      () => level * Math.exp(0.3 * random.normal()) * (random.uniform() < slow ? 4 : 1),
    ).sort(),
  );
  const minutes = durations.map((sorted, minute) => ({
    ...minuteOf(at + minute, sorted[30] ?? 0),
    p95Ms: sorted[57] ?? 0,
    p99Ms: sorted[59] ?? 0,
  }));
  const blocks = [...Map.groupBy(durations.entries(), ([minute]) => Math.floor((at + minute) / 5) * 5)].map(
    ([minute, of]) => {
      const counts = new Map<number, number>();
      for (const [, sorted] of of)
        for (const ms of sorted) {
          const bin = Math.floor(Math.log(ms * 1000 + 1) / Math.log(binRatio));
          counts.set(bin, (counts.get(bin) ?? 0) + 1);
        }
      return { minute, bins: [...counts.keys()], counts: [...counts.values()] };
    },
  );
  return { minutes, blocks };
}

describe('tails', () => {
  const wander = (random: ReturnType<typeof randomOf>, count: number): number[] => {
    let level = 0;
    return Array.from({ length: count }, () => {
      level = 0.8 * level + 0.09 * random.normal();
      return 200 * Math.exp(level);
    });
  };
  const verdicts = (slow: number, seed: number): Partial<Record<string, string>> => {
    const random = randomOf(seed);
    const levels = wander(random, 240);
    const [before, after] = [calls(levels, { random, slow: 0.02 }), calls(levels, { random, slow })];
    const judged = judgeCells(
      [
        {
          key,
          before: before.minutes,
          after: after.minutes,
          past: [],
          blocks: { before: before.blocks, after: after.blocks },
        },
      ],
      { length: 240, pastEnd: 0 },
    );
    return Object.fromEntries(judged.map(({ measure, verdict }) => [measure, verdict]));
  };

  it('are found where one call in ten became slow and the median did not, and only then', () => {
    const rounds = Array.from({ length: 40 }, (_each, round) => round);
    const slow = rounds.map((round) => verdicts(0.1, 100 + round));
    const found = slow.filter(({ p95 }) => p95 === 'regressed').length;
    const echoes = slow.filter(({ duration }) => duration === 'regressed').length;
    const none = rounds.filter((round) =>
      Object.values(verdicts(0.02, 200 + round)).some(
        (verdict) => verdict === 'regressed' || verdict === 'improved',
      ),
    ).length;
    console.log(
      'p95, one in ten slow: found',
      found,
      'median flagged',
      echoes,
      'nothing slow: flagged',
      none,
      'of 40',
    );
    expect(found).toBeGreaterThanOrEqual(32);
    expect(echoes).toBeLessThanOrEqual(1);
    expect(none).toBeLessThanOrEqual(1);
  });
});

describe('what runs use', () => {
  const runs = (
    random: ReturnType<typeof randomOf>,
    { factor, count, from = 0 }: { factor: number; count: number; from?: number },
  ): RunValue[] =>
    Array.from({ length: count }, (_each, place) => ({
      minute: from + place,
      value: 0.01 * factor * Math.exp(0.4 * random.normal()),
    }));
  const verdict = (
    factor: number,
    seed: number,
    more: Partial<Pick<RunCell, 'isBeside' | 'measure' | 'isLowerBetter'>> = {},
  ): string | undefined => {
    const random = randomOf(seed);
    const past = runs(random, { factor: 1, count: 2_600, from: -2_600 });
    return judgeCells([], { length: 240, pastEnd: 0 }, [
      {
        key,
        measure: 'cost',
        score: '',
        isLowerBetter: true,
        before: past.slice(-240),
        after: runs(random, { factor, count: 240 }),
        isBeside: true,
        past: past.map((each) => ({ ...each, runs: 1 })),
        ...more,
      },
    ])[0]?.verdict;
  };
  const rounds = Array.from({ length: 60 }, (_each, round) => round);
  const share = (of: (round: number) => boolean): number => rounds.filter(of).length / rounds.length;

  it('is found where it is a fifth more, beside and after each other, and seldom where nothing changed', () => {
    for (const isBeside of [true, false]) {
      const found = share((round) => verdict(1.2, round, { isBeside }) === 'regressed');
      const none = share((round) => verdict(1, 1_000 + round, { isBeside }) !== 'no_evidence');
      console.log('cost of runs,', isBeside ? 'beside' : 'after', 'found at +20 %:', found, 'at +0 %:', none);
      expect(found).toBeGreaterThanOrEqual(0.8);
      expect(none).toBeLessThanOrEqual(0.03);
    }
  });

  it('is judged by what is better: less of a cost, more of a score', () => {
    expect(verdict(1.4, 1)).toBe('regressed');
    expect(verdict(0.6, 1)).toBe('improved');
    const score = { measure: 'score', isLowerBetter: false } as const;
    expect(verdict(20, 1, score)).toBe('improved');
    expect(verdict(20, 1, { ...score, isLowerBetter: true })).toBe('regressed');
  });
});
