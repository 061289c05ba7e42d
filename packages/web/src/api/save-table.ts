import type { RowFormat } from '@sightline/schema/api';
import { saveFile } from './save-file.ts';

interface TableFile {
  readonly name: string;
  readonly format: RowFormat;
  readonly rows: readonly object[];
}

/** Saves rows that are in the page already, as the server writes those of lists. What writes them is loaded when it is wanted. */
export async function saveTable({ name, format, rows }: TableFile): Promise<void> {
  const { rowWriters } = await import('@sightline/schema/rows');
  const { contentType, extension, head, rows: write } = rowWriters[format];
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const text =
    head(columns) +
    write(
      columns,
      rows.map((row) => ({ ...row })),
    );
  saveFile(
    `${name.replaceAll(/[^\p{L}\p{N}.-]+/gu, '-').toLowerCase()}.${extension}`,
    new Blob([text], { type: contentType }),
  );
}
