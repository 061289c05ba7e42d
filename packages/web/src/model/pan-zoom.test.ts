import { expect, test } from 'vitest';
import { fitInside, fitReadable, scaleMax, zoomAt } from './pan-zoom.ts';

test('a large drawing is made to fit, a small one stays as it is', () => {
  expect(fitInside({ width: 2000, height: 500 }, { width: 1000, height: 1000 })).toEqual({
    scale: 0.5,
    x: 0,
    y: 375,
  });
  expect(fitInside({ width: 100, height: 100 }, { width: 300, height: 200 })).toEqual({
    scale: 1,
    x: 100,
    y: 50,
  });
});

test('what would be too small to read is shown in part, around what is chosen', () => {
  const drawing = { width: 2000, height: 200 };
  const window = { width: 800, height: 400 };
  expect(fitReadable(drawing, window, {})).toEqual({ scale: 0.6, x: 0, y: 140 });
  expect(fitReadable(drawing, window, { focus: { x: 1000, y: 100 } }).x).toBe(-200);
  expect(fitReadable(drawing, window, { focus: { x: 1990, y: 100 } }).x).toBe(800 - 1200);
});

test('a drawing that is too high begins at its top, unless what it begins with would be out of sight', () => {
  const drawing = { width: 700, height: 2000 };
  const window = { width: 800, height: 400 };
  expect(fitReadable(drawing, window, { start: { x: 100, y: 300 } })).toMatchObject({ x: 190, y: 0 });
  expect(fitReadable(drawing, window, { start: { x: 100, y: 1000 } }).y).toBe(200 - 600);
});

test('the point under the pointer stays there', () => {
  const before = { x: 10, y: 20, scale: 1 };
  const at = { x: 110, y: 70 };
  const after = zoomAt(before, at, 2);
  expect((at.x - after.x) / after.scale).toBeCloseTo((at.x - before.x) / before.scale);
  expect(zoomAt(before, at, 100).scale).toBe(scaleMax);
});
