export function sqlString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export const sqlList = (items: readonly string[]) => items.map(sqlString).join(', ');

/** An array of texts without line breaks as one literal, which the engine plans faster than one of hundreds. */
export const wordsSql = (items: readonly string[]) =>
  items.length === 0 ? `CAST([], 'Array(String)')` : `splitByChar('\\n', ${sqlString(items.join('\n'))})`;

/** The same of numbers. */
export const numbersSql = (items: readonly number[], type: 'UInt8' | 'UInt16' | 'Float64') =>
  `CAST('[${items.join(',')}]', 'Array(${type})')`;

/**
 * For each element of an array whether it is in another. A lambda that looks into an array is given a copy of it for every element, so that `has` in a lambda takes a gigabyte
 * where a trace has ten thousand calls.
 */
export function membersSql(elements: string, of: string): string {
  const numbers = `arraySlice(arrayEnumerateDense(arrayConcat(${of}, ${elements})), length(${of}) + 1)`;
  return bind('known_', `length(arrayDistinct(${of}))`, `arrayMap(number_ -> number_ <= known_, ${numbers})`);
}

// Arrays of one element bind names.
export const bind = (name: string, value: string, body: string): string =>
  `arrayMap(${name} -> ${body}, [${value}])[1]`;
