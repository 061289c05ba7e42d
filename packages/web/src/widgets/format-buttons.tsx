import type { RowFormat } from '@sightline/schema/api';
import type { ReactElement } from 'react';
import { Button } from './button.tsx';

const formats = [
  ['csv', 'CSV', 'a table for spreadsheets'],
  ['jsonl', 'JSON', 'JSON, a line for each row'],
  ['markdown', 'MD', 'a table in Markdown'],
] as const satisfies readonly (readonly [RowFormat, string, string])[];

interface FormatButtonsProps {
  /** `Save all runs`. */
  readonly label: string;
  readonly isBusy: boolean;
  readonly failed: { readonly format: RowFormat; readonly error: Error } | undefined;
  readonly onSave: (format: RowFormat) => void;
}

/** A button for each format in which rows are saved. */
export function FormatButtons({ label, isBusy, failed, onSave }: FormatButtonsProps): ReactElement {
  return (
    <div className="segmented" role="group" aria-label={label}>
      {formats.map(([format, short, what]) => {
        const problem = failed?.format === format ? failed.error : undefined;
        return (
          <Button
            key={format}
            disabled={isBusy}
            title={problem === undefined ? `${label} as ${what}` : `Not saved: ${problem.message}`}
            {...(problem === undefined ? {} : { icon: 'warning' as const })}
            onClick={() => onSave(format)}
          >
            {short}
          </Button>
        );
      })}
    </div>
  );
}
