/** The Numenta Anomaly Benchmark, on the files of it that are at hand. `SIGHTLINE_NAB` names a checkout of the whole of it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectUnusual } from './detect-unusual.ts';
import { nabPoints, nabScore } from './nab-score.testing.ts';

/** The recorded part beside the checkout, or a checkout of numenta/NAB. */
const recorded =
  process.env['SIGHTLINE_NAB'] ?? join(import.meta.dirname, '../../../../../shared/recorded/nab');
if (!existsSync(recorded)) console.warn('NAB SKIPPED: recorded/nab is not beside the checkout (../shared).');

interface Recorded {
  readonly name: string;
  readonly times: readonly string[];
  readonly values: readonly number[];
  readonly windows: readonly (readonly [string, string])[];
  readonly stepsPerDay: number;
}

function readAll(): Recorded[] {
  const isWhole = existsSync(join(recorded, 'labels/combined_windows.json'));
  const labels = JSON.parse(
    readFileSync(join(recorded, isWhole ? 'labels/combined_windows.json' : 'windows.json'), 'utf8'),
  ) as Record<string, [string, string][]>;
  return Object.entries(labels).map(([name, windows]) => {
    const rows = readFileSync(join(recorded, isWhole ? 'data' : '', name), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    const times = rows.map((row) => row.split(',')[0]?.trim() ?? '');
    const values = rows.map((row) => Number(row.split(',')[1]));
    return { name, times, values, windows, stepsPerDay: stepsOfDay(times) };
  });
}

function stepsOfDay(times: readonly string[]): number {
  const moments = times.slice(0, 200).map((time) => Date.parse(`${time.replace(' ', 'T')}Z`) / 1000);
  const steps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));
  return Math.round(86_400 / (steps.toSorted((a, b) => a - b)[steps.length >> 1] ?? 300));
}

const scoresOf = ({ values, stepsPerDay }: Recorded): number[] => {
  const quiet = Math.ceil(stepsPerDay / 2);
  let incidentAt = -Infinity;
  return detectUnusual(values, { stepsPerDay }).map((point, index) => {
    // One incident is one anomaly: what follows its first point within half a day says nothing new.
    const isNew = index - incidentAt >= quiet;
    if (point?.isOnset === true) incidentAt = index;
    return isNew ? (point?.score ?? 0) : 0;
  });
};

describe.skipIf(!existsSync(recorded))('the detector on the recorded series of NAB', () => {
  it('scores 60 of the standard profile and 50 of the profile that minds false alarms', () => {
    const series = readAll();
    const score = (falsePositive: number, falseNegative: number) =>
      nabScore(
        series.flatMap((each) => nabPoints(each, { scores: scoresOf(each), falsePositive })),
        falseNegative,
      );
    const standard = score(0.11, 1);
    console.log('standard', JSON.stringify(standard), 'low false alarms', JSON.stringify(score(0.22, 1)));
    expect(standard.score).toBeGreaterThan(60);
    expect(score(0.22, 1).score).toBeGreaterThan(50);
    // The band of a chart is the threshold that scores best.
    expect(standard.threshold).toBeGreaterThan(0.95);
    expect(standard.threshold).toBeLessThan(1.1);
  });

  it('takes at most 5 µs a point', () => {
    const series = readAll();
    const points = series.reduce((sum, { values }) => sum + values.length, 0);
    const rounds = Array.from({ length: 3 }, () => {
      const began = process.cpuUsage();
      for (const { values, stepsPerDay } of series) detectUnusual(values, { stepsPerDay });
      const { user, system } = process.cpuUsage(began);
      return (user + system) / points;
    });
    console.log('µs of CPU a point', Math.min(...rounds).toFixed(2));
    expect(Math.min(...rounds)).toBeLessThan(5);
  });
});
