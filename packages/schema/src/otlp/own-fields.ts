/** The numbers of fields that are ours, which OTLP does not have. Clients' own are taken away. */

/** On items (repeated bytes, ids) and on the request (repeated Text), see content-texts.ts. */
export const textsField = 1000;

export const ownFields: readonly number[] = [textsField];
