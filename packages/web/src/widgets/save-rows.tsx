import type { RowFormat } from '@sightline/schema/api';
import { useMutation } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import type { Parameters } from '../api/client.ts';
import { saveRows, type SavedList } from '../api/save-rows.ts';
import { FormatButtons } from './format-buttons.tsx';

/** Saves every row that the list has, not only those that were scrolled to. */
export function SaveRows(props: { readonly list: SavedList; readonly asked: Parameters }): ReactElement {
  return <SaveFile label={`Save all ${props.list}`} path={`/export/${props.list}`} asked={props.asked} />;
}

interface SaveFileProps {
  /** `Save all runs`. */
  readonly label: string;
  /** Of the API; it takes `format`. */
  readonly path: string;
  readonly asked: Parameters;
}

/** Saves what the server writes, in each format. */
export function SaveFile({ label, path, asked }: SaveFileProps): ReactElement {
  const save = useMutation({ mutationFn: async (format: RowFormat) => saveRows(path, format, asked) });
  return (
    <FormatButtons
      label={label}
      isBusy={save.isPending}
      failed={save.error === null ? undefined : { format: save.variables, error: save.error }}
      onSave={(format) => save.mutate(format)}
    />
  );
}
