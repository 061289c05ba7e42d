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
