/** What a table says of a name that came from outside. `table[name]` would also find what every object has, as under "constructor". */
export function ownValue<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
