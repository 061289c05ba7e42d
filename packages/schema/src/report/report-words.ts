/** Numbers and names of reports as text. */
import { formatDurationMs, wallMs } from '@sightline/base';

const none = '–';
const nameCharactersMax = 160;
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export const countText = (count: number | null): string => (count === null ? none : whole.format(count));

export const durationText = (ms: number | null): string => (ms === null ? none : formatDurationMs(ms));

export function costText(usd: number | null): string {
  if (usd === null) return none;
  if (usd === 0) return '$0';
  return usd >= 0.01 ? `$${cents.format(usd)}` : `$${usd.toPrecision(2)}`;
}

/** Neither nothing nor all is said of what is nearly so. */
export function shareText(share: number | null): string {
  if (share === null) return none;
  if (share > 0 && share < 0.001) return '< 0.1 %';
  if (share < 1 && share > 0.999) return '> 99.9 %';
  return `${(share * 100).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
}

/** By how much more than before; empty where there was nothing before. */
export function changeText(now: number | null, before: number | null): string {
  if (now === null || before === null || before === 0) return '';
  const percent = Math.round((now / before - 1) * 100);
  if (percent === 0) return '±0 %';
  return `${percent > 0 ? '+' : '−'}${whole.format(Math.abs(percent))} %`;
}

/** `2026-11-21 10:00`, by the wall clock of the zone. */
export function zonedTimeText(time: string, timeZone: string): string {
  return new Date(wallMs(Date.parse(time), timeZone)).toISOString().slice(0, 16).replace('T', ' ');
}

/** One line of what programs and people of elsewhere wrote: neither lines, nor signs that turn the text around. */
export function plainText(text: string): string {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, ' ')
    .trim()
    .toWellFormed();
  return line.length > nameCharactersMax ? `${line.slice(0, nameCharactersMax - 1).toWellFormed()}…` : line;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}
