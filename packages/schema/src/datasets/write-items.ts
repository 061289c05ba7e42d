import Papa from 'papaparse';
import type { NewDatasetItem } from '../api/datasets.ts';
import type { RowFormat } from '../api/row-files.ts';
import { type Row, rowWriters } from '../rows/row-writers.ts';

type WrittenItem = Omit<NewDatasetItem, 'source'> & { readonly source?: unknown };

const columns = ['id', 'input', 'expected', 'metadata', 'split'] as const;

/** JSON lines and CSV as `readItemsFile` reads them, and a table in Markdown. Cells of CSV are text as it is where the value is text that reads as nothing else, otherwise JSON. */
export function itemsAsText(
  items: readonly WrittenItem[],
  { format, withHead }: { readonly format: RowFormat; readonly withHead: boolean },
): string {
  if (format === 'jsonl')
    return items
      .map(({ id, input, expected, metadata, split, source = null }) => {
        const line = { id, input, expected, metadata, split, ...(source === null ? {} : { source }) };
        return `${JSON.stringify(line)}\n`;
      })
      .join('');
  if (format === 'markdown') {
    const { head: headOf, rows: rowsOf } = rowWriters.markdown;
    return `${withHead ? headOf(columns) : ''}${rowsOf(columns, items.map(readable))}`;
  }
  const rows = items.map(({ id = '', input, expected, metadata, split }) => [
    id,
    cellOf(input),
    expected === null ? '' : cellOf(expected),
    Object.keys(metadata).length === 0 ? '' : JSON.stringify(metadata),
    split,
  ]);
  const head = withHead ? [[...columns]] : [];
  const text = Papa.unparse([...head, ...rows], { newline: '\n' });
  return text === '' ? '' : `${text}\n`;
}

function readable({ metadata, ...item }: WrittenItem): Row {
  return { ...item, metadata: Object.keys(metadata).length === 0 ? null : metadata };
}

function cellOf(value: unknown): string {
  if (typeof value === 'string' && value !== '' && !readsAsJson(value)) return value;
  return JSON.stringify(value);
}

export function readsAsJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
