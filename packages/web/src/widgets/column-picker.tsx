import { lazy, type ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import { Icon } from './icon.tsx';
import { OnDemand } from './on-demand.tsx';

export interface PickedColumn {
  readonly id: string;
  readonly label: string;
  readonly hidden?: boolean;
}

export interface ColumnPickerProps {
  readonly columns: readonly PickedColumn[];
  readonly shown: readonly PickedColumn[];
  readonly onShown: (ids: string | undefined) => void;
}

const load = loadPart(async () => ({ default: (await import('./open-column-picker.tsx')).OpenColumnPicker }));
const Whole = lazy(load);

/** Which columns of a table are shown. */
export function ColumnPicker(props: ColumnPickerProps): ReactElement {
  return (
    <OnDemand
      load={load}
      trigger={(trigger) => <button type="button" aria-haspopup="menu" {...columnsTrigger} {...trigger} />}
    >
      <Whole {...props} />
    </OnDemand>
  );
}

/** The trigger is the same before and after the menu is loaded. */
export const columnsTrigger = {
  className: 'icon-button table-columns',
  'aria-label': 'Choose columns',
  title: 'Choose columns',
  children: <Icon name="columns" size={14} />,
} as const;
