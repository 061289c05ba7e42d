/** Links under which anybody sees one dashboard, and what is answered to them. */
import { z } from 'zod';
import { timestamp, versionNumber } from './common.ts';
import { dashboardInput, dashboardPanel, dashboardVariable, panelsMax } from './dashboards.ts';

/** Where requests under a link have its secret. */
export const linkHeader = 'x-sightline-link';

export const linkLifetime = z.enum(['1d', '7d', '30d', 'never']);

/** How far back guests choose a range; `none`: they see the range of the dashboard. */
export const guestRange = z.enum(['none', '1d', '7d', '30d', '90d']);

export const dashboardLinkRequest = z.strictObject({
  expires: linkLifetime.default('7d').describe('How long from now.'),
  note: z.string().trim().max(120).default('').describe('For whom it is, to tell links apart.'),
  range: guestRange
    .default('none')
    .describe('How long before now a range that guests choose may begin; none: they choose no range.'),
});

const rangeDaysMax = z
  .number()
  .int()
  .nullable()
  .describe('How many days before now a range that guests choose may begin; null: they choose no range.');

export const dashboardLink = z.object({
  id: z.string(),
  note: z.string(),
  createdBy: z.string().describe('The name of the API key with which it was made; empty: none was needed.'),
  createdAt: timestamp,
  expiresAt: timestamp.nullable().describe('null: never.'),
  revokedAt: timestamp.nullable(),
  lastUsedAt: timestamp.nullable().describe('To the minute.'),
  isOpen: z.boolean().describe('Neither expired nor revoked.'),
  rangeDaysMax,
});
export const dashboardLinksResponse = z.object({
  links: z.array(dashboardLink).describe('The newest first.'),
});
export const newDashboardLinkResponse = dashboardLink.extend({
  path: z
    .string()
    .describe(
      `The address below that of the UI. Shown this once; only the hash of its secret, which stands behind the #, is kept. Programs send the secret as ${linkHeader}.`,
    ),
});

/** A panel as a guest with a link gets it: how it looks, without its questions. */
const sharedPanel = dashboardPanel.omit({ queries: true, overlays: true }).extend({
  isAsked: z.boolean().describe('It asks something, and is answered.'),
});
export const sharedDashboard = z.object({
  version: z.number().int().describe('To be sent with what is asked of it.'),
  updatedAt: timestamp,
  rangeDaysMax,
  dashboard: z.object({
    name: z.string(),
    description: z.string(),
    range: dashboardInput.shape.range,
    refreshS: z.number().int(),
    variables: z.array(dashboardVariable.omit({ from: true })),
    panels: z.array(sharedPanel),
  }),
});

export const offeredValuesResponse = z.object({ values: z.array(z.string()) });

export const askSharedRequest = z.strictObject({
  version: versionNumber.describe('Of the dashboard that was read.'),
  panels: z.array(z.string().max(40)).min(1).max(panelsMax).describe('Ids of panels.'),
  range: dashboardInput.shape.range
    .unwrap()
    .optional()
    .describe('Where the link lets guests choose one; absent: that of the dashboard.'),
  variables: z
    .record(z.string().max(40), z.array(z.string().max(500)).max(50))
    .default({})
    .describe(
      'From the values that are offered; none: all. A variable that is left out is as the dashboard has it.',
    ),
});

export type GuestRange = z.infer<typeof guestRange>;
export type LinkLifetime = z.infer<typeof linkLifetime>;
export type DashboardLinkInfo = z.infer<typeof dashboardLink>;
export type DashboardLinksResponse = z.infer<typeof dashboardLinksResponse>;
export type NewDashboardLinkResponse = z.infer<typeof newDashboardLinkResponse>;
export type SharedDashboard = z.infer<typeof sharedDashboard>;
export type AskSharedRequest = z.output<typeof askSharedRequest>;
