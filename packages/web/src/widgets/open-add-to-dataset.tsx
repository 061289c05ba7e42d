import { lazy, Suspense, useState, type ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import { Button } from './button.tsx';

const Dialog = lazy(
  loadPart(async () => ({ default: (await import('./add-to-dataset.tsx')).AddToDatasetDialog })),
);

/** The button; its dialog comes when it is pressed. */
export function AddToDataset({
  from,
  what,
}: {
  readonly from: () => Promise<readonly { readonly traceId: string; readonly spanId?: string }[]>;
  /** Such as `the run`. */
  readonly what: string;
}): ReactElement {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button title={`Add ${what} to a dataset`} onClick={() => setIsOpen(true)}>
        Add to dataset
      </Button>
      {isOpen && (
        <Suspense>
          <Dialog from={from} what={what} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
