/** Values whose name stands beside them instead of above them: `{ name: 'password', value }`, `['password', value]`, `--password value`. */

/** Whether the item at `index` is the value of the name before it. */
export function isNamedBefore(
  items: readonly unknown[],
  index: number,
  isSensitiveKey: (key: string) => boolean,
): boolean {
  if (index === 0) return false;
  const name = items[index - 1];
  return (
    typeof name === 'string' &&
    (name.startsWith('--') || (items.length === 2 && index === 1)) &&
    isSensitiveKey(name)
  );
}

/** Whether a record with this name in it holds a secret as its `value`. */
export function isNamedBeside(key: string, name: unknown, isSensitiveKey: (key: string) => boolean): boolean {
  return key === 'value' && typeof name === 'string' && isSensitiveKey(name);
}

/** A masked key may meet another that looked the same once masked; both values are kept. */
export function freeName(taken: object, name: string): string {
  let free = name;
  for (let count = 2; Object.hasOwn(taken, free); count++) free = `${name} ${count}`;
  return free;
}
