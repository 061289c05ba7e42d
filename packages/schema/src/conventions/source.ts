/**
 * How a normal field is read from what a program sent. The tables are data; `derive.ts` is the only place that interprets them, for what comes in and for
 * stored rows alike.
 */

/** A condition on other attributes of the same span. `equals` and `differs` are compared in lower case; what is absent differs. */
export type Guard =
  | { readonly attribute: string; readonly equals: readonly string[] }
  | { readonly attribute: string; readonly differs: readonly string[] }
  | { readonly attribute: string; readonly startsWith: string | readonly string[] }
  | { readonly attribute: string; readonly present: boolean };

/** One place where a value may be found. A value that does not fit its field counts as absent. */
export interface Source {
  /** The attribute, resource attribute, or (with `from: 'name'`) nothing: the span's name is read. */
  readonly name: string;
  /** Where to look; span attributes unless said. */
  readonly from?: 'attribute' | 'resource' | 'name';
  /** All must hold. */
  readonly when?: readonly Guard[];
  /** The value is JSON text: take what is at this path. Numbers are list positions from 0. */
  readonly path?: readonly (string | number)[];
  /** Only values that start so count, and the start is cut off. */
  readonly afterPrefix?: string;
  /** Values that start so do not count. */
  readonly unlessPrefix?: string;
  /** With `afterPrefix`: the value ends before this; where it is not there, there is no value. For the beginning of long JSON, which is stored in pieces. */
  readonly until?: string;
  /** The number behind this text, where it stands last; with `quoted` the word in quotes. For usage in long JSON, of which that stays where it is (`content-texts.ts`). */
  readonly after?: string;
  /** The value is JSON text of a string: `"CHAT_MODEL"`. */
  readonly quoted?: true;
  /** Lower-cased value → normal value; `*` stands for any other. What is not in the map counts as absent. */
  readonly map?: Readonly<Record<string, string>>;
  /** Multiplies a number, for example 1000 from seconds to milliseconds. */
  readonly scale?: number;
  /** This count leaves out these others, which belong to it: they are added. */
  readonly excludes?: readonly TokenColumn[];
}

export type TokenColumn =
  | 'input_tokens'
  | 'output_tokens'
  | 'cache_read_tokens'
  | 'cache_write_tokens'
  | 'reasoning_tokens';

/** What a field holds, and so how its text is read and which values are refused. */
export type FieldType =
  /** Text, cut at 256 characters. */
  | 'text'
  /** A provider's name in OpenTelemetry's spelling. */
  | 'provider'
  /** A whole number from 0 to 10^10; more is a mistake of the sender. */
  | 'tokens'
  /** US dollars from 0 to 10^6. */
  | 'dollars'
  /** Milliseconds from 0 to 10^10. */
  | 'milliseconds';

export interface Field {
  readonly type: FieldType;
  /** In order of precedence: the first that gives a value wins. */
  readonly sources: readonly Source[];
  /** Counts that are part of this one. More of them than of it means that the sender left them out. */
  readonly contains?: readonly TokenColumn[];
}

/** A source without conditions, read as it is. */
export function attribute(name: string, more: Omit<Source, 'name'> = {}): Source {
  return { name, ...more };
}

export const textLengthMax = 256;

/** More than this is a mistake of the sender. */
export const maximum = { tokens: 10_000_000_000, dollars: 1_000_000, milliseconds: 10_000_000_000 } as const;

export function isNumeric(type: FieldType): type is keyof typeof maximum {
  return type in maximum;
}

/** The first guard that asks for an attribute to be there: without it the source has no value. */
export const awaitedGuard = ({ when = [] }: Source): Guard | undefined =>
  when.find((guard) => ('present' in guard ? guard.present : !('differs' in guard)));

/** The attribute's text is the value, whatever else is said. */
export const isPlain = (source: Source): boolean =>
  source.from === undefined &&
  source.when === undefined &&
  source.path === undefined &&
  source.afterPrefix === undefined &&
  source.unlessPrefix === undefined &&
  source.after === undefined &&
  source.quoted === undefined &&
  source.map === undefined;
