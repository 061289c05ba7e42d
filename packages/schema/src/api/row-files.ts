import { z } from 'zod';

export const rowFormats = ['csv', 'jsonl', 'markdown'] as const;

/** The largest file, in rows. */
const fileRowsMax = 1_000_000;

/** What a file of all rows of a list takes besides the parameters of the list. */
export const rowFileParameters = z.object({
  format: z.enum(rowFormats).default('csv'),
  rows: z.coerce
    .number()
    .int()
    .min(1)
    .max(fileRowsMax)
    .default(fileRowsMax)
    .describe('At most so many rows. A file that ends before the list does says so in its last line.'),
});

export type RowFormat = (typeof rowFormats)[number];
