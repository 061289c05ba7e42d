import { z } from 'zod';
import { timestamp } from './common.ts';

/** How long a source map may be, packed with gzip. */
export const sourceMapBytesMax = 6 * 2 ** 20;
/** How long it may be unpacked. */
export const sourceMapUnpackedBytesMax = 32 * 2 ** 20;
/** How many a project may have, and how long they may be together, packed; the oldest releases go first. */
export const sourceMapsMax = 2_000;
export const sourceMapsBytesMax = 256 * 2 ** 20;

/** No control characters (the class Cc), in words that every reader of JSON Schema understands. */
// oxlint-disable-next-line no-control-regex -- they are what is refused
const printable = /^[^\u0000-\u001f\u007f-\u009f]+$/u;
const release = z.string().trim().min(1).max(200).regex(printable, 'expected no control characters');

export const sourceMapInput = z.strictObject({
  release: release.describe('`service.version` of the telemetry, or `<service.name>@<service.version>`.'),
  file: z
    .string()
    .min(1)
    .max(500)
    .regex(printable, 'expected no control characters')
    .describe(
      'The built file, such as `~/assets/main.js`: `~/` stands for any host or folder before it. Otherwise the whole address, such as `app:///main.js`.',
    ),
  map: z
    .string()
    .max(Math.ceil(sourceMapBytesMax / 3) * 4, 'expected at most 6 MiB, packed')
    .describe('The source map, packed with gzip, as Base64.'),
});

export const sourceMapKept = z.object({
  release: z.string(),
  file: z.string(),
  dropped: z.array(z.string()).describe('Older releases whose maps were dropped to make place.'),
});

const sourceMapRelease = z.object({
  release: z.string(),
  uploadedAt: timestamp.describe('Of the newest of its maps.'),
  bytes: z.number().int().describe('Packed.'),
  files: z.array(z.string()),
});

export const sourceMapsResponse = z.object({
  releases: z.array(sourceMapRelease).describe('The newest first.'),
});
export const sourceMapsOfRelease = z.object({ release });
export const sourceMapsDeleted = z.object({ deleted: z.number().int() });

export type SourceMapRelease = z.infer<typeof sourceMapRelease>;
