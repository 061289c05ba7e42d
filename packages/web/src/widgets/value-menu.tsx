import { lazy, type ReactElement, type ReactNode } from 'react';
import { loadPart } from '../api/load-part.ts';
import type { IconName } from './icon.tsx';
import { OnDemand } from './on-demand.tsx';
import './value-menu.css';

export interface ValueAction {
  readonly label: string;
  readonly icon: IconName;
  readonly run: () => void;
}

export interface ValueMenuProps {
  /** Read aloud with the value: `http.route`. */
  readonly field: string;
  readonly value: string;
  readonly actions: readonly ValueAction[];
  readonly className?: string;
  readonly children: ReactNode;
}

const load = loadPart(async () => ({ default: (await import('./open-value-menu.tsx')).OpenValueMenu }));
const Whole = lazy(load);

/** Any value on the screen as a way in: filter by it, exclude it, group by it, copy it. */
export function ValueMenu(props: ValueMenuProps): ReactElement {
  return (
    <OnDemand
      load={load}
      trigger={(trigger) => <button type="button" aria-haspopup="menu" {...triggerOf(props)} {...trigger} />}
    >
      <Whole {...props} />
    </OnDemand>
  );
}

/** The trigger is the same before and after the menu is loaded. */
export function triggerOf({ field, value, className, children }: ValueMenuProps) {
  return {
    className: `value-trigger${className === undefined ? '' : ` ${className}`}`,
    'aria-label': `${field}: ${value.slice(0, 120)}. Actions`,
    children,
  };
}
