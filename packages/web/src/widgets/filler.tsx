import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, type ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import { statusQuery } from '../api/queries.ts';
import type { FilledPage } from '../model/snippets/fillers.ts';
import { SkeletonRows } from './states.tsx';

const FillerCode = lazy(loadPart(async () => ({ default: (await import('./filler-code.tsx')).FillerCode })));

/** Under the words of an empty page: the smallest program that fills it. It comes after the page, which is not slower for it. */
export function Filler({ page }: { readonly page: FilledPage }): ReactElement | null {
  const status = useQuery(statusQuery);
  if (status.data === undefined) return null;
  return (
    <div className="filler">
      <Suspense fallback={<SkeletonRows count={4} />}>
        <FillerCode page={page} status={status.data} />
      </Suspense>
    </div>
  );
}
