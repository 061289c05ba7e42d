import type { Channel, Notification } from '../notification.ts';
import type { ChannelKit, SettingsOf } from './channel-kit.ts';
import { boundLabels, describeNotification } from './message.ts';
import { incidentKey } from './pagerduty.ts';
import { cutText } from './plain-text.ts';

/** The Alert API of Opsgenie. The group's key is the alias, by which Opsgenie tells what it has already. */
export function opsgenie(
  { apiKey, region }: SettingsOf<'opsgenie'>,
  { exchange, services }: ChannelKit,
): Channel {
  const base = `${services.opsgenie[region]}/v2/alerts`;
  const headers = { authorization: `GenieKey ${apiKey}` };
  return {
    deliver: async (notification, { signal }) => {
      const alias = incidentKey(notification.key);
      const steps = {
        create: { url: base, body: writeAlert(notification, alias) },
        close: {
          url: `${base}/${encodeURIComponent(alias)}/close?identifierType=alias`,
          body: { source: 'Sightline', note: describeNotification(notification, 0).title },
        },
      };
      const { status } = notification;
      const order =
        status === 'firing'
          ? [steps.create]
          : status === 'resolved'
            ? [steps.close]
            : [steps.create, steps.close];
      for (const step of order) {
        const answer = await exchange({ ...step, headers, signal });
        if (!answer.ok) return answer.delivery;
      }
      return { kind: 'delivered' };
    },
  };
}

const priorities = { critical: 'P1', warning: 'P3', info: 'P5' } as const;

/** Limits of Opsgenie: 130 characters of message, 15,000 of description, 8,000 of details. */
function writeAlert(notification: Notification, alias: string): object {
  const message = describeNotification(notification);
  const lines = message.alerts.map(({ state, summary, labels, detail, link }) =>
    [state === 'firing' ? 'Firing:' : 'Resolved:', summary, labels, detail, link]
      .filter((part) => part !== '')
      .join(' '),
  );
  const description = [
    message.text,
    ...message.facts.map(([name, value]) => `${name}: ${value}`),
    ...lines,
    ...(message.more === 0 ? [] : [`and ${message.more} more`]),
    message.link,
  ]
    .filter((part) => part !== '')
    .join('\n');
  return {
    message: cutText(message.title, 130),
    alias,
    description: withoutTags(cutText(description, 15_000)),
    details: Object.fromEntries(boundLabels(notification.labels)),
    priority: priorities[notification.severity],
    source: 'Sightline',
    entity: message.facts.find(([name]) => name === 'Rule')?.[1] ?? '',
    tags: [notification.severity],
  };
}

/** Opsgenie reads some HTML in descriptions: signs that look alike show the text and begin no tag. */
function withoutTags(text: string): string {
  return text.replaceAll('<', '‹').replaceAll('>', '›');
}
