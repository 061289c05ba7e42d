export function isTraceId(text: string): boolean {
  return /^[0-9a-f]{32}$/i.test(text);
}
