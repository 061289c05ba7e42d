import { expect, test } from 'vitest';
import { storableText, wellFormedJson } from './storable-text.ts';

test('halves of characters and zero bytes are replaced', () => {
  expect(storableText('a\0b 😀 \uD83D')).toBe('a\uFFFDb 😀 \uFFFD');
});

test('halves of characters are replaced within JSON, everything else stays', () => {
  expect(wellFormedJson({ 'a\uDE00': ['😀\uD83D', { b: '\0', c: null, d: -0.5, e: true }] })).toEqual({
    'a\uFFFD': ['😀\uFFFD', { b: '\0', c: null, d: -0.5, e: true }],
  });
});
