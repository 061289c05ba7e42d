import fc from 'fast-check';
import { expect, test } from 'vitest';
import { derive, type DeriveInput } from './derive.ts';
import { deriveInEngine } from './engine.testing.ts';
import { randomInput } from './random-input.testing.ts';

/** The field of the one row stands at the place where the next row's second source of it stands. */
const saidTwice: readonly DeriveInput[] = [
  { name: '', attributes: { 'session.id': 's' }, resource: { 'user.id': 'first' } },
  { name: '', attributes: {}, resource: { 'user.id': 'first', 'enduser.id': 'second' } },
];

test('the engine and TypeScript read the same fields from any attributes', { timeout: 60_000 }, () => {
  const seed = Date.now();
  const inputs = [...saidTwice, ...fc.sample(randomInput, { numRuns: 5000, seed })];
  const inEngine = deriveInEngine(inputs);
  expect(inEngine.length).toBe(inputs.length);
  for (const [index, each] of inputs.entries()) {
    expect(inEngine[index], `seed ${seed}: ${fc.stringify(each)}`).toEqual(derive(each));
  }
});
