/** Alerts as sentences: what fires, since when, how far beyond its threshold. */
import type { AlertEvent, AlertInstance, AlertSeverity, AlertsResponse } from '@sightline/schema/api';
import {
  formatCostUsd,
  formatCount,
  formatDurationMs,
  formatNumber,
  formatShare,
  counted,
} from '@sightline/base';

export type AlertUnit = AlertInstance['unit'];

/** A value in the unit of its rule; a dash where there is none. */
export function alertValue(value: number | null, unit: AlertUnit): string {
  if (value === null) return '–';
  switch (unit) {
    case 'seconds':
      return formatDurationMs(value * 1000);
    case 'milliseconds':
      return formatDurationMs(value);
    case 'dollars':
      return formatCostUsd(value);
    case 'ratio':
      return formatShare(value);
    case 'tokens':
      return counted(value, 'token');
    case 'per_second':
      return `${formatNumber(value)}/s`;
    case 'none':
      return formatNumber(value);
  }
}

/** `4.20 s, threshold 3 s`: why it fires. */
export function whyWords(alert: Pick<AlertInstance, 'value' | 'threshold' | 'unit' | 'reason'>): string {
  if (alert.reason === 'no_data') return 'No data comes any more';
  if (alert.reason === 'error') return 'The rule cannot be evaluated';
  if (alert.reason === 'too_many') return 'The rule has too many label sets';
  const value = alertValue(alert.value, alert.unit);
  return alert.threshold === null ? value : `${value}, threshold ${alertValue(alert.threshold, alert.unit)}`;
}

const namedElsewhere = new Set(['alertname', 'severity']);

/** The labels that tell the alerts of one rule apart, as `name: value`. */
export function labelPairs(labels: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(labels).filter(([name, value]) => !namedElsewhere.has(name) && value !== '');
}

export function labelWords(labels: Readonly<Record<string, string>>): string {
  return labelPairs(labels)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}

/** What tells each of these label sets from the others: what all have alike is left out. */
export function tellingLabels(
  all: readonly Readonly<Record<string, string>>[],
): readonly Readonly<Record<string, string>>[] {
  const [first, ...others] = all;
  if (first === undefined || others.length === 0) return all;
  const isAlike = (name: string, value: string): boolean => all.every((labels) => labels[name] === value);
  return all.map((labels) =>
    Object.fromEntries(Object.entries(labels).filter(([name, value]) => !isAlike(name, value))),
  );
}

/** A silence's matchers that fit this alert and its like: all of its labels. */
export function matchersOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([name, value]) => name !== 'severity' && value !== '')
    .map(([name, value]) => `${name}:${quoted(value)}`)
    .join(' ');
}

function quoted(value: string): string {
  return /^[\w.-]+$/.test(value)
    ? value
    : `"${value.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`)}"`;
}

/** The page's first sentence. */
export function firingSentence({
  counts,
  firingBySeverity,
}: Pick<AlertsResponse, 'counts' | 'firingBySeverity'>): string {
  const { critical, warning, info } = firingBySeverity;
  const bySeverity = [
    [critical, 'critical'],
    [warning, 'warning'],
    [info, 'info'],
  ] as const;
  if (counts.firing === 0)
    return counts.pending === 0
      ? 'Nothing fires'
      : `Nothing fires; ${counted(counts.pending, 'alert')} may soon`;
  const parts = bySeverity
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${formatCount(count)} ${word}`);
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0)
    return `${only} ${counts.firing === 1 ? 'alert fires' : 'alerts fire'}`;
  return `${counted(counts.firing, 'alert fires', 'alerts fire')}: ${parts.join(', ')}`;
}

const severityRank: Readonly<Record<AlertSeverity, number>> = { critical: 0, warning: 1, info: 2 };

/** Firing before recovering before pending, then the most severe, then the newest. */
export function sortedAlerts(alerts: readonly AlertInstance[]): readonly AlertInstance[] {
  const stateRank = { firing: 0, recovering: 1, pending: 2 } as const;
  return alerts.toSorted(
    (left, right) =>
      stateRank[left.state] - stateRank[right.state] ||
      severityRank[left.severity] - severityRank[right.severity] ||
      right.activeSince.localeCompare(left.activeSince),
  );
}

const eventWords: Readonly<Record<AlertEvent['kind'], string>> = {
  pending: 'is pending',
  firing: 'fired',
  recovering: 'is recovering',
  resolved: 'resolved',
  calmed: 'calmed down before it fired',
  acknowledged: 'was acknowledged',
  unacknowledged: 'is no longer acknowledged',
  no_data: 'has no data',
  error: 'could not be evaluated',
  ok: 'has an answer again',
  missed: 'was not evaluated for some time',
  rule_changed: 'was changed',
  rule_deleted: 'was deleted',
};

export const eventKinds = Object.keys(eventWords) as readonly AlertEvent['kind'][];

export function eventSentence({ kind }: Pick<AlertEvent, 'kind'>): string {
  return eventWords[kind];
}

export type EventTone = 'error' | 'warn' | 'good' | 'soft';

export function eventTone(kind: AlertEvent['kind']): EventTone {
  if (kind === 'firing') return 'error';
  if (kind === 'pending' || kind === 'error' || kind === 'no_data' || kind === 'missed') return 'warn';
  return kind === 'resolved' || kind === 'ok' ? 'good' : 'soft';
}
