import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatView, panView, parseView, zoomView } from './time-view.ts';

it('stays inside the trace and keeps the pointed moment, whatever is done', () => {
  const step = fc.record({
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    factor: fc.double({ min: 0.1, max: 10, noNaN: true }),
    pan: fc.integer({ min: -5000, max: 5000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let view = { fromUs: 0, toUs: 1000 };
      for (const { share, factor, pan } of steps) {
        view = zoomView(view, view.fromUs + share * (view.toUs - view.fromUs), factor, 1000);
        view = panView(view, pan, 1000);
        expect(view.fromUs).toBeGreaterThanOrEqual(0);
        expect(view.toUs).toBeLessThanOrEqual(1000.001);
        expect(view.toUs - view.fromUs).toBeGreaterThan(0.99);
      }
    }),
  );
});

it('is written to the address and read back', () => {
  expect(formatView({ fromUs: 0, toUs: 1000 }, 1000)).toBeUndefined();
  expect(parseView(formatView({ fromUs: 10.4, toUs: 20.2 }, 1000), 1000)).toEqual({ fromUs: 10, toUs: 21 });
  expect(parseView('nonsense', 1000)).toEqual({ fromUs: 0, toUs: 1000 });
  expect(parseView('20-10', 1000)).toEqual({ fromUs: 0, toUs: 1000 });
});
