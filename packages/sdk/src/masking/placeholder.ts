/** What stands where something was masked: says what kind it was, never how long. */
export function placeholder(kind: string): string {
  return `[masked:${kind}]`;
}
