import { expect, test } from 'vitest';

import { jsonToProtobuf } from './json-to-protobuf.ts';
import { seededRandom } from '@sightline/base';
import { checkAdmission, fuzzSeeds, mutate } from './fuzz.testing.ts';

/** Another seed another day: SIGHTLINE_FUZZ_SEED=… and SIGHTLINE_FUZZ_MS=… go on looking. */
const seed = Number(process.env['SIGHTLINE_FUZZ_SEED'] ?? 20_261_121);
const budgetMs = Number(process.env['SIGHTLINE_FUZZ_MS'] ?? 5_000);

const signals = ['traces', 'logs', 'metrics'] as const;

test('no bytes, however broken, get anything but an answer', { timeout: budgetMs + 20_000 }, () => {
  const random = seededRandom(seed);
  const deadline = performance.now() + budgetMs;
  const texts = signals.map((signal) => Buffer.from(JSON.stringify(fuzzSeeds[signal])));
  const binaries = signals.map((signal, index) =>
    valueOf(jsonToProtobuf(signal, texts[index] ?? Buffer.alloc(0))),
  );
  let runs = 0;
  let read = 0;
  for (; performance.now() < deadline || runs < 1_000; runs++) {
    const which = runs % 3;
    const signal = signals[which] ?? 'traces';
    const json = mutate(texts[which] ?? Buffer.alloc(0), random);
    const protobuf = mutate(binaries[which] ?? Buffer.alloc(0), random);
    try {
      const fromJson = jsonToProtobuf(signal, json);
      if (fromJson.ok) checkAdmission(signal, fromJson.value);
      else expect(fromJson.error.message).toMatch(/at \$.*\(byte \d+\)$/);
      if (checkAdmission(signal, protobuf)) read++;
    } catch (error) {
      const inputs = `${signal} json ${json.toString('base64')} protobuf ${Buffer.from(protobuf).toString('base64')}`;
      throw new Error(`Seed ${seed}, run ${runs}: ${inputs}`, { cause: error });
    }
  }
  // The mutations must leave enough intact to get behind the outermost checks.
  expect(read).toBeGreaterThan(runs / 20);
});

function valueOf<T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
