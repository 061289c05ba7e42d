/** The sources by what an item must say for them to have a value, so that what it does not say costs nothing. */
import { type FieldName, fieldNames, fields } from './fields.ts';
import { plainOperations } from './operation-table.ts';
import { type Field, isPlain, type Source } from './source.ts';

/** A source with its place: which field it is of, and how many are asked before it. */
export interface Rule {
  readonly field: number;
  readonly rank: number;
  readonly source: Source;
  /** The attribute's text is the value. */
  readonly isPlain: boolean;
}

/** Fields by name, with their numbers. */
export const numberedFields = Object.fromEntries(
  fieldNames.map((name, number) => [name, { ...(fields[name] as Field), number }]),
) as Readonly<Record<FieldName, Field & { readonly number: number }>>;

const all: readonly Rule[] = Object.values(numberedFields).flatMap(({ number, sources }) =>
  sources.map((source, rank) => ({ field: number, rank, source, isPlain: isPlain(source) })),
);

/** What reads the item's name asks for an attribute first: without one a name says nothing. */
function attributeOf({ source }: Rule): string | undefined {
  if (source.from === 'resource') return undefined;
  if (source.from === undefined) return source.name;
  const guard = source.when?.find((each) => !('present' in each) || each.present);
  if (guard === undefined) throw new Error('A rule that reads the name hangs on no attribute.');
  return guard.attribute;
}

/** Under the attribute each of them waits for. */
export const rulesOfAttributes: ReadonlyMap<string | undefined, readonly Rule[]> = Map.groupBy(
  all.filter(({ source }) => source.from !== 'resource'),
  attributeOf,
);

export const rulesOfResource: ReadonlyMap<string, readonly Rule[]> = Map.groupBy(
  all.filter(({ source }) => source.from === 'resource'),
  ({ source }) => source.name,
);

/** Every attribute that anything looks at. */
export const attributesRead: readonly string[] = [
  ...new Set([
    ...all.flatMap(({ source }) => [
      ...(source.from === undefined ? [source.name] : []),
      ...(source.when ?? []).map(({ attribute }) => attribute),
    ]),
    ...plainOperations.map(({ name }) => name),
  ]),
];

export const resourceAttributesRead: readonly string[] = [...rulesOfResource.keys()];
