import { useMemo, useState, type ReactElement } from 'react';
import type { Column } from './data-table.tsx';
import { listedRuns } from '../model/compare-words.ts';
import type { ListPageState } from './list-page.tsx';
import { PageLink } from './page-link.tsx';
import { carriedSearch, type UrlSearch, withoutEmpty } from './url-state.ts';
import './compare-picks.css';

interface ComparePicks<Row> {
  /** A box in each row. */
  readonly column: Column<Row>;
  /** Leads to the comparison: of the two that are ticked, or of what the list shows. */
  readonly link: ReactElement;
}

/** Filters of a comparison that stand for what a list shows. */
interface Listed {
  readonly q: string | undefined;
  readonly a?: string | undefined;
}

const traceIdOf = ({ traceId }: { readonly traceId: string }): string => traceId;

/** Two rows of a list of traces or runs ticked, to be compared. */
export function useComparePicks<Row extends { readonly traceId: string }>(
  search: UrlSearch,
  listed: Listed,
): ComparePicks<Row> {
  return usePicks<Row>(traceIdOf, (a, b) => ({
    ...carriedSearch(search),
    ...(a === undefined || b === undefined ? listed : { aTraces: a, bTraces: b }),
  }));
}

/** Two rows of a list of what has many runs, such as sessions: each row by the filter that finds its runs. One ticked row is compared with the rest. */
export function useGroupPicks<Row>(
  { question, filters }: ListPageState,
  filterOf: (row: Row) => string,
): ComparePicks<Row> {
  const { search, filter } = question;
  const listed = listedRuns(filter, filters.values);
  return usePicks<Row>(filterOf, (a, b) => ({ ...carriedSearch(search), ...listed, a: a ?? listed.a, b }));
}

/** A third takes the place of the first. */
function usePicks<Row>(
  keyOf: (row: Row) => string,
  searchOf: (a: string | undefined, b: string | undefined) => UrlSearch,
): ComparePicks<Row> {
  const [picked, setPicked] = useState<readonly string[]>([]);
  const column = useMemo(
    (): Column<Row> => ({
      id: 'compare',
      label: 'A, B',
      width: 52,
      least: 52,
      align: 'end',
      render: (row) => {
        const key = keyOf(row);
        const place = picked.indexOf(key);
        return (
          <label className="compare-pick above-link" onPointerDown={(event) => event.stopPropagation()}>
            <span aria-hidden="true">{place === -1 ? '' : 'AB'[place]}</span>
            <input
              type="checkbox"
              checked={place !== -1}
              aria-label="Compare this one"
              onChange={() =>
                setPicked((before) =>
                  before.includes(key) ? before.filter((each) => each !== key) : [...before, key].slice(-2),
                )
              }
            />
          </label>
        );
      },
    }),
    [picked, keyOf],
  );
  const [a, b] = picked;
  return {
    column,
    link: (
      <PageLink
        to="/compare"
        search={withoutEmpty(searchOf(a, b))}
        className="button button-plain"
        title={
          b === undefined
            ? 'What tells some of these from the rest. Tick two rows to compare them.'
            : 'Compare the two ticked'
        }
      >
        {picked.length === 0
          ? 'Compare'
          : picked.length === 1
            ? 'Compare: tick one more'
            : 'Compare A with B'}
      </PageLink>
    ),
  };
}
