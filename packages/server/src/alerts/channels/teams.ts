import type { Channel, Notification } from '../notification.ts';
import type { ChannelKit, SettingsOf } from './channel-kit.ts';
import { describeNotification, type MessageAlert } from './message.ts';

/** A workflow of Microsoft Teams that takes an Adaptive Card. */
export function teams({ url }: SettingsOf<'teams'>, { exchange }: ChannelKit): Channel {
  return {
    deliver: async (notification, { signal }) => {
      const answer = await exchange({ url, body: fittingCard(notification), signal });
      return answer.ok ? { kind: 'delivered' } : answer.delivery;
    },
  };
}

/** Teams refuses messages over 28 KB. */
const messageBytesMax = 28_000;

function fittingCard(notification: Notification): string {
  for (let shown = 10; shown > 0; shown -= 1) {
    const text = JSON.stringify(writeCard(notification, shown));
    if (Buffer.byteLength(text) <= messageBytesMax) return text;
  }
  return JSON.stringify(writeCard(notification, 0));
}

/** Text from outside stands in text runs alone: a text block would read it as Markdown. */
function writeCard(notification: Notification, shown: number): object {
  const message = describeNotification(notification, shown);
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body: [
            runs([{ text: message.title, weight: 'Bolder', size: 'Large', color: colorOf(notification) }]),
            ...(message.text === ''
              ? []
              : message.text.split('\n').map((line) => runs([{ text: line || ' ' }]))),
            ...message.facts.map(([name, value]) =>
              runs([{ text: `${name}: `, weight: 'Bolder' }, { text: value }]),
            ),
            ...message.alerts.map(alertRuns),
            ...(message.more === 0 ? [] : [runs([{ text: `and ${message.more} more` }])]),
          ],
          ...(message.link === ''
            ? {}
            : { actions: [{ type: 'Action.OpenUrl', title: 'Open in Sightline', url: message.link }] }),
        },
      },
    ],
  };
}

function alertRuns({ state, summary, labels, detail, link }: MessageAlert): object {
  return runs([
    {
      text: `${state === 'firing' ? 'Firing' : 'Resolved'}: ${summary || labels || 'no labels'}`,
      weight: 'Bolder',
      ...(link === '' ? {} : { selectAction: { type: 'Action.OpenUrl', url: link } }),
    },
    { text: ` ${[...(summary === '' ? [] : [labels]), detail].filter((part) => part !== '').join(' · ')}` },
  ]);
}

const runs = (inlines: readonly object[]): object => ({
  type: 'RichTextBlock',
  inlines: inlines.map((run) => ({ type: 'TextRun', ...run })),
});

function colorOf({ status, severity }: Notification): string {
  if (status !== 'firing') return 'Good';
  return severity === 'critical' ? 'Attention' : severity === 'warning' ? 'Warning' : 'Accent';
}
