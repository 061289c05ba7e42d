import type { RowFormat } from '@sightline/schema/api';
import { useMutation } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import type { Parameters } from '../api/client.ts';
import { saveRows, type SavedList } from '../api/save-rows.ts';
import { FormatButtons } from './format-buttons.tsx';

/** Saves every row that the list has, not only those that were scrolled to. */
export function SaveRows(props: { readonly list: SavedList; readonly asked: Parameters }): ReactElement {
  const { list, asked } = props;
  const save = useMutation({ mutationFn: async (format: RowFormat) => saveRows(list, format, asked) });
  return (
    <FormatButtons
      label={`Save all ${list}`}
      isBusy={save.isPending}
      failed={save.error === null ? undefined : { format: save.variables, error: save.error }}
      onSave={(format) => save.mutate(format)}
    />
  );
}
