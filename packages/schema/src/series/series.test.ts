import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectUnusual, findLevelShifts, findUnlikePeers, forecastSeries, reachOfForecast } from './index.ts';

function noise(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const daily = (index: number, stepsPerDay = 288): number => Math.sin((2 * Math.PI * index) / stepsPerDay);

describe('what is unusual', () => {
  it('knows nothing of the future: what it says of a point stays when more follow', () => {
    const random = noise(1);
    const values = Array.from({ length: 3_000 }, (_each, index) =>
      index % 97 === 0 ? undefined : 100 + 30 * daily(index) + 3 * random(),
    );
    const whole = detectUnusual(values, { stepsPerDay: 288 });
    for (const length of [400, 1_500, 2_999])
      expect(detectUnusual(values.slice(0, length), { stepsPerDay: 288 })).toEqual(whole.slice(0, length));
  });

  it('finds a value that is ordinary at noon and unusual at night, and says whose time it is', () => {
    const random = noise(2);
    const values = Array.from({ length: 288 * 8 }, (_each, index) => 100 + 50 * daily(index) + 2 * random());
    // The lowest hour is at three quarters of a day.
    const night = 288 * 7 + 216;
    values[night] = 110;
    const found = detectUnusual(values, { stepsPerDay: 288 });
    expect(found[night]).toMatchObject({ isUnusual: true, isOnset: true });
    expect(found[night]?.basis).not.toBe('level');
    expect(found[night]?.high).toBeLessThan(80);
    const alarms = found.filter((point, index) => index !== night && point?.isOnset === true).length;
    expect(alarms).toBeLessThanOrEqual(4);
  });

  it('keeps an incident unusual for hours, without measuring it against itself', () => {
    const random = noise(3);
    const values = Array.from({ length: 288 * 6 }, () => 100 + 5 * random());
    for (let index = 288 * 5; index < 288 * 5 + 20; index++) values[index] = 200;
    const found = detectUnusual(values, { stepsPerDay: 288 }).slice(288 * 5, 288 * 5 + 20);
    expect(found.every((point) => point?.isUnusual)).toBe(true);
    expect(found.filter((point) => point?.isOnset)).toHaveLength(1);
  });

  it('takes 5 % of 20 calls for nothing, and of 20,000 for much', () => {
    const random = noise(4);
    const shares = (trials: number): (number | undefined)[] =>
      Array.from({ length: 600 }, () => Math.max(0, 0.001 + (0.001 * random()) / Math.sqrt(trials)));
    const last = (trials: number) =>
      detectUnusual([...shares(trials), 0.05], {
        stepsPerDay: 288,
        kind: 'ratio',
        trials: Array.from({ length: 601 }, () => trials),
      }).at(-1);
    expect(last(20)?.isUnusual).toBe(false);
    expect(last(20_000)?.isUnusual).toBe(true);
  });

  it('says nothing of a series that is too short, and does not stumble over one that is flat, empty or without end', () => {
    expect(detectUnusual([1, 2, 3], { stepsPerDay: 288 })).toEqual([undefined, undefined, undefined]);
    const flat = detectUnusual(
      Array.from({ length: 600 }, () => 5),
      { stepsPerDay: 288 },
    );
    expect(flat.some((point) => point?.isUnusual)).toBe(false);
    expect(
      detectUnusual([...Array.from({ length: 600 }, () => 5), 6], { stepsPerDay: 288 }).at(-1),
    ).toMatchObject({
      isUnusual: true,
    });
    for (const value of [undefined, NaN, Infinity, 0, -1e300])
      for (const kind of ['plain', 'count', 'duration', 'ratio'] as const)
        expect(() =>
          detectUnusual(
            Array.from({ length: 400 }, () => value),
            { stepsPerDay: 24, kind },
          ),
        ).not.toThrow();
  });
});

describe('level shifts', () => {
  it('are found within two values of where they were made, and named with both levels', () => {
    const random = noise(5);
    for (const [length, at] of [
      [200, 120],
      [600, 300],
      [2_000, 1_199],
    ] as const) {
      const values = Array.from({ length }, (_each, index) => (index < at ? 10 : 13) + 0.3 * random());
      const found = findLevelShifts(values, { stepsPerDay: 288 });
      expect(found).toHaveLength(1);
      expect(Math.abs((found[0]?.index ?? 0) - at)).toBeLessThanOrEqual(2);
      expect(found[0]?.before).toBeCloseTo(10, 0);
      expect(found[0]?.after).toBeCloseTo(13, 0);
    }
  });

  it('are not found in noise, in noise that drifts, and in the shape of days, in 97 of 100 series', () => {
    const random = noise(6);
    let found = 0;
    for (let round = 0; round < 60; round++) {
      let level = 0;
      const drifting = Array.from({ length: 600 }, () => (level = 0.8 * level + random()));
      found += findLevelShifts(drifting, { stepsPerDay: 288 }).length > 0 ? 1 : 0;
      const days = Array.from({ length: 288 * 5 }, (_each, index) => 50 + 20 * daily(index) + random());
      found += findLevelShifts(days, { stepsPerDay: 288 }).length > 0 ? 1 : 0;
    }
    expect(found).toBeLessThanOrEqual(4);
  });
});

describe('peers', () => {
  it('name the one that is unlike, since when, and nobody where all are alike', () => {
    const random = noise(8);
    const series = Array.from({ length: 20 }, () => Array.from({ length: 300 }, () => 50 + 3 * random()));
    expect(findUnlikePeers(series)).toEqual([]);
    for (let at = 201; at <= 230; at++) (series[7] ?? [])[at] = 80 + random();
    const [only, ...others] = findUnlikePeers(series);
    expect(others).toEqual([]);
    expect(only?.index).toBe(7);
    expect(Math.abs((only?.from ?? 0) - 201)).toBeLessThanOrEqual(3);
    expect(Math.abs((only?.to ?? 0) - 230)).toBeLessThanOrEqual(3);
  });
});

describe('forecasts', () => {
  it('say when a disk that fills is full', () => {
    const random = noise(9);
    const values = Array.from({ length: 14 * 24 }, (_each, hour) => 40 + hour / 12 + 0.3 * random());
    const forecast = forecastSeries(values, { stepsPerDay: 24, steps: 20 * 24 });
    expect(forecast?.basis).toBe('trend');
    // 40 + hour / 12 is 90 at hour 600: 264 hours after the last one.
    const reached = reachOfForecast(
      { points: forecast?.points ?? [] },
      {
        target: 90,
        direction: 'rises',
      },
    );
    expect(Math.abs((reached.expected ?? 0) - 264)).toBeLessThan(24);
    expect(reached.earliest).toBeLessThanOrEqual(reached.expected ?? 0);
  });

  it('say nothing of what they cannot be asked about', () => {
    expect(forecastSeries([], { stepsPerDay: 24, steps: 10 })).toBeUndefined();
    expect(forecastSeries([1, 2, 3], { stepsPerDay: 24, steps: 10 })).toBeUndefined();
    expect(forecastSeries(Array.from({ length: 500 }), { stepsPerDay: 24, steps: 10 })).toBeUndefined();
  });

  const recorded = join(import.meta.dirname, '../../../../../shared/recorded/nab');
  it.skipIf(!existsSync(recorded))(
    'have honest bands, and are as good as yesterday repeated, on recorded series',
    () => {
      const rows = ['realAWSCloudwatch', 'artificialNoAnomaly', 'artificialWithAnomaly'].flatMap((folder) =>
        readdirSync(join(recorded, folder)).map((name) => {
          const lines = readFileSync(join(recorded, folder, name), 'utf8')
            .trim()
            .split('\n')
            .slice(1);
          const values = lines.map((line) => Number(line.split(',')[1]));
          // A day ahead, asked at three moments of the last part.
          const asked = [0.7, 0.8, 0.9].map((share) => Math.floor(values.length * share));
          let inside = 0;
          let count = 0;
          let error = 0;
          let naive = 0;
          for (const at of asked) {
            const steps = Math.min(288, values.length - at);
            const forecast = forecastSeries(values.slice(0, at), { stepsPerDay: 288, steps });
            for (const [index, { low, high, expected }] of (forecast?.points ?? []).entries()) {
              const value = values[at + index] ?? 0;
              count++;
              if (value >= low - 1e-9 && value <= high + 1e-9) inside++;
              error += Math.abs(value - expected);
              naive += Math.abs(value - (values[at + index - 288] ?? 0));
            }
          }
          return { name, covered: inside / count, ratio: naive === 0 ? 1 : error / naive };
        }),
      );
      const covered = rows.reduce((sum, row) => sum + row.covered, 0) / rows.length;
      const asGood = rows.filter(({ ratio }) => ratio <= 1.001).length / rows.length;
      console.log('covered', covered.toFixed(3), 'as good as seasonal naive', asGood.toFixed(2));
      console.log(
        rows.map((row) => `${row.name} ${row.covered.toFixed(2)} ${row.ratio.toFixed(2)}`).join('\n'),
      );
      expect(covered).toBeGreaterThan(0.85);
      expect(covered).toBeLessThan(0.96);
      expect(asGood).toBeGreaterThanOrEqual(0.8);
    },
  );
});
