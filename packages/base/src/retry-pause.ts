/** How long to leave a receiver alone after so many failures in a row: doubling from `firstMs` up to `longestMs`, and up to a quarter more or less, so that many do not return at once. */
export function retryPauseMs(
  failures: number,
  { firstMs, longestMs }: { readonly firstMs: number; readonly longestMs: number },
): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(20, failures - 1)) * (0.75 + Math.random() / 2);
}
