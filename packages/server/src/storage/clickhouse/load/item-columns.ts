import type { ErrorColumns } from './error-columns.ts';
import type { Column } from './native-columns.ts';
import type { OriginColumns } from './origin-columns.ts';

/** A table's columns, filled item by item from the bytes of a segment. */
export interface ItemColumns {
  readonly origin: OriginColumns;
  /** What went wrong with the items. */
  readonly errors: ErrorColumns;
  /** Those of agents among the items. */
  readonly steps: { readonly rows: number; readonly columns: Readonly<Record<string, Column>> };
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
  /** Appends the row of the item at `start`. Throws where that cannot be one; the columns are of no worth then. */
  append(start: number, end: number): void;
}
