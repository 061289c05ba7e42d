export { assert, AssertionError, ensure, unreachable } from './assert.ts';
export { editDistance } from './edit-distance.ts';
export { parseJson } from './parse-json.ts';
export { err, ok, type Result } from './result.ts';
export { sleep } from './sleep.ts';
export { storableText, wellFormedJson } from './storable-text.ts';
export {
  type Clock,
  formatNanos,
  msFromNanos,
  nanosFromMs,
  systemClock,
  unixNano,
  type UnixNano,
} from './time.ts';
