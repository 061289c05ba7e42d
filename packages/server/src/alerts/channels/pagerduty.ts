import { createHash } from 'node:crypto';
import type { Channel, Notification } from '../notification.ts';
import type { ChannelKit, SettingsOf } from './channel-kit.ts';
import { boundLabels, describeNotification, formatTime } from './message.ts';
import { cutText } from './plain-text.ts';

/** Events API v2. The group's key is the deduplication key, so that a repeated message opens no second incident. */
export function pagerduty(
  { routingKey, region }: SettingsOf<'pagerduty'>,
  { exchange, services }: ChannelKit,
): Channel {
  return {
    deliver: async (notification, { signal }) => {
      const { status } = notification;
      // What is over already, or only tried, is opened and closed: it leaves a trace, and nothing open.
      const actions =
        status === 'firing' ? ['trigger'] : status === 'resolved' ? ['resolve'] : ['trigger', 'resolve'];
      for (const action of actions) {
        const answer = await exchange({
          url: `${services.pagerduty[region]}/v2/enqueue`,
          body: writeEvent(notification, { action, routingKey }),
          signal,
        });
        if (!answer.ok) return answer.delivery;
      }
      return { kind: 'delivered' };
    },
  };
}

/** What receivers take as a key: the group's own where it is short and plain, else its hash. */
export function incidentKey(key: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(key) ? key : createHash('sha256').update(key).digest('hex');
}

function writeEvent(
  notification: Notification,
  { action, routingKey }: { readonly action: string; readonly routingKey: string },
): object {
  const { severity, labels, at, key, alertCount } = notification;
  const { title, text, alerts, link, facts } = describeNotification(notification);
  const event = { routing_key: routingKey, event_action: action, dedup_key: incidentKey(key) };
  if (action === 'resolve') return event;
  const bounded = Object.fromEntries(boundLabels(labels));
  return {
    ...event,
    client: 'Sightline',
    ...(link === '' ? {} : { client_url: link, links: [{ href: link, text: 'Open in Sightline' }] }),
    payload: {
      summary: cutText(title, 1_024),
      source: bounded['service'] || bounded['service.name'] || 'sightline',
      severity,
      timestamp: at.toISOString(),
      ...(bounded['service'] ? { component: bounded['service'] } : {}),
      custom_details: {
        text,
        ...Object.fromEntries(
          facts.filter(([name]) => name !== 'Time').map(([name, value]) => [name.toLowerCase(), value]),
        ),
        time: formatTime(at),
        alert_count: alertCount,
        alerts: alerts.map(({ state, summary, labels: own, detail, link: page }) => ({
          state,
          summary,
          labels: own,
          detail,
          link: page,
        })),
      },
    },
  };
}
