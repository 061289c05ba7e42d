import { cutText, padText, textWidth } from './text-width.ts';

export interface Column<Row> {
  readonly title: string;
  /** Plain text; `paint` colours it after it is measured and cut. */
  readonly text: (row: Row) => string;
  readonly paint?: (text: string, row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Gives way when the terminal is narrow, the widest of several first. */
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
  if (width !== undefined) fitFlexible(widths, columns, width - gap.length * (columns.length - 1));
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

/** Shares what the other columns leave among the flexible ones: each gets what it needs, or as much as those that need more. */
function fitFlexible<Row>(widths: number[], columns: readonly Column<Row>[], width: number): void {
  const indexes = columns.flatMap((column, index) => (column.flexible === true ? [index] : []));
  const own = (index: number): number => widths[index] ?? 0;
  let left = width - widths.reduce((sum, each, index) => (indexes.includes(index) ? sum : sum + each), 0);
  const narrowestFirst = indexes.toSorted((a, b) => own(a) - own(b));
  for (const [place, index] of narrowestFirst.entries()) {
    const share = Math.max(flexibleWidthMin, Math.floor(left / (narrowestFirst.length - place)));
    widths[index] = Math.min(own(index), share);
    left -= own(index);
  }
}
