import { useMemo } from 'react';
import { exactFilters, type ExactFilter } from '../api/agent-queries.ts';
import { useUrlState } from './url-state.ts';

export interface ExactFilters {
  /** Those that are set. */
  readonly values: Readonly<Partial<Record<ExactFilter | 'status', string>>>;
  readonly set: (name: ExactFilter | 'status', value: string | undefined) => void;
}

/** `?model=gpt-5.4&user=anna`: what a chart or another page narrowed this one to. */
export function useExactFilters(): ExactFilters {
  const { search, patch } = useUrlState();
  const text = JSON.stringify([...exactFilters, 'status' as const].map((name) => [name, search[name]]));
  const values = useMemo(
    () =>
      Object.fromEntries(
        (JSON.parse(text) as [string, string | null][]).filter(([, value]) => value !== null && value !== ''),
      ) as ExactFilters['values'],
    [text],
  );
  return { values, set: (name, value) => patch({ [name]: value, sel: undefined }) };
}
