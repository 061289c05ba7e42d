import { expect, test } from 'vitest';
import { graphText } from './graph-text.ts';

test('no word of a graph is smaller than 11 px while its boxes have room for it', () => {
  for (const scale of [0.5, 0.6, 0.65, 0.7, 0.8, 0.9, 1, 1.5]) {
    const text = graphText(scale, 172);
    for (const size of [text.nameSize, text.detailSize, text.labelSize])
      expect(size * scale).toBeGreaterThanOrEqual(10.99);
    expect(text.nameLengthMax).toBeGreaterThanOrEqual(13);
  }
});

test('a small box shows its name alone, a large one its numbers and its icon as well', () => {
  expect(graphText(0.6, 172)).toMatchObject({ detailLengthMax: 0, hasIcon: false });
  expect(graphText(1, 172)).toMatchObject({
    nameSize: 13,
    nameLengthMax: 20,
    detailLengthMax: 23,
    hasIcon: true,
  });
});
