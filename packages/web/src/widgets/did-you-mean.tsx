import { type FilterSignal, findNearField } from '@sightline/schema/filter';
import type { ReactElement } from 'react';

/** Where a filter found nothing and one of its fields is almost a known one: what was probably meant. */
export function DidYouMean({
  filter,
  signal,
  onApply,
}: {
  readonly filter: string;
  readonly signal: FilterSignal;
  readonly onApply: (filter: string) => void;
}): ReactElement | null {
  const near = findNearField(filter, signal);
  if (near === undefined) return null;
  return (
    <p>
      There is no field <code>{near.written}</code>, and no attribute of that name was found. Did you mean{' '}
      <button type="button" className="text-button" onClick={() => onApply(near.filter)}>
        {near.filter}
      </button>
      ?
    </p>
  );
}
