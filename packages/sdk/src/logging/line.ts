/** A line before it is formatted: its fields by name. */
export type Line = Readonly<Record<string, unknown>>;
