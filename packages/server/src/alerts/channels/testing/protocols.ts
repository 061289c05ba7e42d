/** What the receivers say they take, as their documentation has it: stricter than they are in no way that is known. */
import { z } from 'zod';

const chars = (max: number) => z.string().min(1).max(max);

const slackText = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1),
  style: z.strictObject({ bold: z.boolean() }).optional(),
});
const slackLink = z.strictObject({ type: z.literal('link'), url: z.url(), text: z.string().min(1) });
const slackSection = z.strictObject({
  type: z.literal('rich_text_section'),
  elements: z.array(z.union([slackText, slackLink])).min(1),
});
/** Block Kit: https://docs.slack.dev/reference/block-kit/blocks */
export const slackMessage = z.strictObject({
  text: chars(4_000),
  channel: z.string().optional(),
  ts: z.string().optional(),
  unfurl_links: z.boolean().optional(),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('header'),
          text: z.strictObject({ type: z.literal('plain_text'), text: chars(150), emoji: z.literal(false) }),
        }),
        z.strictObject({
          type: z.literal('rich_text'),
          elements: z
            .array(
              z.union([
                slackSection,
                z.strictObject({
                  type: z.literal('rich_text_list'),
                  style: z.enum(['bullet', 'ordered']),
                  elements: z.array(slackSection).min(1),
                }),
              ]),
            )
            .min(1),
        }),
      ]),
    )
    .max(50),
});

/** Webhook embeds: https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
export const discordMessage = z
  .strictObject({
    allowed_mentions: z.strictObject({ parse: z.array(z.never()) }),
    embeds: z
      .array(
        z.strictObject({
          title: chars(256),
          description: z.string().max(4_096),
          color: z.number().int().min(0).max(0xff_ff_ff),
          url: z.url().optional(),
          timestamp: z.iso.datetime(),
          fields: z.array(z.strictObject({ name: chars(256), value: chars(1_024) })).max(25),
          footer: z.strictObject({ text: chars(2_048) }).optional(),
        }),
      )
      .length(1),
  })
  .refine(({ embeds }) => {
    const texts = embeds.flatMap(({ title, description, fields, footer }) => [
      title,
      description,
      footer?.text ?? '',
      ...fields.flatMap(({ name, value }) => [name, value]),
    ]);
    return texts.join('').length <= 6_000;
  }, 'more than 6,000 characters in all');

const openUrl = z.strictObject({
  type: z.literal('Action.OpenUrl'),
  title: z.string().optional(),
  url: z.url(),
});
/** Adaptive Cards 1.4, text runs alone. */
export const teamsMessage = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: z.strictObject({
          $schema: z.string(),
          type: z.literal('AdaptiveCard'),
          version: z.literal('1.4'),
          msteams: z.strictObject({ width: z.literal('Full') }),
          actions: z.array(openUrl).optional(),
          body: z.array(
            z.strictObject({
              type: z.literal('RichTextBlock'),
              inlines: z
                .array(
                  z.strictObject({
                    type: z.literal('TextRun'),
                    text: z.string().min(1),
                    weight: z.enum(['Bolder', 'Lighter', 'Default']).optional(),
                    size: z.enum(['Small', 'Default', 'Medium', 'Large', 'ExtraLarge']).optional(),
                    color: z.enum(['Good', 'Attention', 'Warning', 'Accent', 'Default']).optional(),
                    selectAction: openUrl.optional(),
                  }),
                )
                .min(1),
            }),
          ),
        }),
      }),
    )
    .length(1),
});

/** Events API v2: https://developer.pagerduty.com/docs/send-alert-event */
export const pagerdutyEvent = z.discriminatedUnion('event_action', [
  z.strictObject({
    routing_key: z.string().length(32),
    event_action: z.literal('resolve'),
    dedup_key: chars(255),
  }),
  z.strictObject({
    routing_key: z.string().length(32),
    event_action: z.literal('trigger'),
    dedup_key: chars(255),
    client: z.string().optional(),
    client_url: z.url().optional(),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })).optional(),
    payload: z.strictObject({
      summary: chars(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.unknown()),
    }),
  }),
]);

/** Alert API: https://docs.opsgenie.com/docs/alert-api */
export const opsgenieAlert = z.strictObject({
  message: chars(130),
  alias: chars(512),
  description: z.string().max(15_000),
  details: z
    .record(z.string(), z.string())
    .refine((details) => JSON.stringify(details).length <= 8_000, 'more than 8,000 characters'),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
  source: z.string().max(100),
  entity: z.string().max(512),
  tags: z.array(chars(50)).max(20),
});
export const opsgenieClose = z.strictObject({ source: z.string().max(100), note: z.string().max(25_000) });

/** The payload that docs/alert-channels.md describes. */
export const webhookPayload = z.strictObject({
  type: z.enum(['alert.firing', 'alert.resolved', 'alert.fired_and_recovered', 'alert.test']),
  timestamp: z.iso.datetime(),
  data: z.strictObject({
    key: z.string(),
    sequence: z.number().int(),
    status: z.string(),
    severity: z.enum(['info', 'warning', 'critical']),
    rule: z.string(),
    title: z.string(),
    text: z.string(),
    labels: z.record(z.string(), z.string()),
    link: z.string(),
    alertCount: z.number().int(),
    alerts: z
      .array(
        z.strictObject({
          state: z.enum(['firing', 'resolved']),
          labels: z.record(z.string(), z.string()),
          value: z.number().nullable(),
          since: z.iso.datetime(),
          endedAt: z.iso.datetime().nullable(),
          summary: z.string(),
          link: z.string(),
          sampleTraces: z.array(z.string()),
        }),
      )
      .max(50),
  }),
});
