import { z } from 'zod';
import { httpAddress, timestamp } from './common.ts';

const hostName = z
  .string()
  .max(253)
  .regex(
    /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9])?$|^[0-9A-Fa-f:.]+$/,
    'the name or the IP address of a host',
  );
const slowerThanMs = z
  .number()
  .int()
  .min(1)
  .max(60_000)
  .optional()
  .describe('An answer that takes longer counts as a failure.');
const intervalS = z.number().int().min(10).max(604_800).default(60);
const containedText = z.string().min(1).max(1_000).optional();

/** What is looked at, and what the answer must be. */
export const checkTarget = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    url: httpAddress,
    method: z.enum(['GET', 'HEAD', 'POST']).default('GET'),
    body: z.string().max(10_000).default(''),
    headers: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'a lower-case name'),
        z.string().regex(/^[\x20-\x7e]{0,1000}$/, 'text of ASCII'),
      )
      .refine((headers) => Object.keys(headers).length <= 20, 'at most 20 headers')
      .default({}),
    status: z
      .string()
      .regex(/^\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*$/, 'codes such as 200-299,304')
      .max(100)
      .default('200-299')
      .describe('Codes that are fine. Redirects are not followed.'),
    bodyContains: containedText,
    jsonPath: z
      .string()
      .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'names with dots between them, such as status.db')
      .max(200)
      .optional()
      .describe('A value in the JSON of the answer, such as `status.db` or `items.0.id`.'),
    jsonEquals: z.string().max(1_000).optional().describe('What that value is, as text.'),
    slowerThanMs,
    certificateDaysMin: z
      .number()
      .int()
      .min(0)
      .max(365)
      .optional()
      .describe('The certificate must hold for at least so many days.'),
  }),
  z.strictObject({
    kind: z.literal('tcp'),
    host: hostName,
    port: z.number().int().min(1).max(65_535),
    slowerThanMs,
  }),
  z.strictObject({
    kind: z.literal('dns'),
    host: hostName,
    record: z.enum(['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'NS']).default('A'),
    contains: containedText.describe('One of the answers has this text.'),
    server: z
      .string()
      .max(60)
      .regex(
        /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/,
        'the IP address of a name server, such as 1.1.1.1, 10.0.0.2:5353 or [2606:4700:4700::1111]',
      )
      .optional()
      .describe('The name server to ask; those of the machine unless said.'),
    slowerThanMs,
  }),
  z.strictObject({
    kind: z
      .literal('heartbeat')
      .describe('Nothing is asked: the program sends `POST /api/v1/checks/{id}/ping` every interval.'),
    graceS: z
      .number()
      .int()
      .min(0)
      .max(604_800)
      .default(60)
      .describe('So much later than the interval is fine.'),
  }),
  z.strictObject({
    kind: z
      .literal('program')
      .describe(
        'Nothing is asked: the program looks for itself and reports. Its first report makes the check.',
      ),
    service: z.string().min(1).max(100),
    graceS: z
      .number()
      .int()
      .min(0)
      .max(604_800)
      .default(30)
      .describe('A report may come so much later than the interval; then the program is taken for gone.'),
  }),
]);

export const checkInput = z.strictObject({
  name: z.string().trim().min(1).max(200).describe('Unique in the project.'),
  target: checkTarget,
  intervalS,
  timeoutMs: z.number().int().min(100).max(60_000).default(10_000),
  retries: z
    .number()
    .int()
    .min(0)
    .max(5)
    .default(2)
    .describe('So many more attempts, a second apart, before a failure counts.'),
  enabled: z.boolean().default(true),
  onStatusPage: z.boolean().default(true),
});

/** What a program says about a check that it makes itself. */
export const checkReport = z.strictObject({
  service: z.string().trim().min(1).max(100),
  name: z
    .string()
    .trim()
    .min(1)
    .max(99)
    .describe('Unique in the service: the check is called `service/name`.'),
  intervalS: intervalS.describe('Until the next report.'),
  ok: z.boolean(),
  ms: z.number().min(0).max(86_400_000).nullable().default(null),
  reason: z.string().max(2_000).default('').describe('Why it failed.'),
  ended: z
    .boolean()
    .default(false)
    .describe(
      'true: the program ends as it should. Until its next report nobody knows, and nothing is down.',
    ),
});
export const checkReported = z.object({ id: z.string().describe('Of the check.') });

export const checkStatus = z
  .enum(['up', 'down', 'unknown'])
  .describe('unknown: it was not looked at, for example while no server ran. That is not down.');

const uptime = z.object({
  share: z.number().nullable().describe('Time up, of the time that is known. null: nothing is known.'),
  knownS: z.number().describe('How much of the period is known.'),
});

export const check = checkInput.extend({
  target: checkTarget,
  id: z.string(),
  status: checkStatus,
  since: timestamp.nullable(),
  lastAt: timestamp.nullable(),
  lastMs: z.number().nullable(),
  lastReason: z.string().nullable().describe('Why the last look failed.'),
  certificateDays: z.number().nullable(),
  uptime: z.object({ day: uptime, week: uptime, month: uptime }),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export const checksResponse = z.object({ checks: z.array(check) });

export const checkResultsParameters = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
export const checkResult = z.object({
  time: timestamp,
  ok: z.boolean(),
  ms: z.number().nullable(),
  reason: z.string().nullable(),
});
export const checkSpell = z.object({
  status: checkStatus,
  from: timestamp,
  to: timestamp.nullable().describe('null: until now.'),
});
export const checkResultsResponse = z.object({
  results: z.array(checkResult).describe('The newest first.'),
  spells: z.array(checkSpell).describe('States of the last 30 days, the newest first.'),
});

/** What anybody may see who has the link. */
export const statusPage = z.object({
  title: z.string(),
  status: z.enum(['up', 'down', 'unknown']).describe('down where any check is.'),
  at: timestamp,
  checks: z.array(
    z.object({
      name: z.string(),
      status: checkStatus,
      since: timestamp.nullable(),
      uptime: z.object({ day: uptime, week: uptime, month: uptime }),
    }),
  ),
});
export const statusPageLink = z.object({
  path: z
    .string()
    .nullable()
    .describe('Of the page; `.json` behind it is the same as JSON. null: not shared.'),
});
export const statusPageRequest = z.strictObject({
  shared: z
    .boolean()
    .describe('true: makes a new link, and the one before ends. false: nobody sees it any more.'),
});

export type CheckTarget = z.output<typeof checkTarget>;
export type CheckReport = z.output<typeof checkReport>;
export type CheckInput = z.output<typeof checkInput>;
export type CheckStatus = z.infer<typeof checkStatus>;
export type Check = z.infer<typeof check>;
export type CheckResult = z.infer<typeof checkResult>;
export type CheckResultsResponse = z.infer<typeof checkResultsResponse>;
export type ChecksResponse = z.infer<typeof checksResponse>;
export type StatusPage = z.infer<typeof statusPage>;
export type StatusPageLink = z.infer<typeof statusPageLink>;
