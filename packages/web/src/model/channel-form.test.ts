import { channelInput, type ChannelView } from '@sightline/schema/api';
import { describe, expect, it } from 'vitest';
import {
  channelAddress,
  channelKinds,
  draftOfChannel,
  newChannelDraft,
  readChannelDraft,
} from './channel-form.ts';

const typed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  slack_webhook: { url: 'https://hooks.slack.com/services/a' },
  slack_bot: { token: 'xoxb-1', channel: '#alerts' },
  webhook: { url: 'https://example.com/a', secrets: `whsec_${'A'.repeat(32)}, whsec_${'B'.repeat(32)}` },
  email: { host: 'smtp.example.com', from: 'a@example.com', to: 'b@example.com, c@example.com' },
  pagerduty: { routingKey: 'a'.repeat(32) },
  opsgenie: { apiKey: 'key' },
  teams: { url: 'https://example.com/t' },
  discord: { url: 'https://example.com/d' },
  alertmanager: { baseUrl: 'http://alertmanager:9093' },
  log: {},
};

describe('the form of a channel', () => {
  it.each(channelKinds.map(({ type }) => type))(
    'of kind %s writes what the API takes, and reads it back',
    (type) => {
      const draft = newChannelDraft(type);
      const input = readChannelDraft({
        ...draft,
        name: ' Ours ',
        values: { ...draft.values, ...typed[type] },
      });
      const read = channelInput.safeParse(input);
      expect(read.error?.issues ?? []).toEqual([]);
      const stored = { id: '1', ...read.data, createdAt: '', updatedAt: '' } as ChannelView;
      const again = channelInput.parse(readChannelDraft(draftOfChannel(stored)));
      expect(again).toEqual(read.data);
      expect(channelAddress(stored.settings)).not.toContain('xoxb');
    },
  );
});
