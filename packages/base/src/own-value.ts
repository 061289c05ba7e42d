/** Looks a name from outside up in a table. `table[name]` would also find what every object has, such as "constructor". */
export function ownValue<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
