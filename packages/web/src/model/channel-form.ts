/** Channels as they stand in the form: which fields each kind has, and the way to the API and back. */
import type { ChannelInput, ChannelSettings, ChannelType, ChannelView } from '@sightline/schema/api';

export interface ChannelField {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly about?: string;
  readonly isSecret?: boolean;
  readonly isOptional?: boolean;
  readonly choices?: readonly string[];
  /** text: as it is; list: separated by commas or spaces; number. */
  readonly kind?: 'text' | 'list' | 'number';
  readonly initial?: string;
}

export interface ChannelKind {
  readonly type: ChannelType;
  readonly label: string;
  readonly fields: readonly ChannelField[];
}

const region: ChannelField = { name: 'region', label: 'Region', choices: ['us', 'eu'], initial: 'us' };

export const channelKinds: readonly ChannelKind[] = [
  {
    type: 'slack_webhook',
    label: 'Slack, incoming webhook',
    fields: [{ name: 'url', label: 'Address', placeholder: 'https://hooks.slack.com/services/…' }],
  },
  {
    type: 'slack_bot',
    label: 'Slack, bot',
    fields: [
      { name: 'token', label: 'Bot token', placeholder: 'xoxb-…', isSecret: true },
      { name: 'channel', label: 'Channel', placeholder: '#alerts' },
    ],
  },
  {
    type: 'webhook',
    label: 'Webhook, signed',
    fields: [
      { name: 'url', label: 'Address', placeholder: 'https://example.com/alerts' },
      {
        name: 'secrets',
        label: 'Signing secret',
        placeholder: 'whsec_…',
        kind: 'list',
        about:
          'Two, separated by a comma, while one is replaced by the other: messages are signed with both.',
      },
    ],
  },
  {
    type: 'email',
    label: 'E-mail',
    fields: [
      { name: 'host', label: 'SMTP host', placeholder: 'smtp.example.com' },
      { name: 'port', label: 'Port', kind: 'number', initial: '587' },
      { name: 'security', label: 'Encryption', choices: ['starttls', 'tls', 'none'], initial: 'starttls' },
      { name: 'user', label: 'User', isOptional: true },
      { name: 'password', label: 'Password', isSecret: true, isOptional: true },
      { name: 'from', label: 'From', placeholder: 'sightline@example.com' },
      { name: 'to', label: 'To', placeholder: 'on-call@example.com', kind: 'list' },
    ],
  },
  {
    type: 'pagerduty',
    label: 'PagerDuty',
    fields: [{ name: 'routingKey', label: 'Integration key (Events API v2)', isSecret: true }, region],
  },
  {
    type: 'opsgenie',
    label: 'Opsgenie',
    fields: [{ name: 'apiKey', label: 'API key', isSecret: true }, region],
  },
  { type: 'teams', label: 'Microsoft Teams', fields: [{ name: 'url', label: 'Address of the workflow' }] },
  { type: 'discord', label: 'Discord', fields: [{ name: 'url', label: 'Address of the webhook' }] },
  {
    type: 'alertmanager',
    label: 'Alertmanager',
    fields: [
      { name: 'baseUrl', label: 'Address', placeholder: 'http://alertmanager:9093' },
      { name: 'token', label: 'Bearer token', isSecret: true, isOptional: true },
    ],
  },
  { type: 'log', label: 'Log of the server', fields: [] },
];

export interface ChannelDraft {
  readonly type: ChannelType;
  readonly name: string;
  readonly values: Readonly<Record<string, string>>;
  /** Settings that the form does not show. */
  readonly kept: Readonly<Record<string, unknown>>;
}

export function newChannelDraft(type: ChannelType): ChannelDraft {
  const fields = fieldsOf(type);
  const values = Object.fromEntries(fields.map(({ name, initial = '' }) => [name, initial]));
  return { type, name: '', values, kept: {} };
}

export function draftOfChannel({ name, settings }: ChannelView): ChannelDraft {
  const { type, ...rest } = settings;
  const fields = fieldsOf(type);
  const shown = new Set(fields.map((field) => field.name));
  const values: Record<string, string> = {};
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    if (shown.has(key)) values[key] = Array.isArray(value) ? value.join(', ') : String(value);
    else kept[key] = value;
  }
  return { type, name, values, kept };
}

/** The server checks what the values are. */
export function readChannelDraft({ type, name, values, kept }: ChannelDraft): ChannelInput {
  const settings: Record<string, unknown> = { ...kept, type };
  for (const field of fieldsOf(type)) {
    const text = (values[field.name] ?? '').trim();
    if (text === '' && field.isOptional === true) continue;
    settings[field.name] =
      field.kind === 'list'
        ? text.split(/[\s,]+/).filter((part) => part !== '')
        : field.kind === 'number'
          ? Number(text)
          : text;
  }
  return { name: name.trim(), settings: settings as ChannelSettings };
}

/** Where a channel leads, in a few words and without secrets. */
export function channelAddress(settings: ChannelSettings): string {
  switch (settings.type) {
    case 'webhook':
    case 'slack_webhook':
    case 'teams':
    case 'discord':
      return settings.url;
    case 'slack_bot':
      return settings.channel;
    case 'email':
      return settings.to.join(', ');
    case 'alertmanager':
      return settings.baseUrl;
    case 'pagerduty':
    case 'opsgenie':
      return settings.region;
    case 'log':
      return '';
  }
}

function fieldsOf(type: ChannelType): readonly ChannelField[] {
  return channelKinds.find((kind) => kind.type === type)?.fields ?? [];
}
