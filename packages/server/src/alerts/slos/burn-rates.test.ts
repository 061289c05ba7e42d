import { sloInput } from '@sightline/schema/api';
import { describe, expect, it } from 'vitest';
import { alertWindows, burnRate, burnWindows, countBetween, isHeld } from './burn-rates.ts';
import { mergeHours } from './slo-keeper.ts';
import { windowStartMs } from './slo-window.ts';

const rolling = (days: number) => ({ kind: 'rolling', days }) as const;

describe('burn rates', () => {
  it('have the windows of the SRE workbook', () => {
    expect(burnWindows(rolling(30)).map(({ longS, shortS, factor }) => [longS, shortS, factor])).toEqual([
      [3600, 300, 14.4],
      [21600, 1800, 6],
      [86400, 7200, 3],
      [259200, 21600, 1],
    ]);
    // 2 %, 5 %, 10 % and 10 % of the budget of 30 days.
    expect(
      burnWindows(rolling(30)).map(({ longS, factor }) => Math.round((longS * factor * 100) / (30 * 86400))),
    ).toEqual([2, 5, 10, 10]);
  });

  it('have longer windows for longer SLOs, and none longer than half of the SLO', () => {
    expect(burnWindows(rolling(90))[0]).toMatchObject({ longS: 10_800, shortS: 900, factor: 14.4 });
    expect(burnWindows(rolling(28))).toEqual(burnWindows(rolling(30)));
    expect(burnWindows(rolling(7))).toHaveLength(4);
    expect(burnWindows(rolling(1)).map(({ key }) => key)).toEqual(['page_fast', 'page_slow']);
    const slo = sloInput.parse({ name: 'a', objective: 0.9, indicator: { kind: 'availability' } });
    expect(alertWindows({ ...slo, alerts: 'ticket' }).map(({ key }) => key)).toEqual([
      'ticket_fast',
      'ticket_slow',
    ]);
    expect(alertWindows({ ...slo, alerts: 'none' })).toEqual([]);
  });

  // Times to detection of the workbook, table 5-2: at an error rate of 100 % a budget of 0.1 % burns a thousand times too fast.
  it.each([
    [0.999, 1, 1000],
    [0.999, 0.001, 1],
    [0.99, 0.144, 14.4],
    [0.5, 1, 2],
  ])('of %d with a share of %d bad are %d', (objective, bad, rate) => {
    expect(burnRate({ good: 1_000_000 * (1 - bad), total: 1_000_000 }, objective)).toBeCloseTo(rate, 6);
  });

  it('are unknown where nothing was counted, and held where few events were', () => {
    expect(burnRate({ good: 0, total: 0 }, 0.9)).toBeNull();
    const floor = { badEventsMin: 10, eventsMin: 10 };
    expect(isHeld({ good: 0, total: 3 }, floor)).toBe(true);
    expect(isHeld({ good: 991, total: 1000 }, floor)).toBe(true);
    expect(isHeld({ good: 990, total: 1000 }, floor)).toBe(false);
  });
});

describe('counted hours', () => {
  const hour = 3_600_000;
  const at = (minute: number) => 10 * hour + minute * 60_000;
  const each = (from: number, to: number) =>
    new Map(Array.from({ length: to - from }, (_, index) => [at(from + index), { good: 1, total: 2 }]));

  it('are counted anew minute by minute, what lies outside stays', () => {
    const first = mergeHours([], each(0, 90), { fromMs: at(0), toMs: at(90), keepFromMs: 0 });
    expect(first.map(({ total }) => total)).toEqual([120, 60]);
    const late = new Map([[at(70), { good: 5, total: 5 }]]);
    const again = mergeHours(first, late, { fromMs: at(65), toMs: at(95), keepFromMs: 0 });
    expect(again).toMatchObject([{ hourMs: at(60), good: 10, total: 15 }]);
    expect(again[0]?.minutes).toHaveLength(6);
  });

  it('are summed over windows by minutes, where minutes are kept', () => {
    const hours = mergeHours([], each(0, 120), { fromMs: at(0), toMs: at(120), keepFromMs: at(60) });
    expect(countBetween(hours, at(90), at(120))).toEqual({ good: 30, total: 60 });
    expect(countBetween(hours, at(0), at(61))).toEqual({ good: 61, total: 122 });
    // Of an hour without minutes nothing is known about its parts.
    expect(countBetween(hours, at(30), at(120))).toEqual({ good: 60, total: 120 });
  });
});

describe('windows of SLOs', () => {
  it.each([
    ['month', 'Europe/Berlin', '2026-03-31T12:00:00Z', '2026-02-28T23:00:00.000Z'],
    ['month', 'Europe/Berlin', '2026-04-15T12:00:00Z', '2026-03-31T22:00:00.000Z'],
    ['week', 'America/New_York', '2026-03-09T12:00:00Z', '2026-03-09T04:00:00.000Z'],
    ['week', 'America/New_York', '2026-03-08T12:00:00Z', '2026-03-02T05:00:00.000Z'],
    ['month', 'UTC', '2026-04-01T00:00:00Z', '2026-03-01T00:00:00.000Z'],
    ['quarter', 'UTC', '2026-06-30T23:59:59Z', '2026-04-01T00:00:00.000Z'],
    ['quarter', 'Pacific/Auckland', '2026-12-31T11:30:00Z', '2026-12-31T11:00:00.000Z'],
    ['week', 'America/Santiago', '2019-09-09T12:00:00Z', '2019-09-09T03:00:00.000Z'],
  ] as const)('of a %s in %s at %s begin at %s', (unit, timeZone, now, start) => {
    const begun = windowStartMs({ kind: 'calendar', unit, timeZone }, Date.parse(now));
    expect(new Date(begun).toISOString()).toBe(start);
  });

  it('begin at the first moment of the day, also where it has no midnight', () => {
    // Clocks of these zones skip the hour after midnight once a year.
    for (const timeZone of ['Asia/Beirut', 'America/Asuncion', 'America/Havana'])
      for (let day = 0; day < 400; day++) {
        const now = Date.UTC(2018, 0, 1, 12) + day * 86_400_000;
        const begun = windowStartMs({ kind: 'calendar', unit: 'week', timeZone }, now);
        const dateOf = (ms: number) => new Date(ms).toLocaleDateString('sv-SE', { timeZone });
        const weekday = new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short' });
        expect([weekday.format(begun), dateOf(begun - 1) < dateOf(begun)]).toEqual(['Mon', true]);
      }
  });
});
