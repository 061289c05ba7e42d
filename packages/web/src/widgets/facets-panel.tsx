import type { FacetsResponse } from '@sightline/schema/api';
import type { ReactElement, ReactNode } from 'react';
import { hasTerm } from '../model/filter-text.ts';
import { formatCount, counted } from '@sightline/base';
import { Icon } from './icon.tsx';
import { LimitsNote, SkeletonRows } from './states.tsx';
import './facets-panel.css';

interface FacetsPanelProps {
  readonly data: FacetsResponse | undefined;
  /** Words for the fields, in the order they are shown. */
  readonly labels: Readonly<Record<string, string>>;
  /** Nothing will come: an empty place instead of a promise. */
  readonly isFailed?: boolean;
  readonly filter: string;
  readonly onToggle: (field: string, value: string) => void;
  readonly onExclude: (field: string, value: string) => void;
  /** Ways to narrow that are not counted, below those that are. */
  readonly children?: ReactNode;
}

/** What the found things are made of; every value is a filter. */
export function FacetsPanel({
  data,
  labels,
  isFailed,
  filter,
  onToggle,
  onExclude,
  children,
}: FacetsPanelProps): ReactElement {
  if (data === undefined) {
    return isFailed === true ? (
      <aside className="facets" aria-label="Facets" />
    ) : (
      <aside className="facets" aria-label="Facets">
        <SkeletonRows count={12} />
      </aside>
    );
  }
  return (
    <aside className="facets" aria-label="Facets">
      <LimitsNote limits={data.limitsMet} />
      {data.facets
        .filter((facet) => facet.values.some(({ value }) => !isSilent(facet.field, value)))
        .map((facet) => (
          <section key={facet.field}>
            <h2>{labels[facet.field] ?? facet.field}</h2>
            <ul>
              {facet.values
                .filter(({ value }) => !isSilent(facet.field, value))
                .map(({ value, count }) => (
                  <FacetValue
                    key={value}
                    value={value}
                    count={count}
                    share={count / Math.max(1, facet.values[0]?.count ?? 1)}
                    isOn={hasTerm(filter, facet.field, value, 'include')}
                    isError={facet.field === 'status' && value === 'error'}
                    onToggle={() => onToggle(facet.field, value)}
                    onExclude={() => onExclude(facet.field, value)}
                  />
                ))}
            </ul>
            {facet.otherCount > 0 && (
              <p className="faint small facet-rest">
                {formatCount(facet.otherCount)} in{' '}
                {counted(facet.valueCount - facet.values.length, 'more value')}
              </p>
            )}
          </section>
        ))}
      {children}
    </aside>
  );
}

/** A span that says nothing of its status stands in every trace: nobody looks for it. */
function isSilent(field: string, value: string): boolean {
  return field === 'status' && value === 'unset';
}

interface FacetValueProps {
  readonly value: string;
  readonly count: number;
  readonly share: number;
  readonly isOn: boolean;
  readonly isError: boolean;
  readonly onToggle: () => void;
  readonly onExclude: () => void;
}

function FacetValue(props: FacetValueProps): ReactElement {
  const { value, count, share, isOn, isError, onToggle, onExclude } = props;
  const shown = value === '' ? '(empty)' : value;
  return (
    <li className="facet-value">
      <button type="button" aria-pressed={isOn} onClick={onToggle} title={shown}>
        <span
          className={isError ? 'facet-bar facet-bar-error' : 'facet-bar'}
          style={{ width: `${share * 100}%` }}
        />
        {isOn && <Icon name="check" size={12} />}
        <span className="clip">{shown}</span>
        <span className="facet-count">{formatCount(count)}</span>
      </button>
      <button
        type="button"
        className="facet-exclude"
        aria-label={`Exclude ${shown}`}
        title="Exclude"
        onClick={onExclude}
      >
        <Icon name="exclude" size={12} />
      </button>
    </li>
  );
}
