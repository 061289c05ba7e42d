import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactElement } from 'react';
import { facetsQuery } from '../../api/queries.ts';
import { addTerm, toggleTerm } from '../../model/filter-text.ts';
import {
  type AmountFacet,
  amountFacets,
  exactFacet,
  exactFacets,
  facetFilter,
  hasAmount,
  runFacetLabels,
  scoreFieldsOf,
  toggleAmount,
} from '../../model/run-facets.ts';
import { FacetsPanel } from '../../widgets/facets-panel.tsx';
import { Icon } from '../../widgets/icon.tsx';
import type { ListPageState } from '../../widgets/list-page.tsx';
import { useKept } from '../../widgets/use-kept.ts';
import { useLoadedRuns } from './use-loaded-runs.ts';

/** What the runs are made of, beside their list: each value narrows it. */
export function RunFacets({ state }: { readonly state: ListPageState }): ReactElement {
  const { question, filters } = state;
  const { filter, range, asOf, setFilter } = question;
  const { shown, asked } = facetFilter(filter, filters.values);
  const facets = useQuery(
    facetsQuery(
      { ...range, q: asked, signal: 'traces', fields: Object.keys(runFacetLabels).join(','), limit: 6 },
      asOf,
    ),
  );
  const runs = useLoadedRuns(state);
  const scoreFields = useMemo(() => scoreFieldsOf(runs), [runs]);
  const toggle = (field: string, value: string): void => {
    const exact = exactFacet(field);
    if (exact === undefined) setFilter(toggleTerm(filter, field, value));
    else {
      const name = exactFacets[exact];
      filters.set(name, filters.values[name] === value ? undefined : value);
    }
  };
  return (
    <FacetsPanel
      data={useKept(facets.data, facets.error)}
      labels={runFacetLabels}
      isFailed={facets.error !== null}
      filter={shown}
      onToggle={toggle}
      onExclude={(field, value) => setFilter(addTerm(filter, field, value, 'exclude'))}
    >
      {amountFacets(scoreFields).map((facet) => (
        <Amounts key={facet.label} facet={facet} filter={filter} onChange={setFilter} />
      ))}
    </FacetsPanel>
  );
}

function Amounts(props: {
  readonly facet: AmountFacet;
  readonly filter: string;
  readonly onChange: (filter: string) => void;
}): ReactElement {
  const { facet, filter, onChange } = props;
  return (
    <section>
      <h2>{facet.label}</h2>
      <ul>
        {facet.steps.map(({ label, term }) => (
          <li key={term} className="facet-value">
            <button
              type="button"
              aria-pressed={hasAmount(filter, term)}
              title={term}
              onClick={() => onChange(toggleAmount(filter, facet, term))}
            >
              {hasAmount(filter, term) && <Icon name="check" size={12} />}
              <span className="clip">{label}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
