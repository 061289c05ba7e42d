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
  const whole = fitReadable(drawing, window, {});
  expect(whole).toMatchObject({ scale: 0.55, x: 0 });
  expect(whole.y).toBeCloseTo(145);
  expect(fitReadable(drawing, window, { focus: { x: 1000, y: 100 } }).x).toBeCloseTo(-150);
  expect(fitReadable(drawing, window, { focus: { x: 1990, y: 100 } }).x).toBeCloseTo(800 - 1100);
});

test('a drawing that is too high begins at its top, unless what it begins with would be out of sight', () => {
  const drawing = { width: 700, height: 2000 };
  const window = { width: 800, height: 400 };
  const top = fitReadable(drawing, window, { start: { x: 100, y: 300 } });
  expect(top.x).toBeCloseTo(207.5);
  expect(top.y).toBe(0);
  expect(fitReadable(drawing, window, { start: { x: 100, y: 1000 } }).y).toBeCloseTo(200 - 550);
});

test('the point under the pointer stays there', () => {
  const before = { x: 10, y: 20, scale: 1 };
  const at = { x: 110, y: 70 };
  const after = zoomAt(before, at, 2);
  expect((at.x - after.x) / after.scale).toBeCloseTo((at.x - before.x) / before.scale);
  expect(zoomAt(before, at, 100).scale).toBe(scaleMax);
});
