/** SQL over attributes as `otlp-format.ts` reads them: a Map from key to a tuple of the possible kinds. */

/** The value as text, '' where it is empty. `coalesce` over all kinds is faster here than branches. */
export const valueText = (value: string): string =>
  `coalesce(${value}.s, toString(${value}.i), toString(${value}.d), toString(${value}.b), ${value}.j, base64Encode(${value}.y), '')`;

/** One letter per kind; `n` for a value with nothing set. */
export const valueType = (value: string): string =>
  `multiIf(isNotNull(${value}.s), 's', isNotNull(${value}.i), 'i', isNotNull(${value}.d), 'd', isNotNull(${value}.b), 'b', isNotNull(${value}.j), 'j', isNotNull(${value}.y), 'y', 'n')`;

export const mapText = (attributes: string): string =>
  `mapFromArrays(mapKeys(${attributes}), arrayMap(v -> ${valueText('v')}, mapValues(${attributes})))`;

export const mapTypes = (attributes: string): string =>
  `arrayStringConcat(arrayMap(v -> ${valueType('v')}, mapValues(${attributes})))`;

export const timeOf = (unixNano: string): string => `fromUnixTimestamp64Nano(toInt64(${unixNano}), 'UTC')`;

/** An id of exactly `bytes` bytes, or zeros: the receiver clears ids of another length. */
export const idOf = (id: string, bytes: 8 | 16): string =>
  `toFixedString(if(length(${id}) = ${bytes}, ${id}, ''), ${bytes})`;

/** When rows are read. */
export const storedTime = `nowInBlock64(3, 'UTC')`;
