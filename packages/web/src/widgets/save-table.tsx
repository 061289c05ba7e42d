import type { RowFormat } from '@sightline/schema/api';
import { useMutation } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { saveTable } from '../api/save-table.ts';
import { FormatButtons } from './format-buttons.tsx';
import './save-table.css';

interface SaveTableProps {
  /** What the rows are, in words that name the file, too. */
  readonly name: string;
  /** As the API has them: raw numbers, and whatever a row holds. */
  readonly rows: readonly object[];
}

/** Saves the rows of a table that the page has whole. Lists that come page by page have `SaveRows`. */
export function SaveTable({ name, rows }: SaveTableProps): ReactElement | null {
  const save = useMutation({ mutationFn: async (format: RowFormat) => saveTable({ name, format, rows }) });
  if (rows.length === 0) return null;
  return (
    <div className="save-table">
      <FormatButtons
        label={`Save ${name}`}
        isBusy={save.isPending}
        failed={save.error === null ? undefined : { format: save.variables, error: save.error }}
        onSave={(format) => save.mutate(format)}
      />
    </div>
  );
}
