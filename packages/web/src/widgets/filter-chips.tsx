import type { ReactElement } from 'react';
import { Icon } from './icon.tsx';
import type { ExactFilters } from './use-exact-filters.ts';
import './filter-chips.css';

/** What the page is narrowed to, each taken away with a click. */
export function FilterChips({ filters }: { readonly filters: ExactFilters }): ReactElement | null {
  const entries = Object.entries(filters.values) as [keyof ExactFilters['values'], string][];
  if (entries.length === 0) return null;
  return (
    <ul className="filter-chips" aria-label="Narrowed to">
      {entries.map(([name, value]) => (
        <li key={name}>
          <button
            type="button"
            aria-label={`${name}: ${value}. Take away`}
            title="Take away"
            onClick={() => filters.set(name, undefined)}
          >
            <span className="faint">{name}</span>
            <span className="mono clip">{value}</span>
            <Icon name="close" size={12} />
          </button>
        </li>
      ))}
    </ul>
  );
}
