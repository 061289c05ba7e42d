import { z } from 'zod';
import { httpAddress, timestamp } from './common.ts';

/** Stands for a secret that is stored; of several, the place follows, as in `********1`. Sent back, it keeps the stored one. */
export const secretMask = '********';

const orMask = <Type extends z.ZodType>(secret: Type) => z.union([z.literal(secretMask), secret]);
const token = z.string().regex(/^[\x21-\x7e]{1,500}$/, 'letters, digits and signs of ASCII, without spaces');
const region = z.enum(['us', 'eu']).default('us').describe('Where the account lives.');
const hostName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9:][A-Za-z0-9.:_-]*$/, 'the name or the IP address of a host');
/** Before the @ stand 64 characters at most (RFC 5321). */
const mailAddress = z
  .email()
  .max(254)
  .regex(/^[^@]{1,64}@/, 'at most 64 characters before the @');

/** What kind of channel it is, and how its receiver is reached. Secrets come back masked. */
export const channelSettings = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('webhook'),
    url: httpAddress.describe('Comes back with its path masked: many receivers have their secret there.'),
    secrets: z
      .array(
        z
          .string()
          .regex(/^(?:whsec_[A-Za-z0-9+/]{32,128}={0,2}|\*{8}[12])$/, 'whsec_ and 24 to 64 bytes as base64')
          .refine(isWholeBase64, 'whsec_ and 24 to 64 bytes as base64'),
      )
      .min(1)
      .max(2)
      .describe(
        'Keys of the signature (Standard Webhooks). Two while rotating: each message is signed with both.',
      ),
    headers: z
      .record(
        z
          .string()
          .regex(
            /^(?:authorization|x-[a-z0-9-]{1,60})$/,
            'authorization, or a lower-case name that begins with x-',
          ),
        z.string().regex(/^[\x20-\x7e]{1,1000}$/, 'text of ASCII'),
      )
      .refine((headers) => Object.keys(headers).length <= 10, 'at most 10 headers')
      .default({}),
  }),
  z.strictObject({
    type: z.literal('slack_webhook'),
    url: httpAddress.describe('An incoming webhook. Slack cannot change its messages later; a bot can.'),
  }),
  z.strictObject({
    type: z.literal('slack_bot'),
    token: orMask(token).describe('A bot token (xoxb-…) with the scope chat:write.'),
    channel: z
      .string()
      .regex(/^[A-Za-z0-9#@_.-]{1,80}$/, 'an id such as C0123456789, or a name such as #alerts'),
  }),
  z.strictObject({
    type: z.literal('teams'),
    url: httpAddress.describe('The address of a workflow “When a Teams webhook request is received”.'),
  }),
  z.strictObject({
    type: z.literal('discord'),
    url: httpAddress.describe('The address of a Discord webhook.'),
  }),
  z.strictObject({
    type: z.literal('email'),
    host: hostName,
    port: z.number().int().min(1).max(65_535).default(587),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        'starttls: refuses to send where the server does not offer it. none: goes unencrypted, and takes no password.',
      ),
    user: z.string().min(1).max(320).optional(),
    password: orMask(z.string().min(1).max(500)).optional(),
    from: mailAddress,
    to: z.array(mailAddress).min(1).max(50),
  }),
  z.strictObject({
    type: z.literal('pagerduty'),
    routingKey: orMask(z.string().regex(/^[A-Za-z0-9]{32}$/, '32 letters and digits')).describe(
      'The integration key of an Events API v2 integration.',
    ),
    region,
  }),
  z.strictObject({
    type: z.literal('opsgenie'),
    apiKey: orMask(token).describe('The key of an API integration.'),
    region,
  }),
  z.strictObject({
    type: z.literal('alertmanager'),
    baseUrl: httpAddress.describe('As in http://alertmanager:9093, with its path prefix if it has one.'),
    token: orMask(token).optional().describe('Sent as bearer token.'),
    holdMinutes: z
      .number()
      .int()
      .min(5)
      .max(10_080)
      .default(720)
      .describe(
        'How long Alertmanager holds an alert as firing that is not repeated. Longer than the repeat interval.',
      ),
  }),
  z.strictObject({ type: z.literal('log') }).describe('Writes to the server’s own log.'),
]);

/** Padding included: what is left over is an error in the library that signs. */
function isWholeBase64(secret: string): boolean {
  return !secret.startsWith('whsec_') || secret.slice('whsec_'.length).length % 4 === 0;
}

export const channelInput = z.strictObject({
  name: z.string().trim().min(1).max(100),
  settings: channelSettings,
});

export const channel = z.object({
  id: z.string(),
  name: z.string(),
  settings: channelSettings.describe('Secrets are masked.'),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export const channelsResponse = z.object({ channels: z.array(channel) });

export const channelTestResponse = z.object({
  outcome: z
    .enum(['delivered', 'retry', 'refused'])
    .describe('retry: it did not work now, an alert would be sent again.'),
  reason: z.string().nullable().describe('Why it was not delivered.'),
  answers: z
    .array(z.string())
    .describe('What the receiver said, each cut to 500 characters, without secrets.'),
  tookMs: z.number(),
});

export type ChannelSettings = z.output<typeof channelSettings>;
export type ChannelType = ChannelSettings['type'];
export type ChannelInput = z.output<typeof channelInput>;
export type ChannelView = z.infer<typeof channel>;
export type ChannelsResponse = z.infer<typeof channelsResponse>;
export type ChannelTestResponse = z.infer<typeof channelTestResponse>;
