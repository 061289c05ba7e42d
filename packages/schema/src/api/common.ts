import { z } from 'zod';

/** A point in time as a parameter: RFC 3339, `now`, or relative to now such as `-15m`, `-1h`, `-7d`. */
export const timeParameter = z
  .string()
  .describe('RFC 3339, `now`, or relative to now: `-15m`, `-1h`, `-7d`.')
  .meta({ examples: ['-1h', '2026-11-21T10:00:00Z'] });

/** Where a range begins: a time, or how long before its end. */
export const rangeStartParameter = z
  .string()
  .describe('RFC 3339, `now`, relative to now: `-15m`, `-1h`, `-7d`, or to the end of the range: `to-1h`.')
  .meta({ examples: ['-1h', 'to-1h', '2026-11-21T10:00:00Z'] });

/** A range up to now that begins, where nothing is said, so long before its end. */
export const rangeFrom = (start: `to-${string}`) =>
  z.object({ from: rangeStartParameter.default(start), to: timeParameter.default('now') });

/** Every query covers a bounded time range; without parameters the last hour. */
export const rangeParameters = rangeFrom('to-1h');

export const filterParameter = z
  .string()
  .max(4096)
  .describe('A filter in the query language, see docs/query-language.md.');

export const pageParameters = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: z.string().max(512).optional().describe('`nextCursor` of the page before.'),
});

/** An RFC 3339 time in UTC with nine fractional digits. */
export const timestamp = z.string().describe('RFC 3339, UTC, nanoseconds.');
/** The largest that the control plane counts to. */
export const versionMax = 2_147_483_647;
export const versionNumber = z.number().int().min(1).max(versionMax);

export const traceId = z.string().describe('32 lower-case hex digits.');
export const spanId = z.string().describe('16 lower-case hex digits.');

const hexDigits = (length: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-fA-F]{${length}}$`), `expected ${length} hex digits`)
    .describe(`${length} hex digits.`);
/** Ids as they are given: of fewer digits the engine would make another id, with zeros behind them. */
export const traceIdParameter = hexDigits(32);
export const spanIdParameter = hexDigits(16);

/** A stored attribute value: scalars as themselves, 64-bit integers beyond 2^53 as strings, bytes as base64, lists and maps as JSON. */
export const attributeValue = z.json();
export const attributes = z.record(z.string(), attributeValue);

/** Set where an answer is not the whole truth; absent otherwise. */
export const limitsMet = z
  .array(
    z.object({
      limit: z.enum(['time', 'rows', 'memory', 'bytes', 'spans', 'series', 'points', 'settling']),
      message: z.string(),
    }),
  )
  .optional()
  .describe('The limits that cut this answer short, if any.');

export const errorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
});

/** An address on the web. No DNS name has more than 253 characters. */
export const httpAddress = z.url({ protocol: /^https?$/, hostname: /^.{1,253}$/ }).max(2_000);
