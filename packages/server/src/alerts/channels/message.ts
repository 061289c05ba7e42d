import type { AlertLine, Notification } from '../notification.ts';
import { plainText } from './plain-text.ts';

/** What every channel says, cleaned and cut; each writes it in its receiver's way. */
export interface Message {
  /** As in `Firing (3): error rate of checkout`. */
  readonly title: string;
  readonly text: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly alerts: readonly MessageAlert[];
  /** Alerts that are not listed. */
  readonly more: number;
  /** Empty where there is none. */
  readonly link: string;
}

export interface MessageAlert {
  readonly state: 'firing' | 'resolved';
  readonly summary: string;
  readonly labels: string;
  /** As in `0.12 · since 2026-11-23 10:00:00 UTC`. */
  readonly detail: string;
  readonly value: number | null;
  readonly link: string;
  readonly traces: readonly string[];
}

const alertsShown = 10;
const titleMax = 200;
const textMax = 2_000;
const labelsShown = 20;

export function describeNotification(notification: Notification, shown = alertsShown): Message {
  const { alerts, alertCount, severity, rule, labels, at, link, report } = notification;
  return {
    title: titleOf(notification),
    text: plainText(notification.text, textMax, { lines: true }),
    facts: (report === undefined
      ? [
          ['Severity', severity],
          ['Rule', plainText(rule, titleMax)],
          ['Labels', describeLabels(labels)],
          ['Time', formatTime(at)],
        ]
      : report.facts.map(([name, value]) => [plainText(name, 60), plainText(value, 120)])
    ).filter((fact): fact is [string, string] => fact[1] !== ''),
    alerts: alerts.slice(0, shown).map(describeAlert),
    more: Math.max(alertCount - Math.min(alerts.length, shown), 0),
    link: safeLink(link),
  };
}

const statusWords: Readonly<Record<Notification['status'], string>> = {
  firing: 'Firing',
  resolved: 'Resolved',
  fired_and_recovered: 'Fired and recovered',
  test: 'Test',
  report: 'Report',
};

function titleOf({ status, alertCount, title }: Notification): string {
  const count = alertCount > 1 ? ` (${alertCount})` : '';
  return plainText(`${statusWords[status]}${count}: ${title.slice(0, titleMax * 4)}`, titleMax);
}

function describeAlert({
  state,
  summary,
  labels,
  value,
  since,
  endedAt,
  link,
  sampleTraces,
}: AlertLine): MessageAlert {
  const parts = [
    ...(value === null ? [] : [formatValue(value)]),
    `since ${formatTime(since)}`,
    ...(endedAt === null ? [] : [`until ${formatTime(endedAt)}`]),
  ];
  return {
    state,
    summary: plainText(summary, 200),
    labels: describeLabels(labels),
    detail: parts.join(' · '),
    value,
    link: safeLink(link),
    traces: sampleTraces.slice(0, 3).map((trace) => plainText(trace, 200)),
  };
}

/** `model=gpt-5, service=api`, in the order of their names. */
function describeLabels(labels: Readonly<Record<string, string>>): string {
  return boundLabels(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

/** Labels as data: cleaned and cut. */
export function boundLabels(
  labels: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, labelsShown)
    .map(([name, value]) => [plainText(name, 60) || '?', plainText(value, 120)] as const);
}

/** Seven digits are what anybody reads; without a tail of zeros. */
export const formatValue = (value: number): string => String(Number(value.toPrecision(7)));

export const formatTime = (time: Date): string =>
  Number.isNaN(time.getTime())
    ? 'unknown'
    : time
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, ' UTC');

/** Addresses of pages, and nothing that a receiver could run. */
export function safeLink(link: string): string {
  if (link.length > 2_000 || !URL.canParse(link)) return '';
  const { protocol, href, username, password } = new URL(link);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '' ? href : '';
}
