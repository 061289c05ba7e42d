/** The bounds of queries that are not parameters of the API. */

/** All statements of one request together. */
export const queryTimeMsMax = 20_000;
/** All statements of one part of an answer that goes on without it: what follows has the rest. */
export const partTimeMsMax = 15_000;
/** Longest range a query may cover. */
export const rangeNanosMax = 400n * 86_400_000_000_000n;
/** How far in the future an accepted item may be; an open-ended list reaches that far. See ingest. */
export const clockSkewNanosMax = 86_400_000_000_000n;
/** Items a facet of a stored attribute looks at, the newest first. */
export const facetItemsMax = 200_000;
/** Text of attribute values in lists. */
export const listValueCharactersMax = 256;
