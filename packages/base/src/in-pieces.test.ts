import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inPieces } from './in-pieces.ts';

test('pieces lose and repeat nothing, and keep their bounds but for an item that is larger by itself', () => {
  const bounds = fc.record({
    itemsMax: fc.integer({ min: 1, max: 5 }),
    bytesMax: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 30 })),
      bounds,
      (items, { itemsMax, bytesMax }) => {
        const pieces = inPieces(items, { itemsMax, bytesMax });
        expect(pieces.flat()).toEqual(items);
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(itemsMax);
          const bytes = piece.reduce((sum, item) => sum + Buffer.byteLength(JSON.stringify(item)) + 1, 0);
          expect(piece.length === 1 || bytes <= bytesMax).toBe(true);
        }
      },
    ),
  );
});
