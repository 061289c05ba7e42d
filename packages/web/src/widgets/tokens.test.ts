import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('gives all faces of a font the same weights, or letters of a weight that one lacks are in another font', () => {
  const styles = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');
  const faces = [...styles.matchAll(/@font-face \{(.*?)\n\}/gs)].map(([, face = '']) => face);
  const weights = new Map<string, Set<string>>();
  for (const face of faces) {
    const of = (name: string): string => new RegExp(`${name}: (.*);`).exec(face)?.[1] ?? '';
    const family = of('font-family');
    weights.set(family, (weights.get(family) ?? new Set()).add(of('font-weight')));
  }
  expect(weights.size).toBeGreaterThan(1);
  for (const [family, ranges] of weights) expect([family, ranges.size]).toEqual([family, 1]);
});
