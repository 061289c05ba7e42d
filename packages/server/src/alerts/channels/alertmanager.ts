import { prometheusLabelName } from '@sightline/schema/conventions';
import type { AlertLine, Channel, Notification } from '../notification.ts';
import type { ChannelKit, SettingsOf } from './channel-kit.ts';
import { boundLabels, describeNotification, safeLink } from './message.ts';
import { plainText } from './plain-text.ts';

/** Alertmanager's API v2. It groups, silences and routes by itself, so it is given each label set. */
export function alertmanager(
  { baseUrl, token, holdMinutes }: SettingsOf<'alertmanager'>,
  { exchange }: ChannelKit,
): Channel {
  const url = `${baseUrl.replace(/\/+$/, '')}/api/v2/alerts`;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    deliver: async (notification, { signal }) => {
      // A test is over by itself.
      const minutes = notification.status === 'test' ? testMinutes : holdMinutes;
      const answer = await exchange({ url, body: writeAlerts(notification, minutes), headers, signal });
      return answer.ok ? { kind: 'delivered' } : answer.delivery;
    },
  };
}

const testMinutes = 2;

function writeAlerts(notification: Notification, holdMinutes: number): readonly object[] {
  const { at, alerts, status } = notification;
  const own: AlertLine = {
    labels: {},
    state: status === 'firing' || status === 'test' ? 'firing' : 'resolved',
    value: null,
    since: at,
    endedAt: null,
    summary: '',
    link: notification.link,
    sampleTraces: [],
  };
  // A test has no label sets, and Alertmanager takes nothing else.
  const lines = alerts.length === 0 ? [own] : alerts.slice(0, 50);
  return lines.map((alert) => writeAlert(alert, notification, holdMinutes));
}

function writeAlert(alert: AlertLine, notification: Notification, holdMinutes: number): object {
  const { at, rule, severity } = notification;
  const { title, text } = describeNotification(notification, 0);
  const startsAt = alert.since;
  const endsAt =
    alert.state === 'firing' ? new Date(at.getTime() + holdMinutes * 60_000) : (alert.endedAt ?? at);
  return {
    labels: {
      ...labelsOf(notification.labels),
      ...labelsOf(alert.labels),
      alertname: plainText(rule, 200) || 'sightline',
      severity,
    },
    annotations: {
      summary: plainText(alert.summary, 500) || title,
      description: text,
      ...(alert.value === null ? {} : { value: String(alert.value) }),
    },
    startsAt: startsAt.toISOString(),
    // An end before the start is refused.
    endsAt: new Date(Math.max(endsAt.getTime(), startsAt.getTime() + 1)).toISOString(),
    generatorURL: safeLink(alert.link) || safeLink(notification.link),
  };
}

/** Names as Prometheus has them; of two that become one name, both values are kept with `;` between, as the compatibility specification says. */
function labelsOf(labels: Readonly<Record<string, string>>): Record<string, string> {
  const named = Map.groupBy(boundLabels(labels), ([name]) => prometheusLabelName(name));
  return Object.fromEntries(
    [...named]
      .map(([name, pairs]) => [name, pairs.map(([, value]) => value).join(';')] as const)
      .filter(([name, value]) => name !== '' && value !== ''),
  );
}
