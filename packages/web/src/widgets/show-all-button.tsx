import type { ReactElement } from 'react';
import { formatCount } from '@sightline/base';

/** Under the beginning of a long text: shows the rest of it, or the beginning alone again. */
export function ShowAllButton({
  characters,
  isWhole,
  onChange,
}: {
  readonly characters: number;
  readonly isWhole: boolean;
  readonly onChange: (isWhole: boolean) => void;
}): ReactElement {
  return (
    <button type="button" className="text-button" aria-expanded={isWhole} onClick={() => onChange(!isWhole)}>
      {isWhole ? 'Show less' : `Show all ${formatCount(characters)} characters`}
    </button>
  );
}
