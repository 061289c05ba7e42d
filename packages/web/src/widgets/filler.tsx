import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { statusQuery } from '../api/queries.ts';
import type { FilledPage } from '../model/snippets/fillers.ts';
import { useLoaded } from './use-loaded.ts';

const loadCode = async () => (await import('./filler-code.tsx')).FillerCode;

/** Under the words of an empty page: the smallest program that fills it. It comes after the page, which is not slower for it. */
export function Filler({ page }: { readonly page: FilledPage }): ReactElement | null {
  const status = useQuery(statusQuery);
  const FillerCode = useLoaded('filler-code', loadCode);
  if (status.data === undefined || FillerCode === undefined) return null;
  return (
    <div className="filler">
      <FillerCode page={page} status={status.data} />
    </div>
  );
}
