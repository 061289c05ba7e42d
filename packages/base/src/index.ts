export { assert, AssertionError, ensure, unreachable } from './assert.ts';
export { BatchSender } from './batch-sender.ts';
export { editDistance } from './edit-distance.ts';
export { nearestWord } from './nearest-word.ts';
export { escapeHtml } from './escape-html.ts';
export { formatDurationMs } from './format-duration.ts';
export {
  counted,
  formatBytes,
  formatCostUsd,
  formatCount,
  formatNumber,
  formatObjective,
  formatShare,
} from './format-number.ts';
export { inPieces } from './in-pieces.ts';
export { ownValue } from './own-value.ts';
export { parseJson } from './parse-json.ts';
export { err, ok, type Result } from './result.ts';
export { retryPauseMs } from './retry-pause.ts';
export { seededRandom } from './seeded-random.ts';
export { sleep } from './sleep.ts';
export { storableText, wellFormedJson } from './storable-text.ts';
export { diffLines, diffLists, type DiffStep, foldSame, type FoldedStep } from './text-diff.ts';
export {
  type Clock,
  formatNanos,
  msFromNanos,
  nanosFromMs,
  systemClock,
  unixNano,
  type UnixNano,
} from './time.ts';
export { timesIn } from './times-in.ts';
export { instantOfWall, isTimeZone, wallMs } from './zoned-time.ts';
