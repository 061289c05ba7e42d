import type { Channel, Delivery, Notification } from '../notification.ts';
import type { ChannelKit, SettingsOf } from './channel-kit.ts';
import { type Exchanged, readMembers } from './exchange.ts';
import { describeNotification, type Message, type MessageAlert } from './message.ts';
import { cutText } from './plain-text.ts';

/** An incoming webhook: it writes messages and cannot change them. */
export function slackWebhook({ url }: SettingsOf<'slack_webhook'>, { exchange }: ChannelKit): Channel {
  return {
    deliver: async (notification, { signal }) => {
      const answer = await exchange({ url, body: writeSlackMessage(notification), signal });
      return answer.ok ? { kind: 'delivered' } : answer.delivery;
    },
  };
}

/** A bot: a recovery rewrites the message that told of the alert, which is `channel:ts`. */
export function slackBot(
  { token, channel }: SettingsOf<'slack_bot'>,
  { exchange, services }: ChannelKit,
): Channel {
  const call = async (method: string, body: object, signal: AbortSignal): Promise<SlackAnswer> =>
    readSlack(
      await exchange({
        url: `${services.slack}/${method}`,
        body,
        signal,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
      }),
    );
  return {
    deliver: async (notification, { reference, signal }) => {
      const message = writeSlackMessage(notification);
      const [, room, ts] = /^([A-Z0-9]+):([\d.]+)$/.exec(reference ?? '') ?? [];
      if (notification.status === 'resolved' && room !== undefined && ts !== undefined) {
        const { delivery, error } = await call('chat.update', { ...message, channel: room, ts }, signal);
        // Somebody deleted it, or it is too old to be changed: then it is said anew.
        if (!goneMessages.has(error)) return delivery;
      }
      return (await call('chat.postMessage', { ...message, channel, unfurl_links: false }, signal)).delivery;
    },
  };
}

interface SlackAnswer {
  readonly delivery: Delivery;
  /** Slack's word for what went wrong, or none. */
  readonly error: string;
}

const goneMessages = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'channel_not_found',
]);
const passingErrors = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);

/** Slack answers failures with 200 and says in the body what is wrong. */
function readSlack(answer: Exchanged): SlackAnswer {
  if (!answer.ok) return { delivery: answer.delivery, error: '' };
  const { ok, error, channel, ts } = readMembers(answer.text);
  if (ok === true)
    return {
      delivery: {
        kind: 'delivered',
        ...(typeof channel === 'string' && typeof ts === 'string' ? { reference: `${channel}:${ts}` } : {}),
      },
      error: '',
    };
  const word = typeof error === 'string' ? error.slice(0, 100) : 'no JSON';
  const kind = passingErrors.has(word) || ok === undefined ? 'retry' : 'refused';
  return { delivery: { kind, reason: `Slack answers: ${word}` }, error: word };
}

/** Limits of Block Kit: a header has 150 characters. */
const headerMax = 150;

/** Text from outside stands in plain_text and rich_text alone, which Slack shows as they are: no `<!channel>`, no `*bold*`, no `:emoji:`. */
export function writeSlackMessage(notification: Notification): object {
  const message = describeNotification(notification);
  return {
    // Shown where blocks are not, such as on a lock screen; read as mrkdwn, whose three characters are escaped.
    text: escapeSlack(message.title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cutText(message.title, headerMax), emoji: false } },
      { type: 'rich_text', elements: bodyOf(message) },
    ],
  };
}

export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function bodyOf(message: Message): object[] {
  const section = (elements: object[]): object => ({ type: 'rich_text_section', elements });
  const facts = message.facts.flatMap(([name, value], index) => [
    text(`${index === 0 ? '' : '\n'}${name}: `, true),
    text(value),
  ]);
  return [
    ...(message.text === '' ? [] : [section([text(`${message.text}\n`)])]),
    section(facts),
    ...(message.alerts.length === 0
      ? []
      : [
          {
            type: 'rich_text_list',
            style: 'bullet',
            elements: message.alerts.map((alert) => section(lineOf(alert))),
          },
        ]),
    ...(message.more === 0 ? [] : [section([text(`and ${message.more} more`)])]),
    ...(message.link === '' ? [] : [section([link(message.link, 'Open in Sightline')])]),
  ];
}

function lineOf({ state, labels, summary, detail, link: address }: MessageAlert): object[] {
  const head = `${state === 'firing' ? 'Firing' : 'Resolved'}: ${summary || labels || 'no labels'}`;
  return [
    address === '' ? text(head, true) : link(address, head),
    text(`\n${[...(summary === '' ? [] : [labels]), detail].filter((part) => part !== '').join(' · ')}`),
  ];
}

const text = (content: string, bold = false): object => ({
  type: 'text',
  text: content,
  ...(bold ? { style: { bold } } : {}),
});
const link = (url: string, content: string): object => ({ type: 'link', url, text: content });
