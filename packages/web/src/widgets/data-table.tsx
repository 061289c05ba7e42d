import { useVirtualizer } from '@tanstack/react-virtual';
import {
  memo,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactElement,
  type ReactNode,
} from 'react';
import { type ColumnRoom, columnsWidthMin, fitColumns, flexibleMin } from '../model/fit-columns.ts';
import { sortRows, type SortOrder, toggleSort } from '../model/table-sort.ts';
import { ColumnPicker } from './column-picker.tsx';
import { Icon } from './icon.tsx';
import { useColumnWidths } from './use-column-widths.ts';
import { useSize } from './use-size.ts';
import './data-table.css';

export interface Column<T> extends ColumnRoom {
  readonly id: string;
  readonly label: string;
  readonly align?: 'end';
  /** A value that a phone shows beside the first. */
  readonly onPhone?: boolean;
  /** Not shown until asked for. */
  readonly hidden?: boolean;
  readonly render: (row: T) => ReactNode;
  readonly sortBy?: (row: T) => number | string;
}

interface DataTableProps<T> {
  /** Names the table for what a browser remembers of it. */
  readonly id: string;
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly rowKey: (row: T) => string;
  readonly rowHeight?: number;
  readonly selected: number;
  readonly onSelect: (index: number) => void;
  readonly onReachEnd?: () => void;
  /** Comma-separated ids of the shown columns, `undefined` for the usual ones. */
  readonly shownColumns?: string | undefined;
  readonly onShownColumns?: (ids: string | undefined) => void;
  readonly sort?: string | undefined;
  readonly onSort?: (sort: string | undefined) => void;
  /** The rows come in the order of `sort` already: the server sorts all of them, not only what is loaded. */
  readonly isSorted?: boolean;
  readonly rowClass?: (row: T) => string;
  readonly footer?: ReactNode;
}

