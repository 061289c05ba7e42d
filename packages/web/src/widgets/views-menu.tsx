import { useQueryClient } from '@tanstack/react-query';
import { lazy, useEffect, type ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import { Button } from './button.tsx';
import { OnDemand } from './on-demand.tsx';
import { usePathname, useUrlState, withoutEmpty } from './url-state.ts';

const load = loadPart(async () => ({ default: (await import('./open-views.tsx')).OpenViews }));
const Whole = lazy(load);

/** Saved views of the list that is shown: open one, or save what is seen. */
export function ViewsMenu(): ReactElement {
  useDefaultView();
  return (
    <OnDemand
      load={load}
      trigger={(trigger) => <Button aria-haspopup="dialog" {...viewsTrigger} {...trigger} />}
    >
      <Whole />
    </OnDemand>
  );
}

/** An address that says no more than a time opens the default view of its list, once. */
function useDefaultView(): void {
  const page = usePathname();
  const { search, patch } = useUrlState();
  const client = useQueryClient();
  useEffect(() => {
    const said = Object.keys(withoutEmpty(search));
    if (said.some((name) => name !== 'from' && name !== 'to')) return undefined;
    let isGone = false;
    void import('./default-view.ts')
      .then(async ({ readDefaultView }) => readDefaultView(client, page))
      .then((view) => {
        if (view !== undefined && !isGone) patch({ ...view.search, ...withoutEmpty(search) }, 'replace');
      })
      .catch(() => undefined);
    return () => {
      isGone = true;
    };
    // What the address says later is what somebody asked for.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [page]);
}

/** The trigger is the same before and after the views are loaded. */
export const viewsTrigger = { title: 'Saved views', children: 'Views' } as const;
