import { formatDurationMs } from '@sightline/base';

/** Round values inside `[from, to]`, about `count` of them: steps of 1, 2 or 5 times a power of ten. */
export function linearTicks(from: number, to: number, count: number): number[] {
  if (!(to > from) || count < 1) return [];
  const step = niceStep((to - from) / count);
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= to + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

/** Durations in microseconds as labels of an axis, no two alike: as everywhere where that tells them apart, else with as many digits as it takes. */
export function durationLabels(ticksUs: readonly number[]): readonly string[] {
  const plain = ticksUs.map((us) => formatDurationMs(us / 1000));
  if (new Set(plain).size === plain.length) return plain;
  const most = Math.max(...ticksUs.map(Math.abs));
  const [unit, size] = units.find(([, us]) => most >= us) ?? nanoseconds;
  const step = Math.abs((ticksUs[1] ?? 0) - (ticksUs[0] ?? 0));
  const digits = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9)));
  return ticksUs.map((us) => `${(us / size).toFixed(digits)} ${unit}`);
}

const nanoseconds = ['ns', 0.001] as const;
/** In microseconds, the largest first; seconds also for what takes minutes. */
const units = [['s', 1e6], ['ms', 1e3], ['µs', 1], nanoseconds] as const;

/** Round moments of local time inside the range, about `count` of them. */
export function timeTicks(fromMs: number, toMs: number, count: number): number[] {
  const wanted = (toMs - fromMs) / Math.max(1, count);
  const step = timeStepsMs.find((candidate) => candidate >= wanted) ?? timeStepsMs.at(-1) ?? wanted;
  const offsetMs = new Date(fromMs).getTimezoneOffset() * 60_000;
  const ticks: number[] = [];
  for (let i = Math.ceil((fromMs - offsetMs) / step); i * step + offsetMs <= toMs; i++) {
    ticks.push(i * step + offsetMs);
  }
  return ticks;
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = rough / power;
  return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const timeStepsMs = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 7, 14, 30].map((n) => n * day),
];
