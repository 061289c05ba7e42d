import { z } from 'zod';
import {
  pageParameters,
  spanIdParameter,
  timestamp,
  traceIdParameter,
  versionMax,
  versionNumber,
} from './common.ts';
import { rowFormats } from './row-files.ts';

export const datasetName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'letters, digits, . _ and -, at most 100, the first a letter or digit',
  );
export const splitName = z
  .string()
  .regex(/^[A-Za-z0-9._-]{0,50}$/, 'letters, digits, . _ and -, at most 50; empty for none');

/** Bytes of one item as JSON, and of one request. Files are sent in pieces. */
export const datasetItemBytesMax = 500_000;
export const datasetRequestBytesMax = 800_000;
export const datasetItemsMax = 100_000;
export const datasetBatchMax = 500;

export const itemSource = z.object({
  traceId: z.string(),
  spanId: z.string().nullable(),
});

export const newDatasetItem = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/, 'letters, digits, . _ : and -, at most 100')
    .optional()
    .describe('Your own id: an item that has it already is changed. Absent: one is made.'),
  input: z.json(),
  expected: z.json().nullable().default(null),
  metadata: z.record(z.string().max(200), z.json()).default({}),
  split: splitName.default(''),
  source: z
    .strictObject({ traceId: traceIdParameter, spanId: spanIdParameter.nullable().default(null) })
    .nullable()
    .default(null)
    .describe('The run or span that it was made of.'),
});

export const datasetItem = z.object({
  id: z.string(),
  input: z.json(),
  expected: z.json().nullable(),
  metadata: z.record(z.string(), z.json()),
  split: z.string(),
  source: itemSource.nullable(),
  duplicates: z.number().int().describe('Other items of the newest version with the same input.'),
  changedInVersion: z.number().int(),
  time: timestamp,
});

export const dataset = z.object({
  name: z.string(),
  description: z.string(),
  version: z.number().int().describe('Goes up with each change; 0: nothing was ever in it.'),
  itemCount: z.number().int(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export const datasetDetail = dataset.extend({
  splits: z.array(z.object({ split: z.string(), items: z.number().int() })),
  duplicateItems: z.number().int().describe('Items whose input another item has as well.'),
});
export const datasetsResponse = z.object({ datasets: z.array(dataset) });
export const newDataset = z.strictObject({
  name: datasetName,
  description: z.string().trim().max(2_000).default(''),
});

export const datasetVersionsResponse = z.object({
  versions: z
    .array(
      z.object({
        version: z.number().int(),
        time: timestamp,
        note: z.string(),
        added: z.number().int(),
        changed: z.number().int(),
        removed: z.number().int(),
        itemCount: z.number().int(),
      }),
    )
    .describe('The newest first, at most 200.'),
});

const versionParameter = z.coerce
  .number()
  .int()
  .min(0)
  .max(versionMax)
  .optional()
  .describe('The items as they were in this version; absent: the newest.');
export const datasetItemsParameters = z.object({
  ...pageParameters.shape,
  version: versionParameter,
  split: splitName.optional(),
  search: z.string().max(200).optional().describe('Text in the input, the expected answer or the metadata.'),
  duplicates: z
    .enum(['true', 'false'])
    .optional()
    .describe('true: only items whose input another item has as well.'),
});
export const datasetItemsResponse = z.object({
  version: z.number().int(),
  items: z.array(datasetItem),
  nextCursor: z.string().nullable(),
});

/** What becomes of an item whose input is there already. */
export const duplicateRule = z.enum(['skip', 'keep']).default('skip');

export const addItemsRequest = z.strictObject({
  items: z.array(newDatasetItem).min(1).max(datasetBatchMax),
  duplicates: duplicateRule.describe(
    'An item whose input is in the dataset already is left out, unless it is to be kept or has the id of an item.',
  ),
  note: z.string().trim().max(500).default(''),
  intoVersion: versionNumber
    .optional()
    .describe(
      'Goes on with the change that made this version, while it is the newest: for files sent in pieces.',
    ),
});
export const addItemsResponse = z.object({
  version: z.number().int(),
  added: z.number().int(),
  changed: z.number().int(),
  unchanged: z.number().int(),
  duplicates: z.number().int().describe('Left out, since an item has the same input.'),
  itemCount: z.number().int(),
});

export const addFromTracesRequest = z.strictObject({
  from: z
    .array(z.strictObject({ traceId: traceIdParameter, spanId: spanIdParameter.optional() }))
    .min(1)
    .max(200),
  split: splitName.default(''),
  expectAnswer: z
    .boolean()
    .default(true)
    .describe('The answer that was given becomes what is expected; false: nothing is expected yet.'),
  duplicates: duplicateRule,
  note: z.string().trim().max(500).default(''),
});
export const addFromTracesResponse = addItemsResponse.extend({
  failed: z
    .array(z.object({ traceId: z.string(), spanId: z.string().nullable(), reason: z.string() }))
    .describe('Of what no item could be made: it is deleted, or has no recorded input.'),
});

export const removeItemsRequest = z.strictObject({
  ids: z.array(z.string().max(100)).min(1).max(datasetBatchMax),
  note: z.string().trim().max(500).default(''),
});
export const datasetChange = z.object({ version: z.number().int(), itemCount: z.number().int() });

export const splitRequest = z.strictObject({
  shares: z
    .record(splitName, z.number().positive().max(1_000_000))
    .refine((shares) => Object.keys(shares).length >= 1 && Object.keys(shares).length <= 20, '1 to 20 splits')
    .describe(
      'Splits with their weights: `{"train":8,"test":2}`. Which item goes where is decided by its input.',
    ),
  onlyUnsplit: z.boolean().default(false).describe('true: items that have a split keep it.'),
});

const { version: ofVersion, split: ofSplit, search, duplicates } = datasetItemsParameters.shape;
export const datasetExportParameters = z.object({
  format: z
    .enum(rowFormats)
    .default('jsonl')
    .describe('JSON lines and CSV are as import takes them; Markdown is a table to be read.'),
  version: ofVersion,
  split: ofSplit,
  search,
  duplicates,
});

export type NewDatasetItem = z.output<typeof newDatasetItem>;
export type DatasetItem = z.infer<typeof datasetItem>;
export type Dataset = z.infer<typeof dataset>;
export type DatasetDetail = z.infer<typeof datasetDetail>;
export type DatasetsResponse = z.infer<typeof datasetsResponse>;
export type DatasetVersionsResponse = z.infer<typeof datasetVersionsResponse>;
export type DatasetItemsParameters = z.infer<typeof datasetItemsParameters>;
export type DatasetItemsResponse = z.infer<typeof datasetItemsResponse>;
export type AddItemsRequest = z.output<typeof addItemsRequest>;
export type AddItemsResponse = z.infer<typeof addItemsResponse>;
export type AddFromTracesRequest = z.output<typeof addFromTracesRequest>;
export type AddFromTracesResponse = z.infer<typeof addFromTracesResponse>;
export type DatasetChange = z.infer<typeof datasetChange>;
export type SplitRequest = z.output<typeof splitRequest>;
