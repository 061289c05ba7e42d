import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { loadPart } from '../api/load-part.ts';
import { statusQuery } from '../api/queries.ts';
import type { FilledPage } from '../model/snippets/fillers.ts';

/** A query, and no lazy component: React shows what a boundary waited for 300 ms after its last fallback at the earliest. */
const codeQuery = {
  queryKey: ['filler-code'],
  queryFn: loadPart(async () => (await import('./filler-code.tsx')).FillerCode),
  staleTime: Infinity,
};

/** Under the words of an empty page: the smallest program that fills it. It comes after the page, which is not slower for it. */
export function Filler({ page }: { readonly page: FilledPage }): ReactElement | null {
  const status = useQuery(statusQuery);
  const { data: FillerCode } = useQuery(codeQuery);
  if (status.data === undefined || FillerCode === undefined) return null;
  return (
    <div className="filler">
      <FillerCode page={page} status={status.data} />
    </div>
  );
}
