import { readFileSync } from 'node:fs';

import { test } from 'vitest';

import type { TelemetrySignal } from '@sightline/schema/api';

import { checkAdmission } from '../packages/schema/src/otlp/fuzz.testing.ts';

interface Regression {
  readonly signal: TelemetrySignal;
  readonly hex: string;
  readonly what: string;
}

const regressions = JSON.parse(
  readFileSync(new URL('fuzz/regressions.json', import.meta.url), 'utf8'),
) as Regression[];

test.each(regressions)('what fuzzing once found stays found: $what', ({ signal, hex }) => {
  checkAdmission(signal, Buffer.from(hex, 'hex'));
});
