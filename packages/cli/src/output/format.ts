import { formatDurationMs } from '@sightline/base';

/** As in the UI. */
export const formatDuration = formatDurationMs;

/** `950`, `1.2k`, `3.40M`. */
export function formatCount(count: number): string {
  if (Math.abs(count) < 1000) return String(count);
  if (Math.abs(count) < 999_950) return `${trimZeros((count / 1000).toFixed(1))}k`;
  return `${trimZeros((count / 1e6).toFixed(2))}M`;
}

/** `1 run`, `1,204 runs`. */
export function counted(count: number, one: string): string {
  return `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** Dollars with enough digits to be non-zero. */
export function formatCost(usd: number): string {
  if (usd === 0) return '$0';
  if (Math.abs(usd) >= 0.01) return `$${usd.toFixed(Math.abs(usd) >= 10 ? 2 : 3)}`;
  return `$${usd.toPrecision(2)}`.replace(/e-\d+$/, (exponent) => exponent);
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : significant(value)} ${units[unit]}`;
}

/** Local wall-clock time with milliseconds; with the date where it is not today. */
export function formatTime(rfc3339: string, now: Date): string {
  const time = new Date(rfc3339);
  if (Number.isNaN(time.getTime())) return rfc3339;
  const clock = `${pad2(time.getHours())}:${pad2(time.getMinutes())}:${pad2(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  const today = time.toDateString() === now.toDateString();
  return today
    ? clock
    : `${time.getFullYear()}-${pad2(time.getMonth() + 1)}-${pad2(time.getDate())} ${clock}`;
}

/** One line of text, control characters made visible, so that data cannot drive the terminal. */
export function oneLine(text: string): string {
  return (
    text
      .replace(/\r\n|\r|\n/g, '⏎ ')
      .replace(/\t/g, ' ')
      // oxlint-disable-next-line no-control-regex -- they are what is being replaced
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, '·')
  );
}

/** As `oneLine`, but lines stay lines. */
export function printable(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(oneLine)
    .join('\n');
}

/** A value of an attribute or body as text. */
export function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function significant(value: number): string {
  return value >= 99.95 ? value.toFixed(0) : value.toPrecision(3);
}

function trimZeros(text: string): string {
  return text.replace(/\.?0+$/, '');
}

function pad2(value: number): string {
  return String(value).padStart(2, '0');
}
