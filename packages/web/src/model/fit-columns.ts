/** How much room a column of a table asks for. */
export interface ColumnRoom {
  /** Start width in pixels; a column without one takes what is left. */
  readonly width?: number;
  /** What it gives up to, in pixels, before the table scrolls sideways. */
  readonly least?: number;
  /** Shown only where there is room for it; the lowest goes first. */
  readonly yields?: number;
}

/** What a column that takes the rest is left with at least; beyond that the table scrolls sideways. */
export const flexibleMin = 130;
const columnGap = 16;
const rowPadding = 60;

/** The columns that fit `widthPx`: those that yield go, one after the other, until the table need not scroll. */
export function fitColumns<Column extends ColumnRoom>(
  columns: readonly Column[],
  widthPx: number,
): readonly Column[] {
  let shown = columns;
  while (columnsWidthMin(shown) > widthPx) {
    const next = shown.reduce<Column | undefined>(
      (least, column) =>
        column.yields !== undefined && (least?.yields ?? Infinity) > column.yields ? column : least,
      undefined,
    );
    if (next === undefined) break;
    shown = shown.filter((column) => column !== next);
  }
  return shown;
}

export function columnsWidthMin<Column extends ColumnRoom>(
  shown: readonly Column[],
  dragged: (column: Column) => number | undefined = () => undefined,
): number {
  const columns = shown.reduce(
    (sum, column) => sum + (dragged(column) ?? column.least ?? column.width ?? flexibleMin),
    0,
  );
  return columns + columnGap * (shown.length - 1) + rowPadding;
}
