import { lazy, Suspense, useState, type ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import type { PinnedChart } from '../model/pinned-chart.ts';
import { IconButton } from './button.tsx';

interface PinThisProps {
  /** What is pinned, as it is read aloud. */
  readonly name: string;
  /** Made when it is asked for: no chart waits for it. */
  readonly pin: () => Promise<PinnedChart>;
  readonly tabIndex?: number;
}

const PinDialog = lazy(loadPart(async () => ({ default: (await import('./pin-dialog.tsx')).PinDialog })));

/** From a chart to a panel of a dashboard that goes on drawing it. */
export function PinThis({ name, pin, tabIndex }: PinThisProps): ReactElement {
  const [chart, setChart] = useState<PinnedChart | undefined>(undefined);
  return (
    <>
      <IconButton
        icon="pin"
        label={`Pin this to a dashboard: ${name}`}
        {...(tabIndex === undefined ? {} : { tabIndex })}
        onClick={() => void pin().then(setChart)}
      />
      {chart !== undefined && (
        <Suspense>
          <PinDialog chart={chart} onClose={() => setChart(undefined)} />
        </Suspense>
      )}
    </>
  );
}
