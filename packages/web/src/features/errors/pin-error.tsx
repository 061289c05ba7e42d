import type { ReactElement } from 'react';
import { PinThis } from '../../widgets/pin-this.tsx';

/** Pins how often an error happens. */
export function PinError(props: {
  readonly id: string;
  readonly name: string;
  readonly label: string;
}): ReactElement {
  const { id, name, label } = props;
  return (
    <PinThis
      name={label}
      pin={async () => (await import('../../model/pinned-chart.ts')).pinOfError({ id, name })}
    />
  );
}
