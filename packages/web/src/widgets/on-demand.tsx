import { Suspense, useState, type KeyboardEvent, type ReactElement, type ReactNode } from 'react';

/** What makes a button the trigger of something that is not loaded yet. */
export interface TriggerProps {
  readonly 'aria-expanded': false;
  readonly onClick: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onPointerEnter: () => void;
  readonly onFocus: () => void;
}

interface OnDemandProps {
  /** Begins to load the whole; called when somebody comes near. */
  readonly load: () => Promise<unknown>;
  /** The trigger until then. */
  readonly trigger: (props: TriggerProps) => ReactElement;
  /** The whole, trigger and all: a lazy component that is open at first. */
  readonly children: ReactNode;
}

/** A menu or the like that is loaded when it is first opened, so that pages come without it. */
export function OnDemand({ load, trigger, children }: OnDemandProps): ReactElement {
  const [isWanted, setWanted] = useState(false);
  // Where it cannot be had, the click tells.
  const prepare = (): void => void load().catch(() => undefined);
  const plain = trigger({
    'aria-expanded': false,
    onClick: () => setWanted(true),
    onKeyDown: (event) => {
      if (event.key !== 'ArrowDown') return;
      event.preventDefault();
      setWanted(true);
    },
    onPointerEnter: prepare,
    onFocus: prepare,
  });
  return isWanted ? <Suspense fallback={plain}>{children}</Suspense> : plain;
}
