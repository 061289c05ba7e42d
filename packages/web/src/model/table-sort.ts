export interface SortOrder {
  readonly column: string;
  readonly direction: 'asc' | 'desc';
}

/** Largest first, then smallest first, then as they came. */
export function toggleSort(order: SortOrder | undefined, column: string): SortOrder | undefined {
  if (order?.column !== column) return { column, direction: 'desc' };
  return order.direction === 'desc' ? { column, direction: 'asc' } : undefined;
}

/** Sorted copy; equal rows keep their order. */
export function sortRows<T>(
  rows: readonly T[],
  by: (row: T) => number | string,
  direction: SortOrder['direction'],
): readonly T[] {
  const sign = direction === 'asc' ? 1 : -1;
  return rows
    .map((row) => ({ row, key: by(row) }))
    .sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : 0))
    .map(({ row }) => row);
}
