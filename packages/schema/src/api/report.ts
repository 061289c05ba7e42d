import { z } from 'zod';
import { alertEvent } from './alerts.ts';
import { isTimeZone } from '@sightline/base';
import { filterParameter, limitsMet, rangeFrom, timestamp } from './common.ts';
import { criticalPathResponse } from './critical-path.ts';
import { errorGroup } from './errors.ts';
import { overviewFacts, overviewPoint, overviewResponse } from './overview.ts';
import { deploy, regressionLook } from './regressions.ts';
import { run } from './runs.ts';
import { samplingResponse } from './sampling.ts';
import { slo } from './slos.ts';
import { ledgerRow } from './system.ts';

export const reportFormat = z.enum(['json', 'html', 'markdown']);

/** Where links of a report begin: an address of the UI, without anything that could end a link. */
export const linkBasePattern = /^https?:\/\/[A-Za-z0-9.:[\]-]{1,300}(\/[A-Za-z0-9._~/-]{0,300})?$/;

export const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'expected the name of a time zone, such as Europe/Berlin')
  .describe('A name of the IANA time zone database, such as `Europe/Berlin`.');

export const reportParameters = rangeFrom('to-7d').extend({
  q: filterParameter.optional().describe('Only runs, errors and users of traces that meet this filter.'),
  timeZone: timeZone
    .default('UTC')
    .describe(
      'Of the times in HTML and Markdown; the period before is as many weeks before on its clock, across changes to and from summer time.',
    ),
  format: reportFormat.default('json').describe('`html` is one file without script.'),
  linkBase: z
    .string()
    .regex(linkBasePattern, 'expected an address such as https://sightline.example')
    .optional()
    .describe('Where links begin; the address that is asked, where nothing is said.'),
});

const facts = z.object({ totals: overviewFacts, previous: overviewFacts });
const group = facts.extend({ key: z.string().describe("Name; '' where there is none.") });

export const reportFiring = z.object({
  event: alertEvent.describe('That it began to fire.'),
  acknowledgedAt: timestamp.nullable().describe('null: not within the period.'),
  resolvedAt: timestamp.nullable().describe('null: not within the period.'),
});

export const reportDeploy = deploy.extend({
  look: regressionLook
    .nullable()
    .describe('The newest look, with what it found changed. null before the first.'),
});

/** Every number is one that another endpoint gives: `sources` says which. */
export const reportResponse = z.object({
  q: z.string().optional().describe('The filter, where there is one.'),
  startTime: timestamp.describe('`from`; where that is not at ten whole minutes, down to a whole step.'),
  endTime: timestamp,
  previousStartTime: timestamp.describe(
    'The period to compare with is as long. It ends where this one begins; of a day or more it lies so many whole weeks before, on the clock of `timeZone`, that weekdays meet weekdays.',
  ),
  previousEndTime: timestamp,
  generatedAt: timestamp,
  summary: z.string().describe('What happened, in sentences.'),
  stepMs: z.number(),
  totals: overviewFacts,
  previous: overviewFacts,
  series: z.array(overviewPoint),
  agents: z.array(group).describe('The most runs first, at most 20.'),
  otherAgents: z.number().int(),
  models: z.array(group).describe('The most runs first, at most 20.'),
  otherModels: z.number().int(),
  users: z
    .array(
      z.object({
        key: z.string(),
        runs: z.number().int(),
        failedRuns: z.number().int(),
        costUsd: z.number().nullable(),
        previousCostUsd: z
          .number()
          .nullable()
          .describe('null: not among the thousand who cost the most before.'),
      }),
    )
    .describe('Those who cost the most, at most 10.'),
  moreUsers: z.boolean(),
  paths: criticalPathResponse
    .pick({ total: true, sampled: true, steps: true })
    .nullable()
    .describe('The ten steps that hold most of the critical paths. null where they could not be read.'),
  coverage: z
    .array(ledgerRow)
    .describe('What was received and what became of it, since the server began to count.'),
  sampling: samplingResponse
    .omit({ startTime: true, endTime: true })
    .nullable()
    .default(null)
    .describe('What senders kept of their traces. null where it could not be read.'),
  errors: z.object({
    total: z.number().int().describe('Occurrences.'),
    groups: z.number().int(),
    previousTotal: z.number().int(),
    previousGroups: z.number().int(),
    newGroups: z.number().int().describe('Seen for the first time within the period.'),
    fresh: z.array(errorGroup).describe('Of the new ones the ten most frequent.'),
    regressed: z.array(errorGroup).describe('Back after they were resolved: the ten most frequent.'),
    frequent: z.array(errorGroup).describe('The ten most frequent.'),
  }),
  deploys: z.array(reportDeploy).describe('Of the period, the newest first, at most 20.'),
  moreDeploys: z.number().int(),
  firings: z.array(reportFiring).describe('Alerts that began to fire, the newest first, at most 200.'),
  slos: z
    .array(slo)
    .describe(
      'As they stood at the end of the period, each over its own window; not later than `generatedAt`.',
    ),
  slowest: z.array(run).describe('Five runs.'),
  dearest: z.array(run).describe('Five runs whose cost is known.'),
  sources: z
    .record(z.string(), z.string())
    .describe('By part of the report, the path of the API that gives the same numbers.'),
  partsMissing: overviewResponse.shape.partsMissing,
  limitsMet,
});

export type ReportParameters = z.infer<typeof reportParameters>;
export type ReportResponse = z.infer<typeof reportResponse>;
export type ReportFiring = z.infer<typeof reportFiring>;
