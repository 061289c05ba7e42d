import { cutText, padText, textWidth } from './text-width.ts';

export interface Column<Row> {
  readonly title: string;
  /** Plain text; `paint` colours it after it is measured and cut. */
  readonly text: (row: Row) => string;
  readonly paint?: (text: string, row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Gives way when the terminal is narrow. One column at most. */
  readonly flexible?: boolean;
}

const gap = '  ';
const flexibleWidthMin = 12;

/** Rows under their titles. `width` undefined (a pipe): nothing is cut. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, title }: { readonly width: number | undefined; readonly title: (text: string) => string },
): string[] {
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map((column, index) =>
    cells.reduce((max, row) => Math.max(max, textWidth(row[index] ?? '')), textWidth(column.title)),
  );
  const flexible = columns.findIndex((column) => column.flexible === true);
  if (width !== undefined && flexible !== -1) {
    const total = widths.reduce((sum, w) => sum + w, 0) + gap.length * (columns.length - 1);
    const own = widths[flexible] ?? 0;
    if (total > width) widths[flexible] = Math.max(flexibleWidthMin, own - (total - width));
  }
  const renderLine = (texts: readonly string[], row: Row | undefined): string =>
    columns
      .map((column, index) => {
        const columnWidth = widths[index] ?? 0;
        const text = cutText(texts[index] ?? '', columnWidth);
        const padded = padText(text, columnWidth, column.align);
        return row === undefined || column.paint === undefined ? padded : column.paint(padded, row);
      })
      .join(gap)
      .trimEnd();
  const header = renderLine(
    columns.map((column) => column.title),
    undefined,
  );
  return [title(header), ...rows.map((row, index) => renderLine(cells[index] ?? [], row))];
}
