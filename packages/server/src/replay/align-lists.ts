/** Two lists side by side: pairs that are the same, and what only one of them has, in order (the longest common subsequence). */
export interface Aligned {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** Two lists of 4,000 that have nothing in common; longer ones are taken as replaced where they differ. 60 ms. */
const cellsMax = 16_000_000;

export function alignLists(before: readonly string[], after: readonly string[]): Aligned[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const pairs: Aligned[] = [];
  for (let at = 0; at < start; at++) pairs.push({ before: at, after: at });
  const rows = before.length - end - start;
  const columns = after.length - end - start;
  const width = columns + 1;
  const aligns = rows * columns <= cellsMax;
  const lengths = new Uint16Array(aligns ? (rows + 1) * width : 0);
  for (let row = rows - 1; aligns && row >= 0; row--)
    for (let column = columns - 1; column >= 0; column--) {
      const here = row * width + column;
      lengths[here] =
        before[start + row] === after[start + column]
          ? (lengths[here + width + 1] ?? 0) + 1
          : Math.max(lengths[here + width] ?? 0, lengths[here + 1] ?? 0);
    }
  let row = 0;
  let column = 0;
  while (row < rows || column < columns) {
    const here = row * width + column;
    if (aligns && row < rows && column < columns && before[start + row] === after[start + column])
      pairs.push({ before: start + row++, after: start + column++ });
    else if (row < rows && (column >= columns || (lengths[here + width] ?? 0) >= (lengths[here + 1] ?? 0)))
      pairs.push({ before: start + row++, after: undefined });
    else pairs.push({ before: undefined, after: start + column++ });
  }
  for (let at = end; at > 0; at--) pairs.push({ before: before.length - at, after: after.length - at });
  return pairs;
}
