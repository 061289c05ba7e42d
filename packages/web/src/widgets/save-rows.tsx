import type { RowFormat } from '@sightline/schema/api';
import { useMutation } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import type { Parameters } from '../api/client.ts';
import { saveRows, type SavedList } from '../api/save-rows.ts';
import { Button } from './button.tsx';

const formats = [
  ['csv', 'CSV', 'a table for spreadsheets'],
  ['jsonl', 'JSON', 'JSON, a line for each row'],
  ['markdown', 'MD', 'a table in Markdown'],
] as const satisfies readonly (readonly [RowFormat, string, string])[];

/** Saves every row that the list has, not only those that were scrolled to. */
export function SaveRows(props: { readonly list: SavedList; readonly asked: Parameters }): ReactElement {
  const { list, asked } = props;
  const save = useMutation({ mutationFn: async (format: RowFormat) => saveRows(list, format, asked) });
  return (
    <div className="segmented" role="group" aria-label={`Save all ${list}`}>
      {formats.map(([format, label, what]) => {
        const isFailed = save.error !== null && save.variables === format;
        return (
          <Button
            key={format}
            disabled={save.isPending}
            title={isFailed ? `Not saved: ${save.error.message}` : `Save all ${list} as ${what}`}
            {...(isFailed ? { icon: 'warning' as const } : {})}
            onClick={() => save.mutate(format)}
          >
            {label}
          </Button>
        );
      })}
    </div>
  );
}
