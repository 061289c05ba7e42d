import Papa from 'papaparse';
import type { NewDatasetItem } from '../api/datasets.ts';

type WrittenItem = Omit<NewDatasetItem, 'source'> & { readonly source?: unknown };

/** As `readItemsFile` reads them. Cells of CSV are text as it is where the value is text that reads as nothing else, otherwise JSON. */
export function itemsAsText(
  items: readonly WrittenItem[],
  { format, withHead }: { readonly format: 'jsonl' | 'csv'; readonly withHead: boolean },
): string {
  if (format === 'jsonl')
    return items
      .map(({ id, input, expected, metadata, split, source = null }) => {
        const line = { id, input, expected, metadata, split, ...(source === null ? {} : { source }) };
        return `${JSON.stringify(line)}\n`;
      })
      .join('');
  const rows = items.map(({ id = '', input, expected, metadata, split }) => [
    id,
    cellOf(input),
    expected === null ? '' : cellOf(expected),
    Object.keys(metadata).length === 0 ? '' : JSON.stringify(metadata),
    split,
  ]);
  const head = withHead ? [['id', 'input', 'expected', 'metadata', 'split']] : [];
  const text = Papa.unparse([...head, ...rows], { newline: '\n' });
  return text === '' ? '' : `${text}\n`;
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
