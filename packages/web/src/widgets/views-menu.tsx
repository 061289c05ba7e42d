import { lazy, type ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import { Button } from './button.tsx';
import { OnDemand } from './on-demand.tsx';

const load = loadPart(async () => ({ default: (await import('./open-views.tsx')).OpenViews }));
const Whole = lazy(load);

/** Saved views of the list that is shown: open one, or save what is seen. */
export function ViewsMenu(): ReactElement {
  return (
    <OnDemand
      load={load}
      trigger={(trigger) => <Button aria-haspopup="dialog" {...viewsTrigger} {...trigger} />}
    >
      <Whole />
    </OnDemand>
  );
}

/** The trigger is the same before and after the views are loaded. */
export const viewsTrigger = { title: 'Saved views', children: 'Views' } as const;
