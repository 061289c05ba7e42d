import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Channel, Notification } from '../notification.ts';
import type { ChannelKit, SettingsOf } from './channel-kit.ts';
import { boundLabels, safeLink } from './message.ts';
import { plainText } from './plain-text.ts';

/** A POST of JSON, signed as Standard Webhooks has it; with two secrets twice, so that receivers change over when they like. */
export function webhook(
  { url, secrets, headers }: SettingsOf<'webhook'>,
  { exchange, now }: ChannelKit,
): Channel {
  const signers = secrets.map((secret) => new Webhook(secret));
  return {
    deliver: async (notification, { signal }) => {
      const id = messageId(notification.dedupeKey);
      const sentAt = now();
      const body = JSON.stringify(payloadOf(notification));
      const answer = await exchange({
        url,
        body,
        signal,
        headers: {
          ...headers,
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
          'webhook-signature': signers.map((signer) => signer.sign(id, sentAt, body)).join(' '),
        },
      });
      return answer.ok ? { kind: 'delivered' } : answer.delivery;
    },
  };
}

/** The same for each attempt, so that a receiver sees that it has the message already. Stands in headers, whatever is in the key. */
export function messageId(dedupeKey: string): string {
  return `msg_${createHash('sha256').update(dedupeKey).digest('hex').slice(0, 32)}`;
}

function payloadOf(notification: Notification): unknown {
  const { status, at, key, sequence, rule, severity, title, text, labels, alerts, alertCount, link } =
    notification;
  const { report } = notification;
  if (report !== undefined)
    return {
      type: 'report',
      timestamp: at.toISOString(),
      data: {
        key: plainText(key, 500),
        title: plainText(title, 500),
        text: plainText(text, 4_000, { lines: true }),
        link: safeLink(link),
        report: report.numbers,
      },
    };
  return {
    type: `alert.${status}`,
    timestamp: at.toISOString(),
    data: {
      key: plainText(key, 500),
      sequence,
      status,
      severity,
      rule: plainText(rule, 200),
      title: plainText(title, 500),
      text: plainText(text, 4_000, { lines: true }),
      labels: Object.fromEntries(boundLabels(labels)),
      link: safeLink(link),
      alertCount,
      alerts: alerts.slice(0, 50).map((alert) => ({
        state: alert.state,
        labels: Object.fromEntries(boundLabels(alert.labels)),
        value: alert.value,
        since: alert.since.toISOString(),
        endedAt: alert.endedAt?.toISOString() ?? null,
        summary: plainText(alert.summary, 500),
        link: safeLink(alert.link),
        sampleTraces: alert.sampleTraces.slice(0, 5).map((trace) => plainText(trace, 200)),
      })),
    },
  };
}
