/** What the readers of files of SLOs give each other. */
import type { ImportSlosResponse } from '@sightline/schema/api';
import { z } from 'zod';

export type SloFormat = ImportSlosResponse['format'];
export type SloProblem = ImportSlosResponse['problems'][number];

/** What a file says, before it is checked. */
export interface DraftSlo {
  readonly place: string;
  readonly slo: unknown;
}

export interface ReadDocuments {
  readonly drafts: readonly DraftSlo[];
  readonly problems: readonly SloProblem[];
  /** What is not taken over. */
  readonly notes: readonly string[];
}

export interface YamlDocument {
  readonly place: string;
  readonly value: unknown;
}

export function issuesText(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length === 0 ? message : `"${path.join('.')}": ${message}`))
    .join('; ');
}

/** The share that is to be good, as Sloth and OpenSLO write it. */
export const percentOfGood = z
  .number()
  .refine((percent) => percent > 0 && percent < 100, 'it is a percentage between 0 and 100, such as 99.9');

/** Without the noise of binary fractions: 99.9 is 0.999. */
export function shareOfPercent(percent: number): number {
  return Number((percent / 100).toPrecision(12));
}
