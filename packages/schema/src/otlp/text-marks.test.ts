import { describe, expect, it } from 'vitest';
import { missingText, replaceMarks, restoreTexts } from './text-marks.ts';

const texts = ['häuser', missingText];
const restored = (value: string): string => restoreTexts(value, (number) => texts[number - 1]);

describe('marks of texts', () => {
  it('give way to their texts, whose length is in bytes', () => {
    expect(restored('[\u00011:7\u0002,\u00011:7\u0002]')).toBe('[häuser,häuser]');
  });

  it('stay where they have another length, or no text: somebody wrote them', () => {
    const digits = '9'.repeat(400);
    expect(replaceMarks(`\u00011:${digits}\u0002`, () => '')).toBe(`\u00011:${digits}\u0002`);
    for (const value of ['\u00011:6\u0002', '\u00013:7\u0002', '\u0001x\u0002', '\u00011:7'])
      expect(restored(value)).toBe(value);
  });

  it('of texts that are gone say so, whatever their length', () => {
    expect(restored('[\u00012:700\u0002]')).toBe('[…]');
  });
});
