import type { Clock } from '@sightline/base';
import { testNow } from './segments.ts';

export const fixedClock: Clock = { now: () => testNow, monotonicMs: () => performance.now() };
