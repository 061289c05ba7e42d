import { useMemo, useState, type ReactElement } from 'react';
import type { Column } from './data-table.tsx';
import { PageLink } from './page-link.tsx';
import { carriedSearch, type UrlSearch, withoutEmpty } from './url-state.ts';
import './compare-picks.css';

interface ComparePicks<Row> {
  /** A box in each row. */
  readonly column: Column<Row>;
  /** Leads to the comparison: of the two that are ticked, or of what the list shows. */
  readonly link: ReactElement;
}

/** Two rows of a list of traces or runs ticked, to be compared. A third takes the place of the first. */
export function useComparePicks<Row extends { readonly traceId: string }>(
  search: UrlSearch,
  /** What the list shows, as filters of the comparison. */
  listed: { readonly q: string | undefined; readonly a?: string | undefined },
): ComparePicks<Row> {
  const [picked, setPicked] = useState<readonly string[]>([]);
  const column = useMemo(
    (): Column<Row> => ({
      id: 'compare',
      label: 'A, B',
      width: 52,
      least: 52,
      align: 'end',
      render: ({ traceId }) => {
        const place = picked.indexOf(traceId);
        return (
          <label className="compare-pick" onPointerDown={(event) => event.stopPropagation()}>
            <span aria-hidden="true">{place === -1 ? '' : 'AB'[place]}</span>
            <input
              type="checkbox"
              checked={place !== -1}
              aria-label="Compare this one"
              onChange={() =>
                setPicked((before) =>
                  before.includes(traceId)
                    ? before.filter((each) => each !== traceId)
                    : [...before, traceId].slice(-2),
                )
              }
            />
          </label>
        );
      },
    }),
    [picked],
  );
  const [a, b] = picked;
  const target =
    a !== undefined && b !== undefined
      ? { ...carriedSearch(search), aTraces: a, bTraces: b }
      : { ...carriedSearch(search), ...listed };
  return {
    column,
    link: (
      <PageLink
        to="/compare"
        search={withoutEmpty(target)}
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
