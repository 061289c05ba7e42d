/** Numbers and names of reports as text. */
import { formatCostUsd, formatDurationMs, formatObjective, formatShare, wallMs } from '@sightline/base';

const none = '–';
const nameCharactersMax = 160;
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** To the digit, however many there are. */
export const countText = (count: number | null): string => (count === null ? none : whole.format(count));

export const durationText = (ms: number | null): string => (ms === null ? none : formatDurationMs(ms));

export const costText = (usd: number | null): string => (usd === null ? none : formatCostUsd(usd));

/** A share with the digits that an SLO needs. */
export const objectiveText = (share: number | null): string =>
  share === null ? none : formatObjective(share);

export const shareText = (share: number | null): string => (share === null ? none : formatShare(share));

/** By how much more than before; empty where there was nothing before. */
export function changeText(now: number | null, before: number | null): string {
  if (now === null || before === null || before === 0) return '';
  const percent = Math.round((now / before - 1) * 100);
  if (percent === 0) return '±0 %';
  return `${percent > 0 ? '+' : '−'}${whole.format(Math.abs(percent))} %`;
}

/** `2026-11-21 10:00`, by the wall clock of the zone; with seconds where minutes are too coarse. */
export function zonedTimeText(time: string, timeZone: string, toTheSecond = false): string {
  const text = new Date(wallMs(Date.parse(time), timeZone)).toISOString();
  return text.slice(0, toTheSecond ? 19 : 16).replace('T', ' ');
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
