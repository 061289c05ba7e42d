/** SLOs in words. */
import type { Slo, SloBurn } from '@sightline/schema/api';
import { counted, formatObjective } from '@sightline/base';
import { durationText } from './rule-form.ts';

export const shareWords = (share: number | null): string =>
  share === null ? 'no data' : formatObjective(share);

export function burnWords(rate: number | null): string {
  if (rate === null) return 'no data';
  return `${rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(3))}×`;
}

export function windowWords({ window }: Pick<Slo, 'window'>): string {
  return window.kind === 'rolling'
    ? counted(window.days, 'day')
    : `this ${window.unit}${window.timeZone === 'UTC' ? '' : ` (${window.timeZone})`}`;
}

export function indicatorWords({ indicator }: Pick<Slo, 'indicator'>): string {
  switch (indicator.kind) {
    case 'availability':
      return `${indicator.of} ${where(indicator.where)}that ${indicator.bad === '' ? 'do not fail' : `are not ${indicator.bad}`}`;
    case 'latency':
      return `${indicator.of} ${where(indicator.where)}within ${durationWords(indicator.withinMs)}${indicator.measure === 'ttft' ? ' to the first token' : ''}`;
    case 'quality':
      return `scores ${where(indicator.where)}with ${indicator.good}`;
    case 'freshness':
      return `minutes whose newest of ${indicator.of} ${where(indicator.where)}is at most ${durationText(indicator.maxAgeS)} old`;
    case 'promql':
      return `PromQL: ${indicator.badShare ?? indicator.total ?? ''}`;
  }
}

const where = (filter: string): string => (filter.trim() === '' ? '' : `of ${filter} `);

function durationWords(ms: number): string {
  return ms >= 1_000 ? `${Number((ms / 1_000).toPrecision(4))} s` : `${ms} ms`;
}

export function slosSentence(slos: readonly Slo[]): string {
  if (slos.length === 0) return 'No objective is set';
  const of = (status: Slo['state']['status']): number =>
    slos.filter(({ state }) => state.status === status).length;
  const parts = [
    ...(of('spent') > 0 ? [`${of('spent')} spent`] : []),
    ...(of('burning') > 0 ? [`${of('burning')} burning`] : []),
    ...(of('no_data') > 0 ? [`${of('no_data')} without data`] : []),
  ];
  if (parts.length === 0)
    return slos.length === 1 ? 'The objective is met' : `All ${slos.length} objectives are met`;
  return `${of('met')} of ${counted(slos.length, 'objective')} met, ${parts.join(', ')}`;
}

export const statusWords: Readonly<Record<Slo['state']['status'], string>> = {
  met: 'Met',
  burning: 'Burning',
  spent: 'Spent',
  no_data: 'No data',
};

export const burnNames: Readonly<Record<SloBurn['key'], string>> = {
  page_fast: 'Page, fast',
  page_slow: 'Page',
  ticket_fast: 'Ticket, fast',
  ticket_slow: 'Ticket',
};

/** Why a pair of windows fires or not. */
export function burnState(burn: SloBurn): string {
  if (burn.isFiring) return 'fires';
  if (burn.ruleId === null) return 'no rule';
  const isFast = (burn.long ?? 0) > burn.factor && (burn.short ?? 0) > burn.factor;
  if (isFast) return burn.isHeld ? 'too few events' : 'about to fire';
  return 'calm';
}
