import { expect, it } from 'vitest';
import { type AlertSpell, alertSeries } from './alert-series.ts';

const spell = (
  state: AlertSpell['state'],
  fromMs: number,
  toMs: number | null,
  intervalMs = 10,
): AlertSpell => ({ labels: { alertname: 'A' }, state, fromMs, toMs, activeSinceMs: 1_000, intervalMs });
const all = { kept: () => true, samplesMax: 100 };
const firing = { names: ['ALERTS'], ...all } as const;
const texts = (series: ReturnType<typeof alertSeries>): string[] | undefined =>
  series?.map(({ labels, times, values, stale }) => {
    const samples = [...times].map((time, at) => `${time}${stale?.[at] === 1 ? ' end' : `=${values[at]}`}`);
    return `${labels.get('alertstate')}: ${samples.join(', ')}`;
  });

it('has a sample for each look of the rule, and an end', () => {
  const spells = [spell('pending', 1_000, 1_020), spell('firing', 1_020, 1_045)];
  expect(texts(alertSeries(spells, { ...firing, fromMs: 0, toMs: 2_000 }))).toEqual([
    'pending: 1000=1, 1010=1, 1020 end',
    'firing: 1020=1, 1030=1, 1040=1, 1045 end',
  ]);
  expect(texts(alertSeries(spells, { names: ['ALERTS_FOR_STATE'], ...all, fromMs: 0, toMs: 1_030 }))).toEqual(
    [': 1000=1, 1010=1, 1020=1, 1030=1'],
  );
});

it('reads only what is after the beginning of the time, up to its end', () => {
  const lasting = [spell('firing', 1_000, null)];
  expect(texts(alertSeries(lasting, { ...firing, fromMs: 1_010, toMs: 1_035 }))).toEqual([
    'firing: 1020=1, 1030=1',
  ]);
  expect(texts(alertSeries(lasting, { ...firing, fromMs: 0, toMs: 999 }))).toEqual([]);
  expect(
    texts(alertSeries([spell('firing', 1_000, 1_020)], { ...firing, fromMs: 1_020, toMs: 2_000 })),
  ).toEqual([]);
});

it('goes on where an alert that fired recovers, and keeps one sample of two rules with the same labels', () => {
  const recovering = [
    spell('firing', 1_000, 1_010),
    spell('firing', 1_010, 1_020),
    spell('firing', 1_000, 1_015, 5),
  ];
  expect(texts(alertSeries(recovering, { ...firing, fromMs: 0, toMs: 2_000 }))).toEqual([
    'firing: 1000=1, 1005=1, 1010=1, 1015 end, 1020 end',
  ]);
});

it('answers nothing where there would be more samples than may be read', () => {
  const lasting = [spell('firing', 1_000, null)];
  expect(alertSeries(lasting, { ...firing, fromMs: 0, toMs: 10_000_000 })).toBeUndefined();
  expect(alertSeries(lasting, { ...firing, kept: () => false, fromMs: 0, toMs: 10_000_000 })).toEqual([]);
});
