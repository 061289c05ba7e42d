import { expect, test } from 'vitest';
import { fitInside, scaleMax, zoomAt } from './pan-zoom.ts';

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

test('the point under the pointer stays there', () => {
  const before = { x: 10, y: 20, scale: 1 };
  const at = { x: 110, y: 70 };
  const after = zoomAt(before, at, 2);
  expect((at.x - after.x) / after.scale).toBeCloseTo((at.x - before.x) / before.scale);
  expect(zoomAt(before, at, 100).scale).toBe(scaleMax);
});