/** A list of any length: only the rows on the screen exist. Columns can be chosen, resized and sorted by. */
export function DataTable<T>(props: DataTableProps<T>): ReactElement {
  const { columns, rows, selected, onReachEnd } = props;
  const { ref: scroller, size } = useSize<HTMLDivElement>();
  const [sortOrder, setSort] = useSortState(props.sort, props.onSort);
  const shown = useMemo(
    () => chooseColumns(columns, props.shownColumns, size.width),
    [columns, props.shownColumns, size.width],
  );
  const { widths, startResize } = useColumnWidths(props.id, shown);
  const sorted = useMemo(() => {
    const by = columns.find((column) => column.id === sortOrder?.column)?.sortBy;
    return by === undefined || sortOrder === undefined || props.isSorted === true
      ? rows
      : sortRows(rows, by, sortOrder.direction);
  }, [rows, columns, sortOrder, props.isSorted]);
  const rowHeight = props.rowHeight ?? 28;
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    useFlushSync: false,
  });
  const latestSelect = useRef(props.onSelect);
  useEffect(() => {
    latestSelect.current = props.onSelect;
  });
  const onSelect = useCallback((index: number) => latestSelect.current(index), []);
  const items = virtual.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (lastIndex >= sorted.length - 20) onReachEnd?.();
  }, [lastIndex, sorted.length, onReachEnd]);
  useEffect(() => {
    if (selected >= 0 && selected < sorted.length) virtual.scrollToIndex(selected, { align: 'auto' });
    // Follows the selection only, never the arrival of rows.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [selected]);
  const template = shown.map((column) => columnWidth(column, widths)).join(' ');
  const minWidth = columnsWidthMin(shown, ({ id }) => widths[id]);

  return (
    <div className="table-frame">
      {props.onShownColumns !== undefined && (
        <ColumnPicker columns={columns} shown={shown} onShown={props.onShownColumns} />
      )}
      <div
        ref={scroller}
        className="table-scroll"
        role="table"
        aria-label={props.label}
        aria-rowcount={sorted.length + 1}
        tabIndex={-1}
      >
        <div role="rowgroup" className="table-head" style={{ minWidth }}>
          <div role="row" aria-rowindex={1} className="table-row" style={{ gridTemplateColumns: template }}>
            {shown.map((column) => (
              <div
                key={column.id}
                role="columnheader"
                className={column.align === 'end' ? 'table-cell end' : 'table-cell'}
                {...(sortOrder?.column === column.id
                  ? {
                      'aria-sort':
                        sortOrder.direction === 'asc' ? ('ascending' as const) : ('descending' as const),
                    }
                  : {})}
              >
                {column.sortBy === undefined ? (
                  <span className="clip">{column.label}</span>
                ) : (
                  <button
                    type="button"
                    className="table-sort clip"
                    onClick={() => setSort(toggleSort(sortOrder, column.id))}
                  >
                    {column.label}
                    {sortOrder?.column === column.id && (
                      <Icon name={sortOrder.direction === 'asc' ? 'chevronUp' : 'chevronDown'} size={12} />
                    )}
                  </button>
                )}
                {column.width !== undefined && (
                  <span className="table-resize" onPointerDown={(event) => startResize(event, column.id)} />
                )}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="table-body" style={{ height: virtual.getTotalSize(), minWidth }}>
          {items.map((item) => {
            const row = sorted[item.index];
            if (row === undefined) return null;
            return (
              <TableRow
                key={props.rowKey(row)}
                row={row}
                index={item.index}
                startPx={item.start}
                heightPx={rowHeight}
                columns={shown}
                template={template}
                className={props.rowClass?.(row) ?? ''}
                isSelected={item.index === selected}
                onSelect={onSelect}
              />
            );
          })}
        </div>
        {props.footer}
      </div>
    </div>
  );
}

interface TableRowProps<T> {
  readonly row: T;
  readonly index: number;
  readonly startPx: number;
  readonly heightPx: number;
  readonly columns: readonly Column<T>[];
  readonly template: string;
  readonly className: string;
  readonly isSelected: boolean;
  readonly onSelect: (index: number) => void;
}

/** Drawn once while the list scrolls: only rows that come onto the screen are work. */
const TableRow = memo(function TableRow<T>(props: TableRowProps<T>): ReactElement {
  const { row, index, columns, className, isSelected } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`table-row table-item ${className}${isSelected ? ' is-selected' : ''}`}
      style={{
        gridTemplateColumns: props.template,
        height: props.heightPx,
        transform: `translateY(${props.startPx}px)`,
      }}
      onPointerDown={() => props.onSelect(index)}
    >
      {columns.map((column) => (
        <div
          key={column.id}
          role="cell"
          data-column={column.id}
          {...(column.onPhone === true ? { 'data-phone': '' } : {})}
          className={column.align === 'end' ? 'table-cell end' : 'table-cell'}
        >
          {column.render(row)}
        </div>
      ))}
    </div>
  );
}) as <T>(props: TableRowProps<T>) => ReactElement;

function useSortState(
  sort: string | undefined,
  onSort: ((sort: string | undefined) => void) | undefined,
): [SortOrder | undefined, (order: SortOrder | undefined) => void] {
  const [local, setLocal] = useState<string | undefined>(undefined);
  const text = onSort === undefined ? local : sort;
  const order = useMemo(() => parseSort(text), [text]);
  const set = (next: SortOrder | undefined): void =>
    (onSort ?? setLocal)(
      next === undefined ? undefined : `${next.direction === 'desc' ? '-' : ''}${next.column}`,
    );
  return [order, set];
}

function parseSort(text: string | undefined): SortOrder | undefined {
  if (text === undefined || text === '') return undefined;
  return text.startsWith('-')
    ? { column: text.slice(1), direction: 'desc' }
    : { column: text, direction: 'asc' };
}

/** Those that somebody chose, or the usual ones as far as there is room; all of them before the first layout. */
function chooseColumns<T>(
  columns: readonly Column<T>[],
  ids: string | undefined,
  widthPx: number,
): readonly Column<T>[] {
  if (ids === undefined) {
    const usual = columns.filter((column) => column.hidden !== true);
    return widthPx === 0 ? usual : fitColumns(usual, widthPx);
  }
  const wanted = new Set(ids.split(','));
  const chosen = columns.filter((column) => wanted.has(column.id));
  return chosen.length === 0 ? columns.slice(0, 1) : chosen;
}

function columnWidth<T>(column: Column<T>, widths: Readonly<Record<string, number>>): string {
  const dragged = widths[column.id];
  if (dragged !== undefined) return `${dragged}px`;
  const { width, least = width } = column;
  return width === undefined ? `minmax(${least ?? flexibleMin}px, 1fr)` : `minmax(${least}px, ${width}px)`;
}
