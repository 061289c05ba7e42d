import { threeFigures } from './format-number.ts';

/** Durations as every surface says them: the UI, the command line, and sentences of the server. */

/** `850 ns`, `12.3 ms`, `2.10 s`, `3 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDurationMs(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  // Less than half a nanosecond is what is left of a subtraction.
  if (Math.abs(ms) < 0.5e-6) return '0 ms';
  if (ms < 0) return `−${formatDurationMs(-ms)}`;
  if (ms < 0.0009995) return `${threeFigures(ms * 1e6)} ns`;
  if (ms < 0.9995) return `${threeFigures(ms * 1e3)} µs`;
  if (ms < 999.5) return `${threeFigures(ms)} ms`;
  if (ms < 59_950) return `${threeFigures(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return twoUnits(seconds, 60, ['min', 's']);
  if (seconds < 86_400) return twoUnits(Math.round(seconds / 60), 60, ['h', 'min']);
  return twoUnits(Math.round(seconds / 3600), 24, ['d', 'h']);
}

function twoUnits(value: number, base: number, units: readonly [string, string]): string {
  const major = Math.floor(value / base);
  const minor = value % base;
  return minor === 0 ? `${major} ${units[0]}` : `${major} ${units[0]} ${minor} ${units[1]}`;
}
