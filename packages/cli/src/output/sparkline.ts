const levels = '▁▂▃▄▅▆▇█';

/** A line of blocks from 0 (or the least value) to the largest; a gap where nothing was measured. */
export function renderSparkline(values: readonly (number | null)[], width: number): string {
  const columns = fitColumns(values, width);
  const known = columns.filter((value) => value !== null);
  if (known.length === 0) return '';
  const top = Math.max(...known);
  const bottom = Math.min(0, ...known);
  return columns
    .map((value) => {
      if (value === null) return ' ';
      const part = top === bottom ? 0 : (value - bottom) / (top - bottom);
      return levels[Math.min(levels.length - 1, Math.floor(part * levels.length))] ?? '';
    })
    .join('');
}

/** Each column is the average of the points it covers. */
function fitColumns(values: readonly (number | null)[], width: number): (number | null)[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * values.length) / width);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / width));
    const known = values.slice(from, to).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}
