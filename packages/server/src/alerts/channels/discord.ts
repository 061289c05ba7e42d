import type { Channel, Delivery, Notification } from '../notification.ts';
import type { ChannelKit, SettingsOf } from './channel-kit.ts';
import { type Exchanged, readMembers, retryAfterMsMax } from './exchange.ts';
import { describeNotification } from './message.ts';
import { cutText } from './plain-text.ts';

/** A Discord webhook. A recovery rewrites the message that told of the alert. */
export function discord({ url }: SettingsOf<'discord'>, { exchange }: ChannelKit): Channel {
  return {
    deliver: async (notification, { reference, signal }) => {
      const body = writeDiscordMessage(notification);
      if (notification.status === 'resolved' && /^\d+$/.test(reference ?? '')) {
        const target = new URL(url);
        target.pathname = `${target.pathname.replace(/\/$/, '')}/messages/${reference}`;
        const changed = await exchange({ url: target.href, method: 'PATCH', body, signal });
        // Deleted meanwhile: then it is said anew.
        if (changed.ok || changed.status !== 404) return readDiscord(changed);
      }
      const target = new URL(url);
      // Then the answer has the id of the message.
      target.searchParams.set('wait', 'true');
      return readDiscord(await exchange({ url: target.href, body, signal }));
    },
  };
}

function readDiscord(answer: Exchanged): Delivery {
  const { id, retry_after: seconds } = readMembers(answer.text);
  if (answer.ok) return { kind: 'delivered', ...(typeof id === 'string' ? { reference: id } : {}) };
  // More exact than the header, whose seconds are whole.
  return answer.delivery.kind === 'retry' && typeof seconds === 'number' && seconds > 0
    ? { ...answer.delivery, afterMs: Math.min(seconds * 1_000, retryAfterMsMax) }
    : answer.delivery;
}

/** Limits of an embed: 256 characters of title, 4,096 of description, 25 fields of 256 and 1,024, 6,000 in all. */
const titleMax = 256;
const descriptionMax = 2_000;
const fieldNameMax = 200;
const fieldValueMax = 300;
const embedMax = 6_000;

export function writeDiscordMessage(notification: Notification): object {
  const message = describeNotification(notification);
  const facts = message.facts.map(([name, value]) => `${name}: ${value}`).join('\n');
  const description = escaped(
    [message.text, facts].filter((part) => part !== '').join('\n\n'),
    descriptionMax,
  );
  const title = escaped(message.title, titleMax);
  const more = message.more === 0 ? undefined : { text: `and ${message.more} more` };
  let room = embedMax - title.length - description.length - (more?.text.length ?? 0);
  const fields = message.alerts
    .map(({ state, summary, labels, detail }) => ({
      name: escaped(
        `${state === 'firing' ? 'Firing' : 'Resolved'}: ${summary || labels || 'no labels'}`,
        fieldNameMax,
      ),
      value: escaped(summary === '' ? detail : `${labels}\n${detail}`, fieldValueMax),
    }))
    .filter(({ name, value }) => (room -= name.length + value.length) >= 0);
  return {
    // Names nobody, whatever stands in the text.
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title,
        description,
        color: colorOf(notification),
        ...(message.link === '' ? {} : { url: message.link }),
        fields,
        ...(more === undefined ? {} : { footer: more }),
        timestamp: notification.at.toISOString(),
      },
    ],
  };
}

/** Discord reads Markdown; a backslash takes the meaning of any sign of ASCII. Cut after it grew, and not behind half of a pair. */
function escaped(text: string, max: number): string {
  const grown = text.replaceAll(/[!-/:-@[-`{-~]/g, String.raw`\$&`);
  return cutText(grown, max).replace(/(?<!\\)((?:\\\\)*)\\…$/, '$1…');
}

function colorOf({ status, severity }: Notification): number {
  if (status !== 'firing') return 0x2e_a0_43;
  return severity === 'critical' ? 0xd1_24_2f : severity === 'warning' ? 0xd2_99_22 : 0x38_8b_fd;
}
