/** The name, or with a number behind it where it is taken. */
export function freeName(name: string, taken: readonly string[]): string {
  const plain = name.slice(0, 110);
  if (!taken.includes(plain)) return plain;
  for (let number = 2; ; number++) {
    const numbered = `${plain} ${number}`;
    if (!taken.includes(numbered)) return numbered;
  }
}
