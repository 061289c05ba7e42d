import { z } from 'zod';
import { timestamp } from './common.ts';

const count = z.number().int();

/** Where errors are sent on to. */
export const errorForwarding = z.object({
  dsn: z.string().nullable().describe('Without its key; null where errors are sent nowhere.'),
  isActive: z.boolean(),
  sent: count.describe('Errors that the receiver took.'),
  refused: count.describe('Errors that the receiver will not take.'),
  skipped: count.describe('Errors that could not be sent within an hour.'),
  lastSentAt: timestamp.nullable(),
  failure: z.string().nullable().describe('Why the last attempt failed; null where it did not.'),
  retryAt: timestamp.nullable(),
});
export type ErrorForwarding = z.infer<typeof errorForwarding>;

export const errorForwardingInput = z.strictObject({
  dsn: z
    .string()
    .min(1)
    .max(500)
    .describe(
      '`https://<key>@<host>/<project>` of a Sentry. As it is shown, with the key masked, it keeps its key.',
    ),
  isActive: z.boolean().default(true),
});

export const errorForwardingTest = z.object({
  ok: z.boolean(),
  detail: z.string().describe('What the receiver answered to an error made for this.'),
});
export type ErrorForwardingTest = z.infer<typeof errorForwardingTest>;
