import { expect, test } from 'vitest';
import { LoadPace } from './load-pace.ts';

const mebibyte = 1 << 20;

/** An engine that needs `overheadMs` for a statement and a millisecond for each 10,000 bytes. */
function taught(overheadMs: number, sizes: readonly number[]): LoadPace {
  const pace = new LoadPace();
  for (let round = 0; round < 30; round += 1)
    for (const bytes of sizes) pace.observe('traces', bytes, overheadMs + bytes / 10_000);
  return pace;
}

test.each([
  { name: 'small and large ones', sizes: [1_000, 8 * mebibyte] },
  { name: 'those of half a mebibyte and large ones', sizes: [500_000, 4 * mebibyte] },
])('From $name it learns how long either takes', ({ sizes }) => {
  const pace = taught(300, sizes);
  for (const bytes of [1_000, ...sizes, 2 * mebibyte]) {
    const tookMs = 300 + bytes / 10_000;
    expect(pace.loadMs('traces', bytes)).toBeGreaterThan(0.9 * tookMs);
    expect(pace.loadMs('traces', bytes)).toBeLessThan(1.1 * tookMs);
  }
  expect(pace.isWorthLoading('traces', 2 * mebibyte)).toBe(false);
  expect(pace.isWorthLoading('traces', 4 * mebibyte)).toBe(true);
});

test('What one signal takes says nothing of another', () => {
  const pace = taught(900, [1_000, 8 * mebibyte]);
  expect(pace.loadMs('traces', 1_000)).toBeGreaterThan(800);
  expect(pace.loadMs('logs', 1_000)).toBeLessThan(200);
});

test('A large load under way that takes longer than it should is told, a small one teaches nothing', () => {
  const pace = taught(300, [1_000, 8 * mebibyte]);
  expect(pace.slowdown('traces', 8 * mebibyte, 300 + 2 * 839)).toBeCloseTo(2, 0);
  expect(pace.slowdown('traces', 8 * mebibyte, 400)).toBe(1);
  expect(pace.slowdown('traces', 1_000, 5_000)).toBe(1);
});
