/** The sources by what an item must say for them to have a value, so that what it does not say costs nothing. */
import { type FieldName, fieldNames, fields } from './fields.ts';
import { namedOperations } from './named-operations.ts';
import { plainOperations } from './operation-table.ts';
import { awaitedGuard, type Field, isPlain, type Source } from './source.ts';

/** A source with its place among all: sources of a field lie together, in the order in which they are asked. */
export interface Rule {
  readonly place: number;
  readonly field: number;
  readonly source: Source;
  /** The place in `attributesRead` of the attribute whose text is the value; -1 where there is more to it. */
  readonly plain: number;
}

export interface NumberedField extends Field {
  readonly number: number;
}

export const numberedFields = Object.fromEntries(
  fieldNames.map((name, number) => [name, { ...fields[name], number }]),
) as Readonly<Record<FieldName, NumberedField>>;

const sources = Object.values(numberedFields).flatMap((field) =>
  field.sources.map((source) => ({ field: field.number, source })),
);

/** Every attribute that anything looks at. */
export const attributesRead: readonly string[] = [
  ...new Set([
    ...sources.flatMap(({ source }) => [
      ...(source.from === undefined ? [source.name] : []),
      ...(source.when ?? []).map(({ attribute }) => attribute),
    ]),
    ...plainOperations.map(({ name }) => name),
  ]),
];

const rules: readonly Rule[] = sources.map(({ field, source }, place) => ({
  place,
  field,
  source,
  plain: isPlain(source) ? attributesRead.indexOf(source.name) : -1,
}));

export const resourceAttributesRead: readonly string[] = [
  ...new Set(rules.filter(({ source }) => source.from === 'resource').map(({ source }) => source.name)),
];

/** What reads the item's name asks for an attribute first: without one a name says nothing. */
function attributeOf(source: Source): string | undefined {
  if (source.from === 'name') return awaitedGuard(source)?.attribute;
  return source.from === undefined ? source.name : undefined;
}

/** By the place in `attributesRead` of the attribute each of them waits for. */
export const rulesOfAttributes: readonly (readonly Rule[])[] = attributesRead.map((name) =>
  rules.filter(({ source }) => attributeOf(source) === name),
);

/** The same of `resourceAttributesRead`. */
export const rulesOfResource: readonly (readonly Rule[])[] = resourceAttributesRead.map((name) =>
  rules.filter(({ source }) => source.from === 'resource' && source.name === name),
);

/** By the place in `attributesRead` the place in `plainOperations`, or undefined. */
export const plainOperationsOf: readonly (number | undefined)[] = attributesRead.map((name) => {
  const place = plainOperations.findIndex((each) => each.name === name);
  return place < 0 ? undefined : place;
});

/** Names that tell what a span is by themselves, in lower case. */
export const namesRead: readonly string[] = Object.keys(namedOperations);
